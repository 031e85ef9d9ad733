"""Tables of any build on the command line: what was decided is said, and can be said otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run

NAMES = [f"t{t}" for t in range(20)]
SAID = "header; label: column 22 (label); values: columns 2 to 21; left out: subject"


def write(path: Path, rows: list[list[object]]) -> Path:
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def noise(n_series: int = 12) -> list[list[object]]:
    values = np.random.default_rng(0).standard_normal((n_series, len(NAMES))).round(3)
    return [list(row) for row in values.tolist()]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A column that says whose series it is, and so knows the label."""
    rows = [[k // 3, *row, ("a", "b")[k // 3 % 2]] for k, row in enumerate(noise())]
    return write(tmp_path / "people.csv", [["subject", *NAMES, "label"], *rows])


def test_info_says_how_a_table_was_read(people: Path) -> None:
    out = run("datasets", "info", people, "--label-column", "last").stdout
    assert "length           20\n" in out
    assert f"read as          {SAID}\n" in out
    document = run("datasets", "info", people, "--label-column", "last", "--json").stdout
    assert json.loads(document)["read_as"] == SAID


def test_what_is_left_out_can_be_said(people: Path) -> None:
    info = ("datasets", "info", people, "--label-column", "label")
    assert "length           21\n" in run(*info, "--drop", "none").stdout
    out = run(*info, "--drop", "t0", "--drop", 3, "--header").stdout
    assert "length           18\n" in out
    assert "left out: subject, t0, t1\n" in out
    assert "ids: column 1 (subject)" in run(*info, "--id-column", "subject").stdout


def test_errors_name_options(people: Path, tmp_path: Path) -> None:
    error = run("datasets", "info", people, status=1).stderr
    assert "Pass --label-column 22, or --label-column 1 if they are there." in error
    index = write(tmp_path / "index.csv", [[f"s{k}", *row] for k, row in enumerate(noise())])
    for command in (("datasets", "info"), ("recommend",)):
        error = run(*command, index, status=1).stderr
        assert error.startswith("error: index: 12 series, 12 classes (s0, s1, s10, …): the labels ")
        assert '--label-column last, a column number, a column name or "none"' in error
        assert len(error.splitlines()) == 1


def test_commands_say_how_they_read_and_predictions_have_ids(tmp_path: Path) -> None:
    rows = [[f"s{k}", *row, ("walk", "run")[k % 2]] for k, row in enumerate(noise())]
    data = write(tmp_path / "named.csv", [["who", *range(20), "state"], *rows])
    says = "named: header; label: column 22 (state); ids: column 1 (who); values: columns 2 to 21\n"
    fit = ("--source", "none", "--arch", "fcn", "--members", 1, "--epochs", 1, "-q")
    options = ("--label-column", "state", "--id-column", "who")
    done = run("finetune", data, *fit, *options, "--out", tmp_path / "m")
    assert done.stderr.startswith(says)
    assert "tszoo predict" in done.stdout
    assert "NEW_DATA   or" in done.stdout
    for said in ((), options):
        assert run("predict", tmp_path / "m", data, *said).stderr == says
    done = run("predict", tmp_path / "m", data)
    assert done.stderr == says
    header, *lines = done.stdout.splitlines()
    assert header == "index,id,label"
    assert [line.split(",")[:2] for line in lines] == [[str(k), f"s{k}"] for k in range(12)]
    document = json.loads(run("predict", tmp_path / "m", data, *options, "--json").stdout)
    assert [row["id"] for row in document["predictions"]] == [f"s{k}" for k in range(12)]
    assert run("evaluate", tmp_path / "m", data, *options).stderr == says


def test_one_line_a_point_is_read(tmp_path: Path) -> None:
    rows = [
        [name, time, value, "ab"[name % 2]]
        for name, series in enumerate(noise())
        for time, value in enumerate(series)
    ]
    data = write(tmp_path / "long.csv", [["id", "time", "value", "label"], *rows])
    for options in ((), ("--label-column", "last"), ("--id-column", "id", "--time-column", "time")):
        document = json.loads(run("datasets", "info", data, *options, "--json").stdout)
        assert (document["n_train"], document["length"], document["n_classes"]) == (12, 20, 2)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((8, 40, 1)), "x.npz: series of 40 channels and 1 point"),
        (np.ones((8, 1, 1)), "x: series of one point"),
        (np.ones((8, 1, 20)) * np.arange(8)[:, None, None], "x: every series is constant"),
    ],
)
def test_what_cannot_be_learnt_is_refused_before_any_work(
    tmp_path: Path, X: np.ndarray, message: str
) -> None:
    np.savez(tmp_path / "x.npz", X=X, y=np.arange(8) % 2)
    for command in (("finetune", "--out", tmp_path / "m"), ("recommend",)):
        name, *options = command
        error = run(name, tmp_path / "x.npz", *options, status=1).stderr
        assert error.startswith(f"error: {message}")
        assert len(error.splitlines()) == 1


def recordings(path: Path, n_people: int = 4, length: int = 30) -> Path:
    """Recordings of people, one line a point, whose state changes the wave that they make."""
    rows: list[list[object]] = []
    for person in range(n_people):
        rng = np.random.default_rng(person)
        for k in range(4 * length):
            state = k // length % 2
            wave = np.sin(k * (0.4 + 0.9 * state)) + 0.1 * rng.standard_normal()
            rows.append([f"p{person}", 20 * k, f"{wave:.3f}", ("sit", "walk")[state]])
    return write(path, [["who", "ms", "acc", "state"], *rows])


QUICK = ("--source", "none", "--head", "ridge", "--members", 1, "--set", "depth=1", "-q")
SAY = ("--id-column", "who", "--time-column", "ms", "--label-column", "state", "--channels", "acc")


def test_a_model_of_recordings_reads_the_next_by_itself(tmp_path: Path) -> None:
    data = recordings(tmp_path / "people.csv")
    cut = (*SAY, "--window", 15, "--stride", 5)
    done = run("finetune", data, *QUICK, *cut, "--out", tmp_path / "m")
    says = (
        "people: one line a point; header; label: column 4 (state); ids: column 1 (who); times: "
        "column 2 (ms); channels: column 3 (acc); windows of 15 points, every 5; groups: the 4 "
        "ids; 64 series of 15 points\n"
    )
    assert done.stderr == says
    assert "each group in turn" in done.stdout
    assert "NEW_DATA   or" in done.stdout
    assert run("evaluate", tmp_path / "m", data).stderr == says
    lines = data.read_text().splitlines()
    new = tmp_path / "new.csv"
    new.write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in lines))
    done = run("predict", tmp_path / "m", new, "--proba")
    header, first, *_ = done.stdout.splitlines()
    assert header == "index,id,start,end,label,p_sit,p_walk"
    assert first.startswith("0,p0,0,280,sit,")
    assert "; no labels; ids: column 1 (who); " in done.stderr
    document = json.loads(run("predict", tmp_path / "m", new, "--json").stdout)
    first_keys = ["index", "id", "start", "end", "label"]
    assert list(document["predictions"][0]) == first_keys


def test_groups_are_held_out_to_watch_by_and_said(tmp_path: Path) -> None:
    data = recordings(tmp_path / "people.csv")
    fit = ("--source", "none", "--arch", "fcn", "--members", 1, "--epochs", 1)
    out = tmp_path / "m"
    cut = (*SAY, "--window", 15, "--validation", "group:0.25")
    assert "validation: people: 8 series" in run("finetune", data, *fit, *cut, "--out", out).stderr
    wide = [[k // 3, *row, ("a", "b")[k % 2]] for k, row in enumerate(noise())]
    table = write(tmp_path / "wide.csv", [["subject", *NAMES, "label"], *wide])
    out = run("datasets", "info", table, "--label-column", "label", "--group", "subject").stdout
    assert "groups: column 1 (subject)" in out
    error = run("datasets", "info", data, *SAY, "--stride", 3, status=1).stderr
    assert error == "error: --stride 3 goes with --window, the points of a window.\n"


def test_series_that_lack_labels_are_predicted_and_standard_input_is_read(
    tmp_path: Path, people: Path
) -> None:
    from typer.testing import CliRunner

    from tszoo.cli import app

    data = write(tmp_path / "a.csv", [[("a", "b")[k % 2], *row] for k, row in enumerate(noise())])
    run("finetune", data, *QUICK, "--out", tmp_path / "m")
    expected = run("predict", tmp_path / "m", data).stdout
    bare = write(tmp_path / "bare.csv", noise())
    done = run("predict", tmp_path / "m", bare)
    assert done.stdout == expected
    assert done.stderr == "bare: no header; no labels; values: columns 1 to 20\n"
    piped = CliRunner().invoke(app, ["predict", str(tmp_path / "m"), "-"], input=bare.read_bytes())
    assert piped.exit_code == 0
    assert piped.stdout == expected
    assert piped.stderr == "stdin: no header; no labels; values: columns 1 to 20\n"
    saved = tmp_path / "a.npy"
    np.save(saved, np.array(noise(), dtype=np.float32))
    piped = CliRunner().invoke(app, ["predict", str(tmp_path / "m"), "-"], input=saved.read_bytes())
    assert piped.stdout == expected
    empty = CliRunner().invoke(app, ["predict", str(tmp_path / "m"), "-"], input=b"")
    assert empty.exit_code == 1
    assert empty.stderr == "error: stdin.csv: the file is empty.\n"
