"""How soon runs reach accuracies, and the bands of their members."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run
from tests.support.tiny import make_model
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.reach import band, reach, scored_on
from tszoo.training.watch.runlog import RunLog, read_runlog

NETWORK = make_model(members=1).networks[0]


def write(
    path: Path, members: int = 3, epochs: int = 12, *, held_out: bool = True, seed: int = 0
) -> Path:
    """A run whose members get better, each at its own pace and speed."""
    rng, log = np.random.default_rng(seed), RunLog(path, {"seed": seed})
    for member in range(members):
        paces = np.cumsum(rng.uniform(0, 1, epochs))
        for epoch in range(1, epochs + 1):
            share = 1 - math.exp(-paces[epoch - 1] / (2 + seed))
            held = (1.2 - share, share * 0.9) if held_out else ()
            seconds = float(rng.uniform(0.5, 2))
            log(member, EpochReport(epoch, epochs, 1 - share, share, 0.1, seconds, *held), NETWORK)
    return path


@pytest.mark.parametrize("of", ["training", "validation"])
@pytest.mark.parametrize("members", [1, 3, 4])
def test_accuracies_are_reached_when_half_of_the_members_have(
    members: int, of: str, tmp_path: Path
) -> None:
    history = read_runlog(write(tmp_path / "a.jsonl", members))
    field = "accuracy" if of == "training" else "validation_accuracy"
    for one in reach(history, [0.0, 0.3, 0.6, 0.8, 0.9, 0.97], of):
        epochs, seconds = [], []
        for member in history.members:
            passed = 0.0
            first = (math.inf, math.inf)
            for i, share in enumerate(getattr(member, field)):
                passed += member.seconds[i]
                if share >= one.accuracy and first[0] == math.inf:
                    first = (member.epoch[i], passed)
            epochs.append(first[0])
            seconds.append(first[1])
        for found, values in ((one.epochs, epochs), (one.seconds, seconds)):
            values.sort()
            expected = (values[(members - 1) // 2] + values[members // 2]) / 2
            assert found == (None if math.isinf(expected) else pytest.approx(expected))
        assert one.members == sum(epoch < math.inf for epoch in epochs)


def test_a_band_holds_every_member_as_far_as_all_have_come(tmp_path: Path) -> None:
    history = read_runlog(write(tmp_path / "a.jsonl"))
    by_epochs = band(history, "accuracy", "validation", "epochs")
    rows = np.array([member.validation_accuracy for member in history.members])
    assert by_epochs is not None
    np.testing.assert_array_equal(by_epochs.at, np.arange(1, 13))
    np.testing.assert_allclose(by_epochs.median, np.median(rows, axis=0))
    np.testing.assert_allclose(
        [by_epochs.low, by_epochs.high], [rows.min(axis=0), rows.max(axis=0)]
    )
    by_seconds = band(history, "loss", "training", "seconds")
    assert by_seconds is not None
    ends = [np.cumsum(member.seconds) for member in history.members]
    assert by_seconds.at[0] == max(end[0] for end in ends)
    assert by_seconds.at[-1] == min(end[-1] for end in ends)
    for end, member in zip(ends, history.members, strict=True):
        inside = np.isin(by_seconds.at, end)
        values = member.loss[np.isin(end, by_seconds.at)]
        assert (by_seconds.low[inside] <= values).all()
        assert (values <= by_seconds.high[inside]).all()


def test_runs_are_compared_by_what_all_of_them_have(tmp_path: Path) -> None:
    watched = read_runlog(write(tmp_path / "a.jsonl"))
    plain = read_runlog(write(tmp_path / "b.jsonl", held_out=False))
    assert scored_on([watched]) == "validation"
    assert scored_on([watched, plain]) == "training"
    assert band(plain, "loss", "validation", "epochs") is None
    RunLog(tmp_path / "c.jsonl", {})
    (nothing,) = reach(read_runlog(tmp_path / "c.jsonl"), [0.5], "training")
    assert (nothing.members, nothing.epochs, nothing.seconds) == (0, None, None)


def test_the_command_says_draws_and_writes_when_accuracies_are_reached(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    slow, quick = write(tmp_path / "slow.jsonl", seed=5), write(tmp_path / "quick.jsonl", seed=1)
    plot, table = tmp_path / "new" / "both.png", tmp_path / "both.csv"
    more = ("--plot", plot, "--by", "seconds", "--accuracy", 0.5, "--accuracy", 0.99)
    said = run("runlog", slow, quick, *more, "--out", table).stdout
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert f"wrote {table}" in said
    assert f"wrote {plot}" in said
    document = json.loads(run("runlog", slow, quick, "--accuracy", 0.5, "--json").stdout)
    assert document["of"] == "validation"
    assert [one["label"] for one in document["runs"]] == ["slow", "quick"]
    for one, path in zip(document["runs"], (slow, quick), strict=True):
        history = read_runlog(path)
        (expected,) = reach(history, [0.5], "validation")
        assert one["reached"] == [vars(expected)]
        assert one["run"] == history.description
        line = f"{one['label']},3,0.5,{expected.members},{expected.epochs},{expected.seconds}"
        assert line in table.read_text().splitlines()
    assert "quick,3,0.99,0,," in table.read_text().splitlines()


def test_runs_are_called_as_they_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    logs = [write(tmp_path / folder / "run.jsonl", epochs=2) for folder in "ab"]

    def labels(*options: object) -> list[str]:
        document = json.loads(run("runlog", *logs, "--json", *options).stdout)
        return [one["label"] for one in document["runs"]]

    assert labels() == ["a/run", "b/run"]
    assert labels("--label", "scratch", "--label", "transfer") == ["scratch", "transfer"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("b.jsonl", "--label", "one"), "--label: 2 logs need as many labels, all different"),
        (("a.jsonl",), "a log stands there twice"),
        (("b.jsonl", "--nodes", "n", "--plot", "x.png"), "--nodes is of one member of one run"),
        (("none.jsonl",), "none.jsonl: cannot be read"),
        (("b.jsonl", "--plot", "x.bmp"), "x.bmp: figures are saved as"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    options: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        write(Path(f"{name}.jsonl"), epochs=2)
    said = run("runlog", "a.jsonl", *options, status=1)
    assert said.stderr.startswith("error: ")
    assert text in said.stderr
    assert said.stderr.count("\n") == 1
