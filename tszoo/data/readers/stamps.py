"""Take the time stamps off rows of .ts files: ``(0,1.5),(1,1.7)`` where time runs evenly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from tszoo.data.readers.numbers import shorten
from tszoo.errors import DataError

_PAIR = re.compile(r"\(\s*([^(),]+?)\s*,\s*([^(),]*?)\s*\)")
_CHANNEL = re.compile(rf"\s*{_PAIR.pattern}(?:\s*,\s*{_PAIR.pattern})*\s*,?\s*")
_BETWEEN_CHANNELS = re.compile(r"(?<=[),])\s*:\s*(?=\()")
_BEFORE_LABEL = re.compile(r"\)\s*,?\s*(:)(?!\s*\()")
# how far steps of one file may differ: stamps are rounded
_SAME_STEP = 0.01
_RESAMPLE = "Only evenly spaced values are read: resample the series first."


class Stamps:
    """Read rows of (time stamp, value) pairs, and check that time runs evenly, alike in all rows.

    A stamp is a number, or a date as ISO 8601 writes it.
    """

    def __init__(self) -> None:
        self.step: float | None = None

    def split(self, line: str) -> list[str]:
        """Split a row at its colons; those of the times of day separate nothing."""
        match = _BEFORE_LABEL.search(line)
        # failing that, a row that is not made of pairs, as `take_off` will say
        end = line.find(":", line.rfind(")") + 1) if match is None else match.start(1)
        if end < 0:
            return _BETWEEN_CHANNELS.split(line)
        return [*_BETWEEN_CHANNELS.split(line[:end].rstrip()), line[end + 1 :]]

    def take_off(self, channel: str, where: str) -> str:
        """Return the values of a channel, separated by commas.

        Raises
        ------
        DataError
            If the channel has other things than pairs, or its time does not run evenly, as in the
            rows before.
        """
        if not _CHANNEL.fullmatch(channel):
            msg = (
                f"{where}: {shorten(channel)} is no row of time stamps and values, such as "
                "(0,1.5),(1,1.7), which @timeStamps true promises."
            )
            raise DataError(msg)
        pairs = _PAIR.findall(channel)
        self._check([stamp for stamp, _ in pairs], where)
        return ",".join(value for _, value in pairs)

    def _check(self, stamps: list[str], where: str) -> None:
        if len(stamps) < 2:
            return
        times = _as_times(stamps, where)
        step = (times[-1] - times[0]) / (len(times) - 1)
        off = np.abs(np.array(times) - (times[0] + step * np.arange(len(times))))
        if step <= 0 or off.max() > _tolerance(stamps, step):
            at = int(np.argmin(np.diff(times)) if step <= 0 else off.argmax())
            msg = (
                f"{where}: the time stamps do not run evenly (near {shorten(stamps[at])}). "
                f"{_RESAMPLE}"
            )
            raise DataError(msg)
        self.step = self.step or step
        if abs(step - self.step) > _SAME_STEP * self.step:
            msg = (
                f"{where}: the time stamps are {step:g} apart, in the series before it "
                f"{self.step:g}. {_RESAMPLE}"
            )
            raise DataError(msg)


def _as_times(stamps: Sequence[str], where: str) -> list[float]:
    """Return stamps as numbers; those of dates are seconds since the first."""
    try:
        return [float(stamp) for stamp in stamps]
    except ValueError:
        pass
    try:
        dates = [datetime.fromisoformat(stamp.strip("\"'").removesuffix("Z")) for stamp in stamps]
        return [(date - dates[0]).total_seconds() for date in dates]
    except (TypeError, ValueError) as error:
        msg = (
            f"{where}: the time stamps are neither numbers nor dates such as 2013-03-01 12:00:00 "
            f"(the first is {shorten(stamps[0])})."
        )
        raise DataError(msg) from error


def _tolerance(stamps: Sequence[str], step: float) -> float:
    """Return how far a stamp may lie off its place: the rounding of its last decimal.

    Where steps are as coarse as that, any row of rising numbers would be even.
    """
    decimals = max(len(stamp.partition(".")[2]) for stamp in stamps)
    unit = 10.0**-decimals
    is_plain = decimals and not any("e" in stamp.lower() for stamp in stamps)
    if is_plain and step > 2 * unit:
        return unit
    return 1e-6 * step
