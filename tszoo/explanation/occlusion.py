"""Occlusion: by how much a class's probability falls where a part of the series is hidden.

Zeiler & Fergus (2014), "Visualizing and understanding convolutional networks", section 4.2; for
time series Kashiparekh et al. (2019), ConvTimeNet, section IV-D.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.explanation.task import Task
    from tszoo.models.model import Batch, Model

# Values of the widest maps for one batch of occluded series.
_VALUES_A_BATCH = 1 << 22
_WINDOWS_A_SERIES = 10


@dataclass(frozen=True)
class Windows:
    """Which parts of a series are hidden, one after the other.

    Attributes
    ----------
    width : int or None
        Points of a window; None for a tenth of the longest series.
    step : int or None
        Points from one window to the next, at most ``width``, so that every point is hidden; None
        for half a window.

    Raises
    ------
    OptionError
        If a number is below 1, or the step above the width.
    """

    width: int | None = None
    step: int | None = None

    def __post_init__(self) -> None:
        for name in ("width", "step"):
            value = getattr(self, name)
            if value is not None and value < 1:
                msg = f"{name}={value}: windows need 1 point or more."
                raise OptionError(msg)
        if self.width is not None and self.step is not None and self.step > self.width:
            msg = (
                f"step={self.step}: above width={self.width}, so that some points between the "
                "windows would never be hidden."
            )
            raise OptionError(msg)

    def starts(self, length: int) -> tuple[NDArray[np.int64], int]:
        """Place windows on ``length`` points; return their first points and their width.

        Raises
        ------
        OptionError
            If a window is longer than the series.
        """
        width = self.width or max(1, length // _WINDOWS_A_SERIES)
        if width > length:
            msg = f"width={width}: longer than the series, which have {length} points."
            raise OptionError(msg)
        step = min(self.step or max(1, width // 2), width)
        starts = np.arange(0, length - width + 1, step)
        if starts[-1] + width < length:
            starts = np.append(starts, length - width)
        return starts, width


def occlude(task: Task, windows: Windows) -> NDArray[np.float32]:
    """Hide window after window of every channel, and see how the class's probability falls.

    A hidden part takes the mean of its channel. A point's relevance is the mean fall over the
    windows that hide it. Levels that a head reads beside the shape stay as they are.

    Parameters
    ----------
    task : Task
    windows : Windows

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length)

    Raises
    ------
    OptionError
        If the windows are longer than the series.
    """
    length = task.dataset.length
    hidden = _hidden_points(*windows.starts(length), length)
    rows = _rows_a_batch(task.model, length)

    def mean_falls(batch: Batch, classes: Tensor) -> Tensor:
        falls = _falls(task.model, batch, classes, hidden.to(batch.x.device), rows)
        return _spread_over(falls, hidden)

    with torch.inference_mode():
        return task.by_batch(mean_falls)


def _hidden_points(starts: NDArray[np.int64], width: int, length: int) -> Tensor:
    """Mark which points each window hides, ``(n_windows, length)``."""
    points = np.arange(length)
    behind = points >= starts[:, None]
    return torch.from_numpy(behind & (points < starts[:, None] + width))


def _rows_a_batch(model: Model, length: int) -> int:
    widest = max(network.widest for network in model.networks)
    return max(1, _VALUES_A_BATCH // (length * max(1, widest)))


def _falls(model: Model, batch: Batch, classes: Tensor, hidden: Tensor, rows: int) -> Tensor:
    """Compute the falls of probability, float64 of shape (batch, n_channels, n_windows).

    All series, channels and windows are tasks of one long list, ``rows`` of which go through the
    networks at a time.
    """
    n_series, n_channels, _ = batch.x.shape
    shape = (n_series, n_channels, len(hidden))
    whole = _probability(model, batch, classes)
    falls = torch.empty(n_series * n_channels * len(hidden), dtype=torch.float64)
    means = _means(batch)
    for tasks in torch.split(torch.arange(len(falls)), rows):
        series, channels, windows = torch.unravel_index(tasks.to(batch.x.device), shape)
        some = _rows_of(batch, series)
        covered = torch.where(
            hidden[windows], means[series, channels, None], some.x[range(len(tasks)), channels]
        )
        some.x[range(len(tasks)), channels] = _without_padding(covered, some.lengths)
        falls[tasks] = (whole[series] - _probability(model, some, classes[series])).cpu()
    return falls.reshape(shape)


def _probability(model: Model, batch: Batch, classes: Tensor) -> Tensor:
    """Compute the members' mean probability of each series' class, float64 of shape (batch,)."""
    members = [
        network(batch.x, batch.lengths, batch.levels).double().softmax(dim=1)
        for network in model.networks
    ]
    return torch.stack(members).mean(dim=0).gather(1, classes[:, None])[:, 0]


def _means(batch: Batch) -> Tensor:
    """Compute each channel's mean over its own points, ``(batch, n_channels)``."""
    n_points: int | Tensor = batch.x.shape[2]
    if batch.lengths is not None:
        n_points = batch.lengths[:, None]
    return batch.x.sum(dim=2) / n_points  # the padding is zero


def _rows_of(batch: Batch, series: Tensor) -> Batch:
    """Take series of a batch, repeated ones too; ``x`` is a copy."""
    some = batch._replace(x=batch.x[series])
    if batch.lengths is not None:
        some = some._replace(lengths=batch.lengths[series])
    if batch.levels is not None:
        some = some._replace(levels=batch.levels[series])
    return some


def _without_padding(series: Tensor, lengths: Tensor | None) -> Tensor:
    """Put zeros behind the ends of series ``(batch, time)``."""
    if lengths is None:
        return series
    points = torch.arange(series.shape[1], device=series.device)
    return series * (points < lengths[:, None])


def _spread_over(falls: Tensor, hidden: Tensor) -> Tensor:
    """Give each point the mean fall of the windows that hide it."""
    cover = hidden.double()
    return ((falls @ cover) / cover.sum(dim=0)).float()
