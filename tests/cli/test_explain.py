"""``tszoo explain``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import process, run
from tests.support.pictures import words_of
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.explanation import explain
from tszoo.explanation.occlusion import Windows
from tszoo.explanation.stretch import telling_stretch
from tszoo.models.model import Model
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "zoo"
    add_model(folder, make_model(make_toy()))
    return folder


@pytest.fixture(scope="module")
def model(zoo: Path) -> Model:
    return Model.load(zoo / "inception.Toy")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toy = make_toy(seed=7)
    path = tmp_path_factory.mktemp("data") / "new.csv"
    lines = [
        f"{toy.classes[label]}," + ",".join(map(repr, series[0].tolist()))
        for label, series in zip(toy.require_labels(), toy.series, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_stretch_that_speaks_most_for_it(zoo: Path, data: Path, model: Model) -> None:
    result = process("explain", "inception.Toy", data, "--zoo", zoo)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines() if "points" in line]
    assert len(lines) == 20
    wanted = explain(model, make_toy(seed=7))
    for k, words in enumerate(lines):
        first, last = telling_stretch(wanted.relevance[k])
        label = model.classes[wanted.explained[k]]
        probability = f"{wanted.probabilities[k].max():.3f}"
        assert " ".join(words) == f"{k} {label} {label} {probability} points {first} to {last}"
    assert "20 of 24 series; --series names others" in result.stderr
    assert result.stderr.startswith("new: no header; label: column 1")


def test_series_may_lack_labels(zoo: Path, data: Path, tmp_path: Path) -> None:
    unlabelled, short = tmp_path / "unlabelled.csv", tmp_path / "short.csv"
    lines = [line.partition(",")[2] for line in data.read_text().splitlines()]
    unlabelled.write_text("\n".join(lines) + "\n")
    asked = ("explain", "inception.Toy", "--zoo", zoo, "--json")
    with_labels, without = (
        json.loads(run(*asked, path).stdout)["series"] for path in (data, unlabelled)
    )
    assert [series["relevance"] for series in with_labels] == [
        series["relevance"] for series in without
    ]
    # what the model takes neither with labels nor without is refused as it was read first
    short.write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    told = run(*asked, short, status=1).stderr
    assert "short.csv: the label column looks like measurements, not classes" in told


def test_series_and_a_class_that_are_asked_for(zoo: Path, data: Path, model: Model) -> None:
    asked = ("--series", "3,17", "--class", "c1", "--json")
    document = json.loads(run("explain", "inception.Toy", data, "--zoo", zoo, *asked).stdout)
    wanted = explain(model, make_toy(seed=7).take([3, 17]), label="c1")
    assert document["model"] == "inception.Toy"
    assert document["method"] == "cam"
    assert [series["index"] for series in document["series"]] == [3, 17]
    for k, series in enumerate(document["series"]):
        assert series["class"] == "c1"
        assert series["probability"] == pytest.approx(wanted.probabilities[k, 1], rel=1e-4)
        assert series["relevance"] == pytest.approx(wanted.relevance[k], rel=1e-3, abs=1e-5)


def test_every_point_goes_into_a_file(zoo: Path, data: Path, model: Model, tmp_path: Path) -> None:
    windows = ("--method", "occlusion", "--occlude", 8, "--occlude-step", 4)
    out, arrays = tmp_path / "new/a.csv", tmp_path / "a.npz"
    result = run("explain", "inception.Toy", data, "--zoo", zoo, *windows, "--out", out)
    assert result.stdout == f"wrote {out}: 24 of 24 series\n"
    wanted = explain(model, make_toy(seed=7), method="occlusion", windows=Windows(8, 4))
    header, *rows = csv.reader(out.read_text().splitlines())
    assert header == ["index", "class", "channel", *map(str, range(32))]
    cells = np.array([row[3:] for row in rows], dtype=float)
    assert cells == pytest.approx(wanted.relevance[:, 0], rel=1e-3, abs=1e-5)
    both = ("--series", "5", "--out", arrays, "--json")
    document = json.loads(run("explain", "inception.Toy", data, "--zoo", zoo, *both).stdout)
    assert document["out"] == str(arrays)
    assert "relevance" not in document["series"][0]
    with np.load(arrays, allow_pickle=False) as file:
        assert file["index"].tolist() == [5]
        assert file["relevance"].shape == (1, 1, 32)


def test_a_picture_shows_the_first_series(zoo: Path, data: Path, tmp_path: Path) -> None:
    def draw(path: Path) -> None:
        result = run("explain", "inception.Toy", data, "--zoo", zoo, "--plot", path)
        assert result.stdout == f"wrote {path}: 8 of 24 series\n"

    text = words_of(draw, tmp_path / "a.svg")
    assert "What speaks for a class: inception.Toy" in text
    assert "series 7: class" in text


def test_series_have_the_names_of_their_table(zoo: Path, tmp_path: Path) -> None:
    """A table without labels is enough, and its ids stand beside the numbers."""
    toy, path = make_toy(3, seed=7), tmp_path / "new.csv"
    lines = ["machine," + ",".join(f"t{t}" for t in range(toy.length))]
    lines += [f"M{k}," + ",".join(map(str, row[0])) for k, row in enumerate(toy.series)]
    path.write_text("\n".join(lines) + "\n")
    table = ("--id-column", "machine", "--label-column", "none")
    result = run("explain", "inception.Toy", path, "--zoo", zoo, *table)
    lines = [line.split()[:2] for line in result.stdout.splitlines() if "points" in line]
    assert lines == [["0", "M0"], ["1", "M1"], ["2", "M2"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--series", "24"), "--series 24: new has series 0 to 23."),
        (("--series", "3,x"), "--series 3,x: numbers from 0 are expected, such as 3,17."),
        (("--series", "9" * 5000), "--series 999"),
        (("--series", "-1"), "--series -1: numbers from 0 are expected"),
        (("--class", "c7"), "--class c7: no class of inception.Toy, which has c0, c1."),
        (("--out", "a.txt"), "a.txt: explanations are saved as .csv or .npz"),
        (("--plot", "a.gif"), "a.gif: figures are saved as .png, .svg, .pdf"),
        (("--occlude", "5"), "--occlude: --method cam hides no part of a series; --method occlus"),
        (("--method", "occlusion", "--occlude", "33"), "--occlude 33: longer than the series"),
        (("--occlude", "4", "--occlude-step", "5"), "--occlude-step 5: above --occlude 4"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_bad_input_is_one_line(
    zoo: Path, data: Path, options: tuple[str, ...], message: str
) -> None:
    result = run("explain", "inception.Toy", data, "--zoo", zoo, *options, status=1)
    *_, line = result.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert result.stdout == ""


def test_an_unknown_method_is_wrong_usage(zoo: Path, data: Path) -> None:
    result = run("explain", "inception.Toy", data, "--zoo", zoo, "--method", "magic", status=2)
    assert "--method" in result.stderr
