"""Make a target small enough to look at: fewer classes, fewer channels, shorter series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.shorten import LONG, shorten

# Sources are tried on no more than this of a target; see docs/recommend.md, "Large data".
MOST_CLASSES = 250
MOST_CHANNELS = 16


def reduce(target: Dataset, *, all_channels: bool = False) -> Dataset:
    """Reduce a labelled target to what sources can be tried on in bounded time.

    Of too many classes or channels, as many as are allowed stay, evenly spaced. Of long series,
    points that lie together become their mean.

    Parameters
    ----------
    target : Dataset
    all_channels : bool
        Whether to keep all channels, for networks that see them together.

    Returns
    -------
    Dataset
        The target itself, if it is small enough.
    """
    target = _fewer_classes(target)
    if not all_channels and target.n_channels > MOST_CHANNELS:
        chosen = _evenly(target.n_channels, MOST_CHANNELS)
        target = replace(target, series=np.ascontiguousarray(target.series[:, chosen]))
    if target.length > LONG:
        target = shorten(target)
    return target


def what_was_reduced(target: Dataset, reduced: Dataset) -> str:
    """Say in a few words what of a target was looked at; an empty text for all of it."""
    parts = []
    if reduced.n_classes < target.n_classes:
        parts.append(f"{reduced.n_classes} of {target.n_classes} classes")
    if reduced.n_channels < target.n_channels:
        parts.append(f"{reduced.n_channels} of {target.n_channels} channels")
    if reduced.length < target.length:
        parts.append(f"series of {target.length} points averaged to {reduced.length}")
    return ", ".join(parts)


def _fewer_classes(target: Dataset) -> Dataset:
    """Keep series of some classes only, if there are too many."""
    labels = target.require_labels()
    present = np.unique(labels)
    if len(present) <= MOST_CLASSES:
        return target
    chosen = present[_evenly(len(present), MOST_CLASSES)]
    classes = tuple(target.classes[k] for k in chosen)
    fewer = target.take(np.flatnonzero(np.isin(labels, chosen)))
    numbers = np.searchsorted(chosen, fewer.require_labels()).astype(np.int64)
    return replace(fewer, classes=classes, labels=numbers)


def _evenly(n: int, most: int) -> NDArray[np.int64]:
    """Choose ``most`` of n indices, evenly spaced."""
    return np.arange(most, dtype=np.int64) * n // most
