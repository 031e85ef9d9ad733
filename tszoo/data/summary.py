"""Refuse last rows that sum the others up, as spreadsheets have them below a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError
from tszoo.text import printable

_FEWEST_SERIES = 4
_FEWEST_POINTS = 4
_ROUNDING = 0.02
_SUMMARIES: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "sum": np.sum,
    "median": np.median,
    "deviation": np.std,
}


def refuse_summary(dataset: Dataset) -> None:
    """Raise DataError if the last series is the only one of its class, and sums the others up."""
    labels = dataset.labels
    if labels is None or dataset.is_unequal or int((labels == labels[-1]).sum()) > 1:
        return
    if dataset.n_series < _FEWEST_SERIES or dataset.length < _FEWEST_POINTS:
        return
    name = _summary(dataset.series.astype(np.float64))
    if name is not None:
        label = printable(str(dataset.classes[labels[-1]]), 30)
        msg = (
            f"{dataset.name}, series {dataset.n_series - 1}: the last series, alone in its class "
            f"({label}), is the {name} of the others. Leave its line out."
        )
        raise DataError(msg)


def _summary(series: NDArray[np.float64]) -> str | None:
    """Say what the last of some series is of the others; None if it is nothing of them."""
    last, others = series[-1], series[:-1]
    off = _ROUNDING * float(others.std(axis=0).min())  # rounded to a few digits, perhaps
    # where some points are alike in all series, so may those of another one be
    if np.isnan(series).any() or np.ptp(last) == 0 or off == 0:
        return None
    for name, summary in _SUMMARIES.items():
        if np.allclose(summary(others, axis=0), last, rtol=1e-4, atol=off):
            return name
    return None
