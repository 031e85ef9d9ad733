"""Targets as they come: each is served, or refused in one line before anything is written."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import process, run
from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tszoo.data.load import load_dataset
from tszoo.readout import features
from tszoo.zoo.find import load_model
from tszoo.zoo.local import add_model

Rows = list[list[object]]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo")


def write(path: Path, rows: Rows) -> Path:
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def noise(n_series: int, length: int, labels: str | list[str] = "ab") -> Rows:
    values = np.random.default_rng(0).standard_normal((n_series, length)).round(4).tolist()
    return [[labels[k % len(labels)], *own] for k, own in enumerate(values)]


def changed(rows: Rows, *cells: tuple[int, int, object]) -> Rows:
    for row, column, value in cells:
        rows[row][column] = value
    return rows


SERVED: dict[str, Callable[[], Rows]] = {
    "a series a class": lambda: noise(4, 30, "abcd"),
    "two series": lambda: noise(2, 3),
    "one constant series": lambda: changed(noise(8, 5), *((0, t, 1) for t in range(1, 6))),
    "length 2": lambda: noise(8, 2),
    "missing values": lambda: changed(
        noise(8, 30), (0, 4, ""), (0, 5, "nan"), (3, 1, ""), (5, 30, "")
    ),
    "200 classes": lambda: noise(400, 20, [f"k{k}" for k in range(200)]),
}
REFUSED: dict[str, tuple[Callable[[], Rows], str]] = {
    "one class": (
        lambda: noise(6, 30, "a"),
        "data: only one class (a); classification needs at least two.",
    ),
    "one series": (
        lambda: noise(1, 30),
        "data: only one class (a); classification needs at least two.",
    ),
    "constant series": (
        lambda: [["ab"[k % 2], *[k] * 30] for k in range(8)],
        "data: every series is constant. Series are brought to mean 0",
    ),
    "length 1": (
        lambda: noise(8, 1),
        "data.csv: a line has one value, in column 2, so it looks like a point of a recording",
    ),
    "a class a series": (
        lambda: noise(12, 30, [f"k{k}" for k in range(12)]),
        "data: 12 series, 12 classes (k0, k1, k10, …): the labels look like an index",
    ),
    "text": (
        lambda: changed(noise(4, 5), (1, 2, "x")),
        "data.csv, line 2, column 3: 'x' is not a number.",
    ),
    "nothing": (list, "data.csv: the file is empty."),
    "a label missing": (lambda: changed(noise(4, 5), (2, 0, "")), "data, series 2: no label."),
    "a series missing": (
        lambda: changed(noise(4, 5), *((1, t, "") for t in range(1, 6))),
        "data, series 1: every value is missing. Remove the series.",
    ),
    "infinity": (
        lambda: changed(noise(4, 5), (1, 2, "inf")),
        "data.csv, line 2, column 3: 'inf' is infinite. ",
    ),
    "too large": (
        lambda: changed(noise(4, 5), (3, 1, "1e300")),
        "data.csv, line 4, column 2: '1e300' is beyond",
    ),
}
METHODS = ("auto", "probe", "dtw")


def check_served(data: Path, zoo: Path, folder: Path) -> None:
    for method in METHODS:
        found = json.loads(
            run("recommend", data, "--zoo", zoo, "--method", method, "--json").stdout
        )
        assert len(found["sources"]) == 3
        assert found["choice"]["why"].endswith(".")
    run(
        "finetune",
        data,
        "--zoo",
        zoo,
        "--source",
        "inception.Bumps",
        "--head",
        "ridge",
        "--out",
        folder,
    )
    predictions = folder.with_name("predictions.csv")
    run("predict", folder, data, "--out", predictions)
    assert "nan" not in predictions.read_text()


QUICK = ("a series a class", "two series", "missing values")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case in QUICK else pytest.mark.slow) for case in SERVED],
)
def test_odd_targets_are_served(case: str, zoo: Path, tmp_path: Path) -> None:
    check_served(write(tmp_path / "data.csv", SERVED[case]()), zoo, tmp_path / "model")


@pytest.mark.parametrize("n_channels", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_channels_that_no_source_has_are_served(n_channels: int, zoo: Path, tmp_path: Path) -> None:
    toy = make_toy(12, n_channels=n_channels)
    np.savez(tmp_path / "data.npz", X=toy.series, y=np.array([toy.classes[k] for k in toy.labels]))
    check_served(tmp_path / "data.npz", zoo, tmp_path / "model")


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_target_is_refused_in_one_line(case: str, zoo: Path, tmp_path: Path) -> None:
    rows, message = REFUSED[case]
    data = write(tmp_path / "data.csv", rows())
    before = set(tmp_path.iterdir())
    commands = [("recommend", data, "--method", method) for method in METHODS]
    commands += [
        ("finetune", data, "--head", head, "--out", tmp_path / "model")
        for head in ("ridge", "softmax")
    ]
    for command in commands:
        done = run(*command, "--zoo", zoo, status=1)
        *reading, error = done.stderr.splitlines()
        assert error.startswith(f"error: {message}")
        assert all(line.startswith("data: no header; label: column 1") for line in reading)
        assert len(reading) <= 1
        assert not done.stdout
    assert set(tmp_path.iterdir()) == before


def test_a_damaged_catalogue_is_named_and_the_command_answers_all_the_same(
    zoo: Path, tmp_path: Path
) -> None:
    data = write(tmp_path / "data.csv", noise(8, 30))
    command = ("recommend", data, "--method", "dtw", "--json", "--zoo")
    expected = json.loads(run(*command, zoo).stdout)["sources"]
    spoiled = shutil.copytree(zoo, tmp_path / "zoo") / "catalogue.safetensors"
    content = bytearray(spoiled.read_bytes())
    content[-9] ^= 1
    spoiled.write_bytes(content)
    done = process(*command, spoiled.parent)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"] == expected
    assert done.stderr == (
        "data: no header; label: column 1; values: columns 2 to 31\n"
        f"{spoiled}: not the file that catalogue.json was written with; reading prototypes from "
        "the model folders.\n"
    )


def test_a_damaged_source_is_named(zoo: Path, tmp_path: Path) -> None:
    spoiled = shutil.copytree(zoo, tmp_path / "zoo")
    weights = spoiled / "inception.Bumps" / "model.safetensors"
    weights.write_bytes(
        bytes(weights.stat().st_size)
    )  # of its size, so that the catalogue does not see it
    data = write(tmp_path / "data.csv", noise(8, 30))
    done = run("recommend", data, "--zoo", spoiled, status=1)
    _, error = done.stderr.splitlines()
    assert error.startswith(f"error: {weights}: ")


def test_where_the_cache_cannot_be_written_there_is_one_warning(
    zoo: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = write(tmp_path / "data.csv", noise(8, 30))
    (tmp_path / "file").touch()
    run("recommend", data, "--zoo", zoo, env={"XDG_CACHE_HOME": str(tmp_path / "file")})
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.message.startswith(
        f"{tmp_path}/file/tszoo/probes: results are not kept (Not a directory)"
    )


@pytest.mark.parametrize("command", ["recommend", "finetune"])
def test_ctrl_c_leaves_nothing(
    command: str, zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "data.csv", noise(8, 30))
    before = set(tmp_path.iterdir())
    whole, calls = features.extract, []

    def interrupted(*arguments: object, **options: object) -> features.Extracted:
        calls.append(command)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(features, "extract", interrupted)
    monkeypatch.setattr("tszoo.readout.head.extract", interrupted)
    options = (
        "--out",
        tmp_path / "model",
        "--source",
        "inception.Bumps",
        "--head",
        "ridge",
        "--members",
        3,
    )
    done = run(command, data, "--zoo", zoo, *(options if command == "finetune" else ()), status=130)
    assert done.stderr.splitlines()[-1] == "interrupted"
    assert set(tmp_path.iterdir()) == before


def test_a_model_with_a_ridge_head_is_a_source_like_others(zoo: Path, tmp_path: Path) -> None:
    """It is probed, recommended, published, and fine-tuned from, with either head."""
    own = shutil.copytree(zoo, tmp_path / "zoo")
    data = write(tmp_path / "data.csv", noise(12, 30, "abc"))
    run(
        "finetune",
        data,
        "--zoo",
        own,
        "--source",
        "inception.Bumps",
        "--head",
        "ridge",
        "--out",
        tmp_path / "m",
    )
    first = load_model(tmp_path / "m")
    folder = add_model(own, first, "ridge.Mine")
    read = load_model("ridge.Mine", own)
    assert read.config == first.config
    assert read.config.architecture_args["readout"] == "stages"
    assert json.loads((folder / "config.json").read_text())["recipe"]["head"] == "ridge"

    other = write(tmp_path / "other.csv", noise(10, 25))
    found = json.loads(run("recommend", other, "--zoo", own, "--json").stdout)
    (mine,) = [one for one in found["sources"] if one["model"] == "ridge.Mine"]
    assert 0 <= mine["score"] <= 1
    assert (
        json.loads(run("recommend", data, "--zoo", own, "--json").stdout)["choice"]["source"]
        != "ridge.Mine"
    )

    for head, how in (("ridge", ()), ("softmax", ("--epochs", 2))):
        out = tmp_path / head
        run(
            "finetune",
            other,
            "--zoo",
            own,
            "--source",
            "ridge.Mine",
            "--head",
            head,
            "--out",
            out,
            *how,
        )
        child = load_model(out)
        assert child.config.base is not None
        assert child.config.base.model == "inception.data"
        assert (child.config.architecture_args.get("readout") == "stages") == (head == "ridge")
        assert child.config.classes == ("a", "b")
        scored = json.loads(run("evaluate", out, other, "--json").stdout)
        series = load_dataset(str(other))
        probabilities, labels = child.predict_proba(series), series.require_labels()
        assert scored["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
