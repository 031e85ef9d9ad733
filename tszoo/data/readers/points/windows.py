"""Cut windows from recordings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tszoo.data.readers.points.recordings import Recording
from tszoo.errors import OptionError
from tszoo.storage.bounds import MOST_LENGTH


@dataclass(frozen=True)
class Cut:
    """Say how recordings become series.

    Attributes
    ----------
    window : int or None
        Points of a window; None takes a recording whole.
    stride : int or None
        Points from one window to the next; None is a window.
    step : float or None
        Time from one point to the next; None for that of most recordings.

    Raises
    ------
    OptionError
        If a number is out of range, or there is a stride without a window.
    """

    window: int | None = None
    stride: int | None = None
    step: float | None = None

    def __post_init__(self) -> None:
        if self.window is None and self.stride is not None:
            msg = f"stride={self.stride} goes with window=..., the points of a window."
            raise OptionError(msg)
        for name, least in (("window", 2), ("stride", 1)):
            value = getattr(self, name)
            if value is not None and not least <= value <= MOST_LENGTH:
                msg = f"{name} must be a whole number from {least} to {MOST_LENGTH}, not {value}."
                raise OptionError(msg)

    def windows(self, recording: Recording) -> Iterator[Recording]:
        """Yield the windows of a recording: none of one that is shorter."""
        if self.window is None:
            yield recording
            return
        for start in range(0, len(recording) - self.window + 1, self.stride or self.window):
            some = slice(start, start + self.window)
            times = recording.times
            yield replace(
                recording,
                first=recording.first + start,
                times=None if times is None else times[some],
                values=recording.values[some],
            )
