"""How long work goes on where nobody sees a bar: one line a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

import typer

from tszoo.text import duration

EVERY = 60.0


class Minutes:
    """Writes a line to stderr when a minute has passed since the last one.

    Parameters
    ----------
    now : callable
        Gives the time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._begun = self._said = now()

    def say(self, text: str, share: float | None = None) -> None:
        """Write the text, and how much time is left if ``share`` of the work is done, 0 to 1."""
        now = self._now()
        if now - self._said < EVERY:
            return
        self._said = now
        if share:
            left = (now - self._begun) * (1 - share) / share
            text += f", about {duration(left)} left"
        typer.echo(text, err=True)


def told_by_minutes(what: str) -> Callable[[int, int], None]:
    """Make a progress callback that writes a line a minute."""
    minutes = Minutes()

    def tell(done: int, total: int) -> None:
        if done < total:
            minutes.say(f"{what}: {done} of {total}", done / total)
        else:  # all, or it is not known of how many
            minutes.say(f"{what}: {done}")

    return tell
