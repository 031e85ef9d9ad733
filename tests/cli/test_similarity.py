"""`tszoo similarity` with the zoo, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run
from tests.support.pictures import words_of
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.writers import save_dataset
from tszoo.similarity import Comparison, compute_prototypes, dataset_distance
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model


def toy(name: str, seed: int, **shape: int) -> Dataset:
    data = make_toy(n_series=8, seed=seed, **shape)
    return Dataset.from_arrays(data.series, [data.classes[k] for k in data.labels], name=name)


def save(data: Dataset, folder: Path) -> Path:
    path = folder / f"{data.name}.npz"
    save_dataset(data, path)
    return path


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GunPoint in two models, Coffee in one, a data set of two channels."""
    folder = tmp_path_factory.mktemp("zoo") / "zoo"
    gun = toy("GunPoint", 1, length=150)  # as long as the archive's, so that its kind is known
    add_model(folder, make_model(gun))
    add_model(folder, make_model(gun), "other.GunPoint")
    add_model(folder, make_model(toy("Coffee", 2, length=20)))
    add_model(folder, make_model(toy("Pairs", 3, n_channels=2)))
    return folder


def read_matrix(path: Path) -> tuple[list[str], np.ndarray]:
    header, *rows = csv.reader(path.read_text().splitlines())
    assert [row[0] for row in rows] == header[1:]
    return header[1:], np.array([row[1:] for row in rows], dtype=float)


def test_one_data_set_among_the_sources_of_a_zoo(zoo: Path, tmp_path: Path) -> None:
    mine = toy("Mine", 9, length=25)
    path, out = save(mine, tmp_path), tmp_path / "d.csv"
    result = run("similarity", path, "--with-zoo", "--zoo", zoo, "--out", out)
    assert result.output == f"wrote {out}: 3 x 3 distances\n"
    names, matrix = read_matrix(out)
    assert names == ["Mine", "Coffee", "GunPoint"]
    own, catalogue = compute_prototypes(mine), open_zoo(zoo)
    for k, model in enumerate(("inception.Coffee", "inception.GunPoint"), start=1):
        assert matrix[0, k] == pytest.approx(
            dataset_distance(own, catalogue.prototypes(model)).distance, rel=1e-4
        )


def test_pictures_show_the_target_among_the_sources(zoo: Path, tmp_path: Path) -> None:
    path = save(toy("Mine", 9), tmp_path)
    arguments = ("similarity", path, "--with-zoo", "--zoo", zoo, "--out", tmp_path / "d.csv")
    heat = words_of(lambda svg: run(*arguments, "--plot", svg), tmp_path / "heat.svg")
    assert "★ Mine" in heat
    assert "★ Coffee" not in heat
    zoo_map = words_of(lambda svg: run(*arguments, "--map", svg), tmp_path / "map.svg")
    for words in ("3 data sets by DTW distance", "Mine", "yours", "Coffee", "GunPoint", "motion"):
        assert words in zoo_map


@pytest.mark.parametrize("option", ["--plot", "--map"])
def test_without_the_zoo_nothing_is_marked(option: str, tmp_path: Path) -> None:
    one, two = save(toy("One", 1), tmp_path), save(toy("Two", 2), tmp_path)
    arguments = ("similarity", one, two, "--out", tmp_path / "d.csv", option)
    text = words_of(lambda svg: run(*arguments, svg), tmp_path / "a.svg")
    assert "One" in text
    assert "★" not in text
    assert "yours" not in text


def test_a_source_that_is_given_counts_once(zoo: Path, tmp_path: Path) -> None:
    gun, other = save(toy("GunPoint", 1, length=150), tmp_path), save(toy("Coffee", 5), tmp_path)
    run("similarity", gun, "--with-zoo", "--zoo", zoo, "--out", tmp_path / "a.csv")
    assert read_matrix(tmp_path / "a.csv")[0] == ["GunPoint", "Coffee"]
    # another data set that has a source's name: the source goes by its model's
    run("similarity", other, "--with-zoo", "--zoo", zoo, "--out", tmp_path / "b.csv")
    assert read_matrix(tmp_path / "b.csv")[0] == ["Coffee", "inception.Coffee", "GunPoint"]


def test_what_makes_no_matrix_is_refused_in_one_line(zoo: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    one, two = save(toy("One", 1), tmp_path), save(toy("Two", 2, n_channels=2), tmp_path)
    again = save(toy("One", 3), tmp_path / "again")
    three = save(toy("Three", 2, n_channels=3), tmp_path)
    for arguments, text in (
        ((one,), "One has nothing to be compared with; name another data set, or give --with-zoo."),
        (
            (one, again),
            "two data sets are called One; rename the file or folder of one, or leave one out.",
        ),
        (
            (one, two),
            "One has 1 channel(s) and Two 2; only data sets of as many channels can be compared.",
        ),
        (
            (three, "--with-zoo", "--zoo", zoo),
            f"{zoo}: no source of 3 channel(s) to compare Three with",
        ),
        ((one, "--plot", tmp_path / "a.bmp"), "a.bmp: figures are saved as .png, .svg, .pdf"),
        ((one, "--map", tmp_path / "a.gif"), "a.gif: figures are saved as .png, .svg, .pdf"),
    ):
        result = run("similarity", *arguments, "--out", tmp_path / "d.csv", status=1)
        assert text in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert not (tmp_path / "d.csv").exists()


def test_comparisons_and_prototypes_are_those_that_are_asked_for(tmp_path: Path) -> None:
    sets = [toy("Mine", 9, length=25), toy("Theirs", 5, length=40)]
    paths, out = [save(data, tmp_path) for data in sets], tmp_path / "d.csv"
    for options, per_class, comparison in (
        (("--normalized", "--resample", 16), 1, Comparison(None, True, 16)),
        (("--prototypes", 3), 3, Comparison()),
        (("--warping-window", 2, "--resample", 20), 1, Comparison(2, False, 20)),
    ):
        run("similarity", *paths, "--out", out, *options)
        mine, theirs = (
            compute_prototypes(data, comparison.window, per_class=per_class) for data in sets
        )
        expected = dataset_distance(mine, theirs, comparison=comparison).distance
        assert read_matrix(out)[1][0, 1] == pytest.approx(expected, rel=1e-5)
