"""``tszoo transfer-matrix``, as people run it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.command_line import process, run, write_folder
from tests.support.pictures import words_of
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.zoo.local import add_model

TINY = ("--set", "depth=1", "--set", "filters=2", "--set", "kernel_lengths=[4,2]")
QUICK = ("--epochs", "1", "--device", "cpu", "--quiet")


@pytest.fixture
def sets(tmp_path: Path) -> list[Path]:
    return [
        write_folder(tmp_path / name, name, seed=10 * k, test_seed=10 * k + 1)
        for k, name in enumerate(("One", "Two"), 1)
    ]


def rows(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "results.csv").read_text().splitlines()))


def test_models_on_data_sets_and_on_again(sets: list[Path], tmp_path: Path) -> None:
    zoo, out = tmp_path / "zoo", tmp_path / "out"
    add_model(zoo, make_model(make_toy(seed=3)))
    command = ("transfer-matrix", "--out", out, "--zoo", zoo, *TINY, *QUICK)
    result = process(*command, "--targets", sets[0])
    assert result.returncode == 0, result.stderr
    assert rows(out)[0] == ["target", "source", "repeat", "accuracy", "seconds"]
    assert [row[:3] for row in rows(out)[1:]] == [
        ["One", "none", "0"],
        ["One", "inception.Toy", "0"],
    ]
    assert "nearest" in result.stdout
    before = rows(out)
    document = json.loads(run(*command, "--targets", f"{sets[0]},{sets[1]}", "--json").stdout)
    assert rows(out)[:3] == before  # what is there is not measured again
    assert [row[:2] for row in rows(out)[3:]] == [["Two", "none"], ["Two", "inception.Toy"]]
    assert document["targets"] == ["One", "Two"]
    assert document["sources"] == ["inception.Toy"]
    by_target = document["by_target"]
    assert by_target["nearest"] == by_target["maximum"] == [row[0] for row in document["accuracy"]]
    assert by_target["scratch"] == [float(rows(out)[1][3]), float(rows(out)[3][3])]
    other = run(*command, "--targets", sets[0], "--recipe", "paper", status=1)
    assert "measured in another setting" in other.stderr


def test_data_sets_on_data_sets(sets: list[Path], tmp_path: Path) -> None:
    names, out = f"{sets[0]},{sets[1]}", tmp_path / "out"
    tiny = ("--arch", "fcn", "--set", "filters=[2,2,2]", "--repeats", 2)
    asked = ("--sources", names, "--targets", names, "--out", out, *tiny, *QUICK)

    def draw(path: Path) -> None:
        result = run("transfer-matrix", *asked, "--plot", path)
        assert result.stdout.endswith(f"wrote {path}\n")

    text = words_of(draw, tmp_path / "a.svg")
    assert "2 target(s), 2 source(s)" in text
    found = {tuple(row[:3]) for row in rows(out)[1:]}
    starts = (("One", "none"), ("One", "Two"), ("Two", "none"), ("Two", "One"))
    assert found == {(*start, k) for start in starts for k in "01"}
    assert (out / "sources/One/config.json").is_file()


def test_a_released_matrix_beside_its_claim(tmp_path: Path) -> None:
    wide, scratch, near = (tmp_path / f"{name}.csv" for name in ("wide", "scratch", "near"))
    wide.write_text("source,x,y\na,0.75,0.9\nb,0.3,0.8\n")
    scratch.write_text("target,accuracy\nx,0.6\ny,0.8\n")
    near.write_text("target,K_1,K_2\nx,a,b\ny,b,a\n")
    table = tmp_path / "table.csv"
    files = ("--from", wide, "--scratch", scratch, "--neighbours", near)
    result = run("transfer-matrix", *files, "--claim", "2/0/0", "--table", table)
    line = next(line for line in result.stdout.splitlines() if "nearest   random" in line)
    assert "1/0/1" in line
    assert "claimed in the paper for the nearest source: 2/0/0" in result.stdout
    assert result.stdout.endswith(f"wrote {table}\n")
    assert table.read_text().splitlines()[0].startswith("target,scratch,minimum")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name --targets and a folder with --out"),
        (("--from", "gone.csv"), "gone.csv: cannot be read"),
        (("--scratch", "a.csv"), "--scratch a.csv: goes with --from"),
        (("--claim", "many"), "--claim many: three counts are expected, such as 71/0/14."),
        (("--plot", "a.gif"), "a.gif: figures are saved as"),
        (("--arch", "fcn", "--targets", "{one}", "--out", "{out}"), "--arch: name with --sources"),
        (("--targets", "{alone}", "--out", "{out}"), "alone: has no test series"),
        (("--from", "{wide}", "--out", "{out}"), "--out: nothing is measured with --from"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    alone, wide = tmp_path / "alone.csv", tmp_path / "wide.csv"
    alone.write_text("a,1,2,3\nb,3,2,1\na,1,2,4\nb,3,1,1\n")
    wide.write_text("source,x\na,0.5\n")
    one = write_folder(tmp_path / "One", "One")
    places = {"one": one, "alone": alone, "wide": wide, "out": tmp_path / "out"}
    given = [option.format(**places) for option in options]
    result = run("transfer-matrix", *given, "--quiet", status=1)
    assert result.stderr.splitlines()[-1].startswith(f"error: {message}")
    assert result.stdout == ""
