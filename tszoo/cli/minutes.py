"""How long work goes on where nobody sees a bar: one line a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

import typer

from tszoo.text import duration

EVERY = 60.0


class Minutes:
    """Writes a line to stderr when a minute has passed since the last one.

    How much time is left goes by the pace since the first share of the work was done: before that,
    kernels may have been compiled and files fetched, once.

    Parameters
    ----------
    now : callable
        Gives the time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._said = now()
        self._first: tuple[float, float] | None = None

    def restart(self) -> None:
        """Begin other work, whose pace is another."""
        self._first = None

    def say(self, text: str, share: float | None = None) -> None:
        """Write the text, and how much time is left if ``share`` of the work is done, 0 to 1."""
        now = self._now()
        if share and self._first is None:
            self._first = now, share
        if now - self._said < EVERY:
            return
        self._said = now
        left = self._left(now, share)
        if left is not None:
            text += f", about {duration(left)} left"
        typer.echo(text, err=True)

    def _left(self, now: float, share: float | None) -> float | None:
        """Say how many seconds are left; None while nothing tells the pace."""
        if not share or self._first is None:
            return None
        begun, done = self._first
        if share <= done:
            return None
        return (now - begun) * (1 - share) / (share - done)


def told_by_minutes(what: str) -> Callable[[int, int], None]:
    """Make a progress callback that writes a line a minute.

    Where another total is told, or less is done than before, other work has begun.
    """
    minutes = Minutes()
    before = 0, 0

    def tell(done: int, total: int) -> None:
        nonlocal before
        if total != before[1] or done < before[0]:
            minutes.restart()
        before = done, total
        if done < total:
            minutes.say(f"{what}: {done} of {total}", done / total)
        else:  # all, or it is not known of how many
            minutes.say(f"{what}: {done}")

    return tell
