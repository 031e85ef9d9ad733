"""A run's log.

What is written, what survives a kill, what is refused, and the command that shows it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from typer.testing import CliRunner

from tests.support.full_disk import full_disk
from tests.support.tiny import make_model
from tszoo.cli import app
from tszoo.errors import DataError, TrainingError
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.runlog import RunLog, read_runlog

NETWORK = make_model(members=1).networks[0]
FIRST = '{"kind": "run", "seed": 3}\n'
SECOND = (
    '{"kind": "epoch", "member": 0, "epoch": 1, "loss": 0.5, "accuracy": 1, "learning_rate": 0.1, '
    '"seconds": 2}\n'
)


def report(epoch: int, validation: bool = False, loss: float = 0.5) -> EpochReport:
    share = 1 / (epoch + 1)
    return EpochReport(
        epoch, 9, loss, share, 0.1, 2.0, *((loss * 2, share / 2) if validation else ())
    )


def write(log: RunLog, *epochs: tuple[int, int]) -> None:
    for member, epoch in epochs:
        log(member, report(epoch), NETWORK)


def epochs_of(path: Path) -> dict[int, list[int]]:
    return {one.member: one.epoch.tolist() for one in read_runlog(path).members}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "new" / "run.jsonl"
    log = RunLog(path, {"data": "Ödata\u2028", "seed": 3, "sizes": (1, 2)})
    log(1, report(1, validation=True), NETWORK)
    log(0, report(1), NETWORK)
    log(1, report(2, validation=True), NETWORK)
    history = read_runlog(path)
    assert history.description == {"data": "Ödata\u2028", "seed": 3, "sizes": [1, 2]}
    zero, one = history.members
    assert (zero.member, one.member) == (0, 1)
    assert_array_equal(one.epoch, [1, 2])
    assert_array_equal(one.accuracy, [1 / 2, 1 / 3])
    assert_array_equal(one.validation_loss, [1.0, 1.0])
    assert_array_equal(one.validation_accuracy, [1 / 4, 1 / 6])
    assert_array_equal(one.learning_rate, [0.1, 0.1])
    assert_array_equal(one.seconds, [2.0, 2.0])
    assert np.isnan(zero.validation_loss).all()
    assert "validation_loss" not in json.loads(path.read_text(encoding="utf-8").split("\n")[2])


def test_numbers_that_json_lacks_become_null(tmp_path):
    log = RunLog(tmp_path / "run.jsonl", {})
    log(0, report(1, validation=True, loss=math.inf), NETWORK)
    assert '"loss": null' in (tmp_path / "run.jsonl").read_text()
    assert np.isnan(read_runlog(tmp_path / "run.jsonl").members[0].validation_loss).all()


def test_a_new_run_replaces_the_log_and_a_resumed_one_goes_on(tmp_path):
    path = tmp_path / "run.jsonl"
    write(RunLog(path, {"seed": 1}), (0, 1), (0, 2))
    write(RunLog(path, {"seed": 2}, resume=True), (0, 3))
    assert epochs_of(path) == {0: [1, 2, 3]}
    assert read_runlog(path).description == {"seed": 1}
    write(RunLog(path, {"seed": 2}), (0, 1))
    assert epochs_of(path) == {0: [1]}
    write(RunLog(tmp_path / "other.jsonl", {}, resume=True), (0, 1))
    assert epochs_of(tmp_path / "other.jsonl") == {0: [1]}


def test_epochs_that_come_again_replace_those_of_their_member(tmp_path):
    path = tmp_path / "run.jsonl"
    write(RunLog(path, {}), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3))
    write(RunLog(path, {}, resume=True), (0, 2))
    assert epochs_of(path) == {0: [1, 2], 1: [1, 2, 3]}


@settings(max_examples=30)  # each writes through to the disk
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.booleans()), max_size=20))
def test_no_epoch_stands_twice(tmp_path_factory, calls):
    path = tmp_path_factory.mktemp("log") / "run.jsonl"
    log = RunLog(path, {})
    expected: dict[int, list[int]] = {}
    for member, epoch, anew in calls:
        log = RunLog(path, {}, resume=True) if anew else log
        write(log, (member, epoch))
        expected[member] = [one for one in expected.get(member, []) if one < epoch] + [epoch]
    assert epochs_of(path) == dict(sorted(expected.items()))


@pytest.mark.parametrize("cut", range(1, len(SECOND)))
def test_a_torn_last_line_is_refused_by_readers_and_dropped_on_resume(cut, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST + SECOND + SECOND.replace('"epoch": 1', '"epoch": 2')[:cut])
    with pytest.raises(DataError, match=r"run\.jsonl, line 3: torn"):
        read_runlog(path)
    write(RunLog(path, {}, resume=True), (0, 2))
    assert epochs_of(path) == {0: [1, 2]}


def test_a_torn_first_line_begins_anew(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST[:9])
    RunLog(path, {"seed": 4}, resume=True)
    assert read_runlog(path).description == {"seed": 4}


def test_what_is_watched_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "run.jsonl"
    log = RunLog(path, {})
    for epoch, watched in ((1, {}), (2, {"a": (math.inf, 0.5)}), (3, {"b": (1.0, 0.25)})):
        log(0, EpochReport(epoch, 9, 0.5, 0.5, 0.1, 2.0, watched=watched), NETWORK)
    curves = read_runlog(path).members[0].watched
    assert list(curves) == ["a", "b"]
    assert_array_equal(curves["a"].accuracy, [math.nan, 0.5, math.nan])
    assert_array_equal(curves["a"].loss, [math.nan] * 3)
    assert_array_equal(curves["b"].loss, [math.nan, math.nan, 1.0])


def test_a_full_disk_is_one_line_and_ends_the_log_after_whole_lines(tmp_path, caplog):
    path = tmp_path / "run.jsonl"
    log = RunLog(path, {})
    write(log, (0, 1))
    before = path.read_bytes()
    with full_disk(len(before) + 20):
        write(log, (0, 2), (0, 3))
    write(log, (0, 4))
    said = f"{path}: cannot write the run log (File too large). It ends here; training goes on."
    assert caplog.messages == [said]
    assert path.read_bytes() == before


def test_bad_places_are_one_line(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"file/run\.jsonl: cannot write the run log"):
        RunLog(tmp_path / "file" / "run.jsonl", {})
    with pytest.raises(TrainingError, match="cannot write the run log"):
        RunLog(tmp_path, {})
    with pytest.raises(
        TrainingError, match=r"not a regular file\. This log cannot be gone on with"
    ):
        RunLog(tmp_path, {}, resume=True)
    log = RunLog(tmp_path / "run.jsonl", {})
    (tmp_path / "run.jsonl").unlink()
    write(log, (0, 1), (0, 2))
    (said,) = caplog.messages
    assert "run.jsonl: cannot write the run log (No such file or directory). It ends here" in said
    with pytest.raises(DataError, match=r"run\.jsonl: cannot be read \(No such file"):
        read_runlog(tmp_path / "run.jsonl")


def test_a_log_that_is_none_is_not_gone_on_with(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("precious\n")
    with pytest.raises(
        TrainingError, match=r"run\.jsonl, line 1: not JSON.*cannot be gone on with"
    ):
        RunLog(path, {}, resume=True)
    assert path.read_text() == "precious\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty, expected a run log"),
        (SECOND, 'line 1: expected an object of "kind": "run"'),
        ("[1]\n", "line 1: expected an object"),
        (FIRST + FIRST, 'line 2: expected an object of "kind": "epoch"'),
        (FIRST + "\n" + SECOND, "line 2: not JSON"),
        (FIRST + SECOND.replace("0.5", "NaN"), "line 2: not JSON: NaN"),
        (FIRST + SECOND.replace("0.5", "1e999"), "line 2: not usable JSON: the number"),
        (
            FIRST + SECOND.replace("0.5", "-0.5"),
            "line 2: loss must be a number from 0 up, or null, not -0.5",
        ),
        (FIRST + SECOND.replace("0.5", '"0.5"'), "line 2: loss must be a number"),
        (FIRST + SECOND.replace("0.5", "true"), "line 2: loss must be a number"),
        (
            FIRST + SECOND.replace('"accuracy": 1', '"accuracy": 1.5'),
            "accuracy must be a share from 0 to 1",
        ),
        (
            FIRST + SECOND.replace('"member": 0', '"member": -1'),
            "member must be a whole number from 0",
        ),
        (
            FIRST + SECOND.replace('"epoch": 1', '"epoch": 1.0'),
            "epoch must be a whole number from 1",
        ),
        (FIRST + SECOND.replace('"epoch": 1', '"epoch": 0'), "epoch must be a whole number from 1"),
        (FIRST + SECOND.replace('"seconds"', '"minutes"'), "an epoch without seconds"),
        (FIRST + SECOND.replace("}", ', "extra": 1}'), "an epoch has no 'extra'"),
        (FIRST + SECOND.replace("}", ', "loss": 1}'), "key 'loss' stands twice"),
        (FIRST + SECOND.replace("}", ', "watched": 1}'), "watched must be an object"),
        (FIRST + SECOND.replace("}", ', "watched": {"a": 1}}'), "watched.'a' must be an object"),
        (
            FIRST + SECOND.replace("}", ', "watched": {"a": {"loss": 1}}}'),
            "watched.'a' lacks 'accuracy'",
        ),
        (
            FIRST + SECOND.replace("}", ', "watched": {"a": {"loss": 1, "accuracy": 2}}}'),
            "watched.'a'.accuracy must be a share from 0 to 1",
        ),
        (
            FIRST + SECOND.replace("}", ', "watched": {"a": {"loss": -1, "accuracy": 1}}}'),
            "watched.'a'.loss must be a number from 0 up",
        ),
        (FIRST + SECOND + SECOND, "line 3: epoch 1 of member 0 stands behind its epoch 1"),
        (FIRST + "[" * 100_000 + "\n", "line 2: not usable JSON: nested too deeply"),
    ],
)
def test_hostile_logs_are_refused(text, message, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match="run.jsonl.*" + message):
        read_runlog(path)


@given(st.binary(max_size=200), st.integers(0, len(FIRST + SECOND)))
def test_bytes_raise_nothing_but_data_errors(tmp_path_factory, noise, at):
    path = tmp_path_factory.getbasetemp() / "noise.jsonl"
    whole = (FIRST + SECOND).encode()
    path.write_bytes(whole[:at] + noise + whole[at:])
    try:
        read_runlog(path)
    except DataError as error:
        assert "noise.jsonl" in str(error)


def run(*arguments, status=0):
    result = CliRunner().invoke(app, ["runlog", *map(str, arguments)])
    assert result.exit_code == status, result.output + str(result.exception)
    return result.output


def test_the_command_prints_a_table(tmp_path):
    log = RunLog(tmp_path / "run.jsonl", {"seed": 1})
    assert run(tmp_path / "run.jsonl") == "no epoch yet.\n"
    for epoch, loss in enumerate((0.75, 0.25, 0.5), start=1):
        log(0, report(epoch, validation=True, loss=loss), NETWORK)
    log(1, report(1, loss=math.nan), NETWORK)
    lines = [" ".join(line.split()) for line in run(tmp_path / "run.jsonl").splitlines()]
    assert "0 3 0.5000 0.2500 (epoch 2) 0.250 0.250 (epoch 1) 2.000" in lines
    assert "1 1 – – 0.500 – 2.000" in lines


def test_the_command_prints_json(tmp_path):
    log = RunLog(tmp_path / "run.jsonl", {"seed": 1})
    log(0, report(1, validation=True), NETWORK)
    document = json.loads(run(tmp_path / "run.jsonl", "--json"))
    assert document["run"] == {"seed": 1}
    assert document["members"][0]["best_validation_accuracy"] == 0.25
    assert document["members"][0]["epochs"] == 1


def test_the_command_draws_only_where_it_is_told(tmp_path):
    RunLog(tmp_path / "run.jsonl", {})
    assert "--nodes is drawn, not printed" in run(
        tmp_path / "run.jsonl", "--nodes", tmp_path / "x", status=1
    )
    assert "no epoch yet; there is nothing to draw" in run(
        tmp_path / "run.jsonl", "--plot", tmp_path / "run.png", status=1
    )
