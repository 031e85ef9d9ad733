"""Runs side by side, drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pictures import is_cut_off, words_of
from tests.support.tiny import make_model
from tszoo.errors import DataError
from tszoo.figures.runs import draw_runs
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.runlog import RunHistory, RunLog, read_runlog

NETWORK = make_model(members=1).networks[0]


def history(folder: Path, number: int, members: int = 3, epochs: int = 6) -> RunHistory:
    log = RunLog(folder / f"{number}.jsonl", {})
    for member in range(members):
        for epoch in range(1, epochs + 1):
            share = 1 - 1 / (epoch + member + number / 10)
            held = (1.1 - share, share * 0.9)
            log(member, EpochReport(epoch, epochs, 1 - share, share, 0.1, 1.5, *held), NETWORK)
    return read_runlog(folder / f"{number}.jsonl")


@pytest.mark.parametrize(
    ("by", "n"),
    [
        ("epochs", 1),
        ("epochs", 60),
        ("seconds", 3),
        pytest.param("epochs", 3, marks=pytest.mark.slow),
        pytest.param("seconds", 1, marks=pytest.mark.slow),
        pytest.param("seconds", 60, marks=pytest.mark.slow),
    ],
)
def test_every_run_has_its_name_and_nothing_is_cut_off(n: int, by: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    runs = {f"run $number {k}": history(tmp_path, k) for k in range(n)}

    def draw(path: Path) -> None:
        draw_runs(runs, path, by=by, accuracies=(0.5, 0.7))

    text = words_of(draw, tmp_path / "a.svg")
    assert all(f">{name} (3)<" in text for name in runs)
    assert ("seconds of training" in text) == (by == "seconds")
    assert "validation accuracy" in text
    assert ("from the least to the greatest" in text) == (n <= 6)
    draw(tmp_path / "a.png")
    assert not is_cut_off(tmp_path / "a.png")


def test_a_run_without_an_epoch_is_named_and_none_at_all_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    RunLog(tmp_path / "empty.jsonl", {})
    empty = read_runlog(tmp_path / "empty.jsonl")
    both = {"none": empty, "one": history(tmp_path, 1, members=1, epochs=1)}
    text = words_of(lambda path: draw_runs(both, path), tmp_path / "a.svg")
    assert ">none (0)<" in text
    with pytest.raises(DataError, match="no epoch yet; there is nothing to draw"):
        draw_runs({"none": empty}, tmp_path / "a.png")
