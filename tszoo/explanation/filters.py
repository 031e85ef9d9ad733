"""What a network reads series with: the first layer's filters, and what they respond to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.similarity.tree import similarity_tree, tree_order

if TYPE_CHECKING:
    from tszoo.data.dataset import Dataset
    from tszoo.models.model import Model, Progress
    from tszoo.nets.network import Network

Array = NDArray[np.float64]
# A response is a mean over all windows; more series than these, spread evenly, do not change it.
MOST_SERIES = 200
CLEARLY = 1.25  # times as strong as to noise: noise itself comes near 1


@dataclass(frozen=True, eq=False)
class FilterBank:
    """The first layer's filters of one length, those that are alike side by side.

    Attributes
    ----------
    numbers : ndarray of int64, shape (n_filters,)
        Their places in the layer.
    filters : ndarray of float64, shape (n_filters, n_channels, length)
        Each a sum of squares of 1, since the batch norm behind them undoes any other scale.
    responses : ndarray of float64, shape (n_filters, n_datasets)
        How strongly each responds to each data set; see ``filter_responses``.
    """

    numbers: NDArray[np.int64]
    filters: Array
    responses: Array

    @property
    def length(self) -> int:
        """Points of a filter."""
        return int(self.filters.shape[2])

    @property
    def chance(self) -> float:
        """The response to white noise."""
        return float(1 / np.sqrt(self.filters.shape[1] * self.length))

    @property
    def answers(self) -> NDArray[np.bool_]:
        """Whether a filter responds clearly more to a data set than to noise, as ``responses``."""
        return self.responses > CLEARLY * self.chance


def first_filters(
    model: Model,
    datasets: Sequence[Dataset] = (),
    *,
    member: int = 0,
    progress: Progress | None = None,
) -> list[FilterBank]:
    """Take the filters of a model's first layer, and say how strongly they respond to data sets.

    Whether first filters are generally useful is a question of Kashiparekh et al. (2019).

    Parameters
    ----------
    model : Model
    datasets : sequence of Dataset
        What the filters are shown; of more than 200 series, so many, evenly spread. A network that
        sees one channel at a time is shown each channel by itself.
    member : int
        Whose filters, from 0.
    progress : callable or None
        Called with (data sets done, data sets in all).

    Returns
    -------
    list of FilterBank
        One a length, the shortest first.

    Raises
    ------
    ModelError
        If the network has no convolutions.
    OptionError
        If there is no such member.
    DataError
        If a data set has other channels than the filters.
    """
    if not 0 <= member < len(model.networks):
        msg = f"member={member}: {model.config.name} has members 0 to {len(model.networks) - 1}."
        raise OptionError(msg)
    banks = [_ordered(filters) for filters in unit_filters(model.networks[member])]
    if not banks:
        msg = f"{model.config.name}: networks of kind {model.config.architecture} have no filters."
        raise ModelError(msg)
    responses: list[list[Array]] = [[] for _ in banks]
    preprocessing = Preprocessing(model.config.preprocessing.normalize, unequal=True)
    for done, dataset in enumerate(datasets, start=1):
        shown = _shown(dataset, preprocessing, banks[0][1].shape[1])
        for bank, (_, filters) in enumerate(banks):
            responses[bank].append(filter_responses(filters, shown))
        if progress is not None:
            progress(done, len(datasets))
    return [
        FilterBank(numbers, filters, np.array(columns).reshape(-1, len(filters)).T)
        for (numbers, filters), columns in zip(banks, responses, strict=True)
    ]


def unit_filters(network: Network) -> list[Array]:
    """Return a network's first filters, one array a length, the shortest first.

    Returns
    -------
    list of ndarray of float64, shape (n_filters, n_channels, length)
        Each filter a sum of squares of 1. Empty for a network without convolutions.
    """
    found = []
    for weights in network.body.first_filters():
        filters = weights.detach().double().cpu().numpy()
        sizes = np.sqrt((filters**2).sum(axis=(1, 2), keepdims=True))
        found.append(filters / np.where(sizes > 0, sizes, 1.0))
    return sorted(found, key=lambda filters: int(filters.shape[2]))


def filter_likeness(filters: Array) -> Array:
    """Compute how alike filters are: the greatest correlation of two, one shifted at will.

    Parameters
    ----------
    filters : ndarray of float64, shape (n, n_channels, length)
        Each a sum of squares of 1.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric, at most 1, and 1 where two are the same but for a shift.
    """
    n_lags = 2 * filters.shape[2]
    spectra = np.fft.rfft(filters, n_lags, axis=2)
    best = [
        np.fft.irfft((spectrum * spectra.conj()).sum(axis=1), n_lags, axis=1).max(axis=1)
        for spectrum in spectra
    ]
    likeness = np.array(best)
    return np.asarray((likeness + likeness.T) / 2)


def filter_responses(filters: Array, shown: Sequence[Array]) -> Array:
    """Compute how strongly filters respond to series.

    It is the square root of the share of all windows' energy that lies along the filter: 1 where
    every window is a multiple of it, 0 where none has anything of it, and 1 / sqrt(n_channels *
    length) for white noise. A level counts as much as a movement.

    Parameters
    ----------
    filters : ndarray of float64, shape (n_filters, n_channels, length)
        Each a sum of squares of 1.
    shown : sequence of ndarray, shape (n_channels, time)
        With zeros around them, as the network sees them.

    Returns
    -------
    ndarray of float64, shape (n_filters,)
        All 0 if all series are.
    """
    rows = filters.reshape(len(filters), -1)
    # the energy along f of windows w is f' (sum of w w') f, and theirs in all is the trace
    products = np.zeros((rows.shape[1], rows.shape[1]))
    for series in shown:
        windows = _windows(series, filters.shape[2])
        products += windows.T @ windows
    energy = float(np.trace(products))
    if energy == 0:
        return np.zeros(len(rows))
    along = np.einsum("fi,ij,fj->f", rows, products, rows, optimize=True)
    return np.asarray(np.sqrt(np.clip(along / energy, 0.0, 1.0)))


def _ordered(filters: Array) -> tuple[NDArray[np.int64], Array]:
    """Put those that are alike side by side; give their places before, too."""
    distances = np.maximum(1.0 - filter_likeness(filters), 0.0)
    np.fill_diagonal(distances, 0.0)
    order = tree_order(similarity_tree(distances))
    return order, filters[order]


def _shown(dataset: Dataset, preprocessing: Preprocessing, n_channels: int) -> list[Array]:
    """Prepare series as the network would see them, each of its own length."""
    if n_channels not in (1, dataset.n_channels):
        msg = (
            f"{dataset.name}: {dataset.n_channels} channel(s); the filters read {n_channels} "
            "together, and no others."
        )
        raise DataError(msg)
    n_series = min(MOST_SERIES, dataset.n_series)
    rows = np.linspace(0, dataset.n_series - 1, n_series).round().astype(np.int64)
    some = dataset.take(rows)
    prepared = prepare(some, preprocessing).astype(np.float64)
    return list(_channels(prepared, some.lengths.tolist(), n_channels))


def _channels(series: Array, lengths: Sequence[int], n_channels: int) -> Iterator[Array]:
    """Yield what a filter sees at a time: all channels, or each by itself."""
    for values, length in zip(series, lengths, strict=True):
        for start in range(0, len(values), n_channels):
            yield values[start : start + n_channels, :length]


def _windows(series: Array, length: int) -> Array:
    """Cut every window out of a series between zeros, shape (time, n_channels * length)."""
    before = (length - 1) // 2
    padded = np.pad(series, ((0, 0), (before, length - 1 - before)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
    return np.asarray(windows.transpose(1, 0, 2).reshape(series.shape[1], -1))
