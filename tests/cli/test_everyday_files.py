"""Small files as people have them: each is read rightly, or refused in a line that leads on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command_line import run
from tests.support.levels import make_levels
from tszoo.data import load_dataset

NAMES = [f"t{t}" for t in range(20)]
NOISE = np.random.default_rng(0).standard_normal((24, 20)).round(3).tolist()
LABELS = ["walk", "run"] * 12
COMMANDS = [("datasets", "info"), ("recommend",), ("finetune",)]
FIT = ("--source", "none", "--arch", "fcn", "--members", 1, "--epochs", 1, "-q")

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(rows: list[Any], name: str = "a.csv") -> Path:
        lines = [row if isinstance(row, str) else ",".join(map(str, row)) for row in rows]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def label_last() -> list[list[object]]:
    return [[*row, label] for row, label in zip(NOISE, LABELS, strict=True)]


def info(path: Path, *options: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("datasets", "info", path, "--json", *options).stdout)
    return document


def shape_of(path: Path, *options: object) -> tuple[int, int, int, int]:
    """Return the numbers of series, channels, points and classes."""
    said = info(path, *options)
    return said["n_train"], said["n_channels"], said["length"], said["n_classes"]


def refusal(path: Path, *options: object, command: tuple[str, ...] = ("datasets", "info")) -> str:
    error = run(*command, path, *options, status=1).stderr
    assert error.count("\n") == 1
    return error


# one label for each series, or one line for each point
POINTS = np.random.default_rng(1).standard_normal((240, 3)).round(3).tolist()
COUNTING = [[k + 1, row[0]] for k, row in enumerate(POINTS)]
RECORDING = [[k, value, int(k > 200)] for k, value in COUNTING]
SENSOR = [[*row, k // 20 % 2] for k, row in enumerate(POINTS)]
ONE_EACH = {
    "values": [[int(1000 * value) for value in row] for row in NOISE],
    "ids": [[f"s{k}", *row] for k, row in enumerate(NOISE)],
    "times": [[k + 1, *row[:2]] for k, row in enumerate(POINTS)],
}
RISES = "column 1 ('{}') rises from line to line, so a line looks like a point of one recording"


@pytest.mark.parametrize("kind", ONE_EACH)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_label_for_each_series_is_refused_by_every_command(
    put: Put, kind: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    options = ("--out", tmp_path / "m", *FIT) if command == ("finetune",) else ()
    n_series = len(ONE_EACH[kind])
    error = refusal(put(ONE_EACH[kind]), *options, command=command)
    assert f"{n_series} series, {n_series} classes" in error
    assert "look like an index, a time or a measurement" in error
    assert not (tmp_path / "m").exists()


def test_a_line_of_one_value_is_told_with_the_options_that_help(put: Put) -> None:
    error = refusal(put(COUNTING))
    assert "a line has one value, in column 2, so it looks like a point of a recording" in error
    assert "--label-column none if there are no labels, and --window" in error
    assert "--channels 2" in error
    assert shape_of(put(COUNTING), "--label-column", "none", "--channels", 2)[:3] == (1, 1, 240)


def test_points_of_one_recording_are_not_series(put: Put, tmp_path: Path) -> None:
    path = put([["timestamp", "value-0", "is_anomaly"], *RECORDING])
    says = RISES.format("timestamp")
    assert says in refusal(path)
    assert says in refusal(path, "--label-column", "last")
    assert says in refusal(path, "--out", tmp_path / "m", *FIT, command=("finetune",))
    on_its_side = [["time", "s0", "s1", "s2"], *([k, *row] for k, row in enumerate(POINTS))]
    assert RISES.format("time") in refusal(put(on_its_side))
    numbers = [LABELS, *([int(1000 * value) for value in row] for row in zip(*NOISE, strict=True))]
    assert "Transpose the table" in refusal(put(numbers))


def test_the_advice_on_rows_of_a_sensor_leads_to_no_silent_reading(put: Put) -> None:
    path = put([["x", "y", "z", "label"], *SENSOR])
    error = refusal(path)
    assert "Pass --label-column 4" in error
    for asked in (4, "last"):
        error = refusal(path, "--label-column", asked)
        assert "3 values a line, and labels that stay for many lines" in error
    assert shape_of(path, "--label-column", 4, "--drop", "none") == (240, 1, 3, 2)


@pytest.mark.parametrize("label", [("normal", "fault"), (0, 1)])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("stamp", ["{}", "2024-01-01 00:{:02}:00"])
def test_one_line_a_point_with_the_advice_of_old_and_without(
    put: Put, label: tuple[object, object], n_channels: int, stamp: str
) -> None:
    rows = [
        [k, stamp.format(t), *(value, -value)[:n_channels], label[k % 2]]
        for k, series in enumerate(NOISE)
        for t, value in enumerate(series)
    ]
    path = put([["case_id", "time", *("value", "ch1")[:n_channels], "label"], *rows])
    for options in ((), ("--label-column", "last")):
        assert shape_of(path, *options) == (24, n_channels, 20, 2)


def test_a_column_that_gives_the_answer_away_changes_nothing(put: Put) -> None:
    plain = put([[*NAMES, "label"], *label_last()], "plain.csv")
    rows = [[1 + k // 3, *row] for k, row in enumerate(label_last())]
    subject = put([["subject", *NAMES, "label"], *rows], "subject.csv")
    behind = [[row[-1], *row[:-1], k // 3, 20 + k] for k, row in enumerate(label_last())]
    tail = put([["label", *NAMES, "subject", "age"], *behind], "tail.csv")
    read = [load_dataset(path, label_column="label") for path in (plain, subject, tail)]
    for dataset in read[1:]:
        np.testing.assert_array_equal(dataset.series, read[0].series)
        np.testing.assert_array_equal(dataset.labels, read[0].labels)
    assert info(tail)["read_as"].endswith("left out: subject, age")
    assert "Pass --label-column 22" in refusal(subject)


@pytest.mark.parametrize("asked", ["last", "kind", 22])
def test_an_axis_of_numbers_behind_ids_leads_in_no_circle(put: Put, asked: object) -> None:
    axis = [f"{9.9975 - 0.2 * t:.4f} " for t in range(20)]
    rows = [[100 + 3 * k, *row] for k, row in enumerate(label_last())]
    path = put([["sample_id", *axis, "kind"], *rows])
    assert "Pass --label-column 22" in refusal(path)
    assert shape_of(path, "--label-column", asked) == (24, 1, 20, 2)
    assert info(path, "--label-column", asked)["n_channels"] == 1


@pytest.mark.filterwarnings("default")
def test_time_behind_channels_is_asked_about_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=np.array(NOISE)[:, :, None], y=LABELS)
    for command in COMMANDS:
        options = ("--out", tmp_path / "m") if command == ("finetune",) else ()
        error = refusal(path, *options, command=command)
        assert "Nothing can be learnt from one point. Say which with --layout." in error
    assert shape_of(path, "--layout", "NTC") == (24, 1, 20, 2)
    np.savez(path, X=np.array(NOISE).reshape(24, 10, 2), y=LABELS)
    noted = run("datasets", "info", path).stderr
    assert noted.startswith("note: a.npz: series of 10 channels and 2 point(s), as --layout NCT")
    assert "or of 2 channel(s) and 10 points, as --layout NTC" in noted
    assert noted.count("\n") == 1


@pytest.mark.parametrize("kind", ["level", "scale"])
def test_classes_that_differ_by_level_alone_are_learnt(put: Put, kind: str, tmp_path: Path) -> None:
    dataset = make_levels(kind, 16)
    labels = dataset.require_labels()
    rows = [[labels[k], *dataset.series[k, 0].tolist()] for k in range(16)]
    path, fit = put(rows), ("--source", "inception.GunPoint", "--head", "ridge", "--members", 1)
    said = run("finetune", path, *fit, "--out", tmp_path / "m", "-q").stdout
    assert "left out  accuracy 1.000" in said


@pytest.mark.parametrize("suffix", ["csv", "ts", "arff"])
def test_a_question_mark_is_a_class_to_be_predicted(put: Put, suffix: str, tmp_path: Path) -> None:
    heads = {
        "csv": "",
        "ts": "@classLabel true walk run\n@data\n",
        "arff": "@relation r\n"
        + "".join(f"@attribute a{t} numeric\n" for t in range(20))
        + "@attribute target {walk,run}\n@data\n",
    }
    forms = {"csv": "{1},{0}", "ts": "{0}:{1}", "arff": "{0},{1}"}
    for name, labels in (("train", LABELS), ("new", ["?"] * 24)):
        rows = [
            forms[suffix].format(",".join(map(str, row)), label)
            for row, label in zip(NOISE, labels, strict=True)
        ]
        put([heads[suffix] + rows[0], *rows[1:]], f"{name}.{suffix}")
    run("finetune", tmp_path / f"train.{suffix}", *FIT, "--out", tmp_path / "m")
    for options in ((), ("--label-column", "none")):
        if suffix != "csv" or not options:
            said = run("predict", tmp_path / "m", tmp_path / f"new.{suffix}", *options).stdout
            assert len(said.splitlines()) == 25
    assert "?" in refusal(tmp_path / f"new.{suffix}")


def test_classes_that_are_spelled_nearly_alike_are_told(put: Put) -> None:
    path = put([[("Walk", "run", "walk")[k % 3], *row] for k, row in enumerate(NOISE)])
    told = "the classes 'Walk' and 'walk' are spelled nearly alike: write them alike"
    assert told in run("datasets", "info", path).stdout
    assert told in run("recommend", path, "--method", "dtw", "--top", 1).stderr
    apart = put([[("A1", "A2", "1")[k % 3], *row] for k, row in enumerate(NOISE)])
    assert "nearly alike" not in run("datasets", "info", apart).stdout
