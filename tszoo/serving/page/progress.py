"""How far a job is, and the curve of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import TszooError
from tszoo.serving.page.jobs import Job
from tszoo.serving.page.work import Work

if TYPE_CHECKING:
    from tszoo.training.watch.runlog import MemberHistory

WIDTH, HEIGHT, AIR = 320, 120, 6


@dataclass(frozen=True)
class Panel:
    """One quantity by epoch: lines of training and of held-back series, in a WIDTH x HEIGHT box."""

    title: str
    top: str
    training: list[str]
    held: list[str]


@dataclass(frozen=True)
class Progress:
    """How a job stands, for the page."""

    job: Job | None
    percent: int | None
    panels: list[Panel]
    epoch: int


def progress_of(work: Work, job: Job | None) -> Progress:
    """Say how far a job is; a job that trains has a curve."""
    percent = None
    if job is not None and job.all:
        percent = round(100 * job.done / job.all)
    panels, epoch = curve(work, job)
    return Progress(job, percent, panels, epoch)


def curve(work: Work, job: Job | None) -> tuple[list[Panel], int]:
    """Read the run log, as far as it is written; return panels, and the last epoch."""
    members = _members(work)
    if not members:
        return [], 0
    last = max(int(member.epoch[-1]) for member in members)
    most = max(last, _epochs(work, job))
    epochs = [member.epoch for member in members]
    loss = [m.loss for m in members], [m.validation_loss for m in members]
    right = [m.accuracy for m in members], [m.validation_accuracy for m in members]
    return [_panel("Loss", epochs, loss, most), _panel("Accuracy", epochs, right, most)], last


def _members(work: Work) -> tuple[MemberHistory, ...]:
    """Read what the log says of each network; nothing where there is none, or not a whole one."""
    from tszoo.training.watch.runlog import read_runlog

    if not work.log.exists():
        return ()
    try:
        return read_runlog(work.log).members
    except TszooError:  # it is just being written
        return ()


def _epochs(work: Work, job: Job | None) -> int:
    """Say how many epochs a network will have, from all steps of the job; 0 where nobody knows."""
    if job is None or job.action != "fit":
        return 0
    n_trained = int((work.read("planned") or {}).get("trained", 1))
    return job.all // max(1, n_trained)


def _panel(
    title: str,
    epochs: list[NDArray[np.int64]],
    values: tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]],
    most: int,
) -> Panel:
    """Draw accuracies from 0 to 1, and losses from 0 to the largest."""
    known = np.concatenate([*values[0], *values[1]])
    known = known[np.isfinite(known)]
    high = 1.0
    if title == "Loss" and len(known):
        high = max(float(np.quantile(known, 0.98)), 1e-6)
    training, held = (
        [line for at, v in zip(epochs, each, strict=True) for line in _lines(at, v, high, most)]
        for each in values
    )
    top = "100 %" if title == "Accuracy" else f"{high:.3g}"
    return Panel(title, top, training, held)


def _lines(
    epochs: NDArray[np.int64], values: NDArray[np.float64], high: float, most: int
) -> list[str]:
    x = AIR + (WIDTH - 2 * AIR) * (epochs - 1) / max(most - 1, 1)
    y = HEIGHT - AIR - (HEIGHT - 2 * AIR) * np.clip(values / high, 0.0, 1.0)
    known = np.isfinite(values)
    runs = groupby(range(len(values)), key=lambda k: bool(known[k]))
    return [" ".join(f"{x[k]:.1f},{y[k]:.1f}" for k in run) for is_known, run in runs if is_known]
