import json

import numpy as np
import pytest
from typer.testing import CliRunner

from tszoo.cli.commands import datasets_app as app
from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.errors import DataError, OptionError


@pytest.fixture
def folder(tmp_path):
    """An archive with two data sets, one of them with channels and unequal lengths."""
    rng = np.random.default_rng(0)
    for name, sizes in (("Even", [5, 5, 5, 5]), ("Odd", [3, 7, 5, 1])):
        (tmp_path / name).mkdir()
        for split in ("TRAIN", "TEST"):
            rows = [rng.standard_normal((1 if name == "Even" else 2, size)) for size in sizes]
            save_dataset(
                Dataset.from_arrays(rows, list("abab")), tmp_path / name / f"{name}_{split}.ts"
            )
    return tmp_path


def run(*args, **options):
    result = CliRunner().invoke(app, [str(arg) for arg in args], **options)
    assert result.exception is None, result.exception
    return result.stdout


def fail(*args, **options):
    result = CliRunner().invoke(app, [str(arg) for arg in args], **options)
    assert result.exit_code == 1
    return result.exception


def test_list(folder):
    out = run("list", "--archive", folder)
    assert "Even" in out
    assert "train + test" in out
    assert "2 data sets in" in out
    assert run("list", env={"TSZOO_ARCHIVE": str(folder)}) == out
    document = json.loads(run("list", "--archive", folder, "--json"))
    assert [entry["name"] for entry in document["datasets"]] == ["Even", "Odd"]
    assert document["datasets"][0]["splits"] == ["train", "test"]


def test_list_without_an_archive():
    error = fail("list", env={"TSZOO_ARCHIVE": None})
    assert isinstance(error, OptionError)
    assert str(error) == "no folder: pass --archive DIR, or set TSZOO_ARCHIVE."


def test_info(folder):
    out = run("info", "Odd", "--archive", folder)
    for line in (
        "training series  4",
        "test series      4",
        "length           1 to 7",
        "channels         2",
    ):
        assert line in out
    assert "classes          2: a, b" in out
    document = json.loads(run("info", folder / "Even", "--json"))
    assert document["n_train"] == 4
    assert document["classes"] == ["a", "b"]
    assert document["n_classes"] == 2
    assert document["unequal"] is False


def test_info_of_a_file_that_needs_words(tmp_path):
    (tmp_path / "a.csv").write_text("1,2,up\n1,2,3,down\n")
    out = run("info", tmp_path / "a.csv", "--label-column", "last", "--unequal")
    assert "length           2 to 3" in out
    assert "no test split" in out
    assert isinstance(fail("info", tmp_path / "a.csv", "--label-column", "last"), DataError)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".ts", ".arff", ".npz", ".csv.gz"])
def test_convert_there_and_back(folder, suffix):
    first, back = folder / f"one{suffix}", folder / "back.ts"
    out = run("convert", "Even", first, "--archive", folder)
    assert out.replace("\n", "").endswith("4 series of length 5")
    run("convert", first, back)
    assert load_dataset(back).sha256 == load_dataset(folder / "Even").sha256


def test_convert_the_test_split(folder):
    document = json.loads(
        run("convert", "Odd", folder / "t.npz", "--split", "test", "--archive", folder, "--json")
    )
    assert document["n_channels"] == 2
    assert document["source"].endswith("Odd_TEST.ts")
    assert (
        load_dataset(folder / "t.npz").sha256 == load_dataset(folder / "Odd", split="test").sha256
    )


def test_convert_does_not_overwrite_unless_told(folder):
    target = folder / "x.csv"
    target.write_text("mine")
    error = fail("convert", folder / "Even", target)
    assert str(error) == f"{target}: already there. Pass --force to replace it."
    run("convert", folder / "Even", target, "--force")
    assert load_dataset(target).n_series == 4


def test_convert_refuses_what_a_format_cannot_hold(folder):
    error = fail("convert", folder / "Odd", folder / "x.csv")
    assert "2 channels, and this format holds one" in str(error)
    assert not (folder / "x.csv").exists()


def test_fetch(monkeypatch, tmp_path):
    asked = []

    def fetch(name, out, *, overwrite=False):
        asked.append((name, out, overwrite))
        return out / name

    monkeypatch.setattr("tszoo.data.archive.fetch", fetch)
    assert "A: " in run("fetch", "A", "B", "--out", tmp_path)
    document = json.loads(run("fetch", "A", "--archive", tmp_path, "--force", "--json"))
    assert document == {"fetched": [{"name": "A", "folder": str(tmp_path / "A")}]}
    assert asked == [("A", tmp_path, False), ("B", tmp_path, False), ("A", tmp_path, True)]
    assert "pass --out DIR" in str(fail("fetch", "A", env={"TSZOO_ARCHIVE": None}))


@pytest.mark.parametrize("command", ["list", "info", "fetch", "convert", "synthesize"])
def test_help_has_an_example(command):
    assert f"tszoo datasets {command}" in run(command, "--help", env={"COLUMNS": "200"})


def test_arrays(tmp_path):
    X, y = np.arange(12.0).reshape(4, 3) ** 2, np.array(["a", "b", "a", "b"])
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    out = run("info", tmp_path / "X.npy", "--labels", tmp_path / "y.npy")
    assert "classes          2: a, b" in out
    assert "classes          no labels" in run("info", tmp_path / "X.npy")
    np.savez(tmp_path / "both.npz", X_train=X, y_train=y, X_test=X[:2], y_test=y[:2])
    document = json.loads(run("info", tmp_path / "both.npz", "--json"))
    assert (document["n_train"], document["n_test"]) == (4, 2)
    run("convert", tmp_path / "X.npy", tmp_path / "a.csv", "--labels", tmp_path / "y.npy")
    assert load_dataset(tmp_path / "a.csv").classes == ("a", "b")
