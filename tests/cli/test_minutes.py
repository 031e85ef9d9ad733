"""Where there is no terminal, lines say how long work goes on, and how training does."""

from __future__ import annotations

import re

from tszoo.cli import minutes
from tszoo.cli.minutes import Minutes, told_by_minutes
from tszoo.cli.watching import _bar
from tszoo.training.epoch import EpochReport


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_a_minute_and_no_more(capsys):
    clock = Clock()
    told = Minutes(clock)
    for second in range(181):
        clock.now = 100.0 + second
        told.say(f"second {second}", (second + 1) / 361)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "second 60, about 5 min left",
        "second 120, about 4 min left",
        "second 180, about 3 min left",
    ]


def test_counted_work_says_how_much_is_done(capsys, monkeypatch):
    monkeypatch.setattr(minutes, "EVERY", 0.0)
    tell = told_by_minutes("sources")
    tell(1, 13)
    tell(3, 13)
    tell(500, 500)
    alone, first, last = capsys.readouterr().err.splitlines()
    assert alone == "sources: 1 of 13"  # one alone says nothing of the pace
    assert first.startswith("sources: 3 of 13, about ")
    assert last == "sources: 500"


def test_what_is_done_once_is_not_counted_for_every_source(capsys, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(minutes, "Minutes", lambda: Minutes(clock))
    tell = told_by_minutes("comparing")
    for done in range(1, 6):  # prototypes, a second each
        clock.now += 1
        tell(done, 1000)
    clock.now += 180  # kernels are compiled before the first source is done
    tell(1, 12)
    for done in range(2, 12):
        clock.now += 20
        tell(done, 12)
    assert capsys.readouterr().err.splitlines() == [
        "comparing: 1 of 12",
        "comparing: 4 of 12, about 3 min left",
        "comparing: 7 of 12, about 2 min left",
        "comparing: 10 of 12, about 40 s left",
    ]


def test_training_says_every_epoch_and_never_a_loss_that_is_no_number(capsys, monkeypatch):
    with _bar(2, 0, quiet=False) as show:
        show(0, EpochReport(1, 4, float("nan"), 0.5, 0.1, 1.0))
        monkeypatch.setattr(minutes, "EVERY", 0.0)
        show(1, EpochReport(1, 4, 0.25, 0.5, 0.1, 1.0, 0.75, 0.625))
    first, second, left = capsys.readouterr().err.splitlines()
    assert first == "epoch 1/4 train_loss – train_accuracy 0.5000 member 1/2"
    assert second == (
        "epoch 1/4 train_loss 0.2500 train_accuracy 0.5000 valid_loss 0.7500 "
        "valid_accuracy 0.6250 member 2/2"
    )
    assert left.startswith("training, about ")
    with _bar(1, 0, quiet=True) as show:
        show(0, EpochReport(1, 4, 0.25, 0.5, 0.1, 1.0))
    assert capsys.readouterr().err == ""


def test_the_regular_expressions_of_metrics_find_every_number(capsys):
    with _bar(1, 0, quiet=False) as show:
        for epoch in (1, 2, 3):
            show(0, EpochReport(epoch, 3, 1 / epoch, epoch / 4, 0.1, 1.0, 2 / epoch, epoch / 8))
    said = capsys.readouterr().err
    found = {
        name: [float(x) for x in re.findall(rf"{name} ([0-9.]+)", said)]
        for name in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
    }
    assert found == {
        "train_loss": [1.0, 0.5, 0.3333],
        "train_accuracy": [0.25, 0.5, 0.75],
        "valid_loss": [2.0, 1.0, 0.6667],
        "valid_accuracy": [0.125, 0.25, 0.375],
    }
