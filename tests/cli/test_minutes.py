"""Where there is no terminal, a line a minute says how long work goes on."""

from __future__ import annotations

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
    tell(3, 13)
    tell(500, 500)
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("sources: 3 of 13, about ")
    assert last == "sources: 500"


def test_training_says_its_epoch_and_never_a_loss_that_is_no_number(capsys, monkeypatch):
    monkeypatch.setattr(minutes, "EVERY", 0.0)
    with _bar(2, 0, quiet=False) as show:
        show(0, EpochReport(1, 4, float("nan"), 0.5, 0.1, 1.0))
        show(1, EpochReport(1, 4, 0.25, 0.5, 0.1, 1.0))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("member 1/2, epoch 1/4, loss –, about ")
    assert second.startswith("member 2/2, epoch 1/4, loss 0.2500, about ")
    with _bar(2, 0, quiet=True) as show:
        show(0, EpochReport(1, 4, 0.25, 0.5, 0.1, 1.0))
    assert capsys.readouterr().err == ""
