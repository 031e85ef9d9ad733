"""Bring recordings to even times: networks see points, and not when they were taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.narrow import narrow
from tszoo.data.readers.points.recordings import Recording
from tszoo.errors import DataError

# Stamps are rounded, and clocks jitter: a point may lie so many steps off its place.
JITTER = 0.1
# Clocks differ a little in speed: steps that differ by such a share are one step.
SAME_STEP = 0.02
# Beyond so many points for each one that was measured, recordings have gaps, not uneven times.
MOST_POINTS_A_POINT = 10


class Evened(NamedTuple):
    """Recordings with even times.

    Attributes
    ----------
    recordings : list of Recording
    step : float or None
        From one point to the next; None without times, or where no recording has two points.
    n_resampled : int
        How many recordings had uneven times, or another step.
    widest : float
        How many steps the widest gap in time of those was.
    """

    recordings: list[Recording]
    step: float | None
    n_resampled: int
    widest: float = 0.0


def even_out(
    recordings: Sequence[Recording], step: float | None, place: Callable[[Recording], str]
) -> Evened:
    """Resample recordings whose times are uneven, or of another step than most, linearly.

    Parameters
    ----------
    recordings : sequence of Recording
        All of them have times, or none has.
    step : float or None
        From one point to the next; None for the median of the recordings' own.
    place : callable
        Names a recording in an error.

    Raises
    ------
    DataError
        If recordings would become more than ten times as long, for gaps in them; if 32-bit numbers
        cannot tell their values apart.
    """
    own = [_own_step(recording.times) for recording in recordings]
    if step is None:
        step = _common_step(recordings, own)
    if step is None:
        return Evened(list(recordings), None, 0)
    evened, n_resampled, widest = [], 0, 0.0
    for recording, steps in zip(recordings, own, strict=True):
        if len(recording) < 2 or _fits(steps, step):
            evened.append(recording)
            continue
        n_resampled += 1
        widest = max(widest, _widest_gap(recording.times) / step)
        evened.append(_resampled(recording, step, place))
    return Evened(evened, step, n_resampled, widest)


def _widest_gap(times: NDArray[np.float64] | None) -> float:
    return 0.0 if times is None else float(np.diff(times).max())


def _own_step(times: NDArray[np.float64] | None) -> float | None:
    """Return the step of times that are even; None of those that are not."""
    if times is None or len(times) < 2:
        return None
    step = float((times[-1] - times[0]) / (len(times) - 1))
    places = times[0] + step * np.arange(len(times))
    if np.abs(times - places).max() > JITTER * step:
        return None
    return step


def _common_step(recordings: Sequence[Recording], own: Sequence[float | None]) -> float | None:
    """Return the step of most recordings: the median of even ones, or of all gaps in time."""
    even = [step for step in own if step is not None]
    timed = [r.times for r in recordings if r.times is not None and len(r.times) > 1]
    if not timed:
        return None
    if 2 * len(even) >= len(timed):
        return float(np.median(even))
    return float(np.median(np.concatenate([np.diff(times) for times in timed])))


def _fits(own: float | None, step: float) -> bool:
    return own is not None and abs(own - step) <= SAME_STEP * step


def _resampled(recording: Recording, step: float, place: Callable[[Recording], str]) -> Recording:
    """Interpolate a recording at even times; a channel without any value stays so."""
    times = recording.times
    if times is None:
        return recording
    n_points = int((times[-1] - times[0]) / step + SAME_STEP) + 1
    if n_points > MOST_POINTS_A_POINT * len(times):
        msg = (
            f"{place(recording)}: {len(times)} points would be {n_points} points at even times, "
            f"{step:.6g} apart: there are gaps. Give each stretch an id of its own, or pass no "
            "times if rows follow each other evenly."
        )
        raise DataError(msg)
    grid = times[0] + step * np.arange(n_points)
    values = np.full((n_points, recording.values.shape[1]), np.nan)
    # as 32-bit numbers, so that it does not matter with how many digits they are written
    close = narrow(recording.values.T, lambda at: f"{place(recording)}, channel {at[0] + 1}")
    for k, channel in enumerate(close.astype(np.float64)):
        is_seen = ~np.isnan(channel)
        if is_seen.any():
            values[:, k] = np.interp(grid, times[is_seen], channel[is_seen])
    return replace(recording, times=grid, values=values)
