"""The classic to beat: the nearest neighbour under dynamic time warping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset
from tszoo.data.holdout import draw_share
from tszoo.similarity.dtw import costs_within, pairwise_costs
from tszoo.similarity.prototypes import prepared_stack

Progress = Callable[[int, int], None]

# Warping windows that are tried, as shares of the length; of equally good ones the narrowest.
WINDOWS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 1.0)
# Cells of cost matrices for the window, and as many again to predict: some seconds a core.
MOST_CELLS = 20_000_000_000
# What a narrow window saves ends here: a row takes as long as one of so many cells.
_LEAST_ROW = 30
_LEAST_SERIES, _SEED = 20, 0


class Window(NamedTuple):
    """A warping window that was chosen by leaving out one series at a time.

    Attributes
    ----------
    share : float
        Of the length, from 0 to 1.
    points : int
    left_out_accuracy : float
        Share of series whose nearest other series is of their class.
    n_series : int
        How many were looked at.
    """

    share: float
    points: int
    left_out_accuracy: float
    n_series: int


@dataclass(frozen=True)
class Neighbour:
    """How accurate the nearest neighbour is.

    Attributes
    ----------
    accuracy : float
    window : Window
    n_train, n_test : int
        How many series were compared.
    """

    accuracy: float
    window: Window
    n_train: int
    n_test: int


def choose_window(
    train: Dataset, *, most_cells: int = MOST_CELLS, progress: Progress | None = None
) -> Window | None:
    """Choose the warping window under which left-out series have the nearest neighbours.

    Every series is predicted by the nearest of the others, or with groups by the nearest of other
    groups (Ratanamahatana & Keogh 2005). Series are z-normalised, missing values interpolated.

    Parameters
    ----------
    train : Dataset
        Labelled series (n_series, n_channels, length).
    most_cells : int
        Where trying all windows on all series would take more, series are drawn, each class in
        proportion and the same every time.
    progress : callable or None
        Called with (windows tried, windows in all).

    Returns
    -------
    Window or None
        None if fewer than 20 series would be left of more, or there is nothing to compare with: one
        series a class, or one group.
    """
    a_pair = sum(_cells(train, window) for window in WINDOWS)
    most = int((2 * most_cells / a_pair) ** 0.5)
    if most < min(train.n_series, _LEAST_SERIES):
        return None
    some = _drawn(train, most)
    forbidden = _forbidden(some)
    is_alone = np.bincount(some.require_labels()).max() == 1
    if is_alone or forbidden.all(axis=1).any():
        return None
    stack, labels = prepared_stack(some), some.require_labels()
    best: Window | None = None
    for done, share in enumerate(WINDOWS, start=1):
        points = round(share * train.length)
        costs = costs_within([stack], points, n_jobs=-1)[0]
        nearest = np.where(forbidden, np.inf, costs).argmin(axis=1)
        found = float((labels[nearest] == labels).mean())
        if best is None or found > best.left_out_accuracy:
            best = Window(share, points, found, some.n_series)
        if progress is not None:
            progress(done, len(WINDOWS))
    return best


def nearest_neighbour(
    train: Dataset, test: Dataset, *, most_cells: int = MOST_CELLS, progress: Progress | None = None
) -> Neighbour | None:
    """Score 1-NN with dynamic time warping, whose window is chosen on the training series alone.

    Parameters
    ----------
    train, test : Dataset
        Labelled series of one number of channels.
    most_cells, progress
        As for ``choose_window``. Where comparing all series would take longer, some of either side
        are drawn.

    Returns
    -------
    Neighbour or None
        None where no window can be chosen.

    Raises
    ------
    DataError
        If the numbers of channels differ, or a class of ``test`` is not among those of ``train``.
    """
    test = test.with_classes(train.classes)
    window = choose_window(train, most_cells=most_cells, progress=progress)
    if window is None:
        return None
    n_pairs = max(1, most_cells // _cells(train, window.share))
    # where not all can be compared: five training series to each one that is judged
    learnt = _drawn(train, max(n_pairs // test.n_series, round((5 * n_pairs) ** 0.5), 2))
    judged = _drawn(test, max(n_pairs // learnt.n_series, _LEAST_SERIES))
    costs = pairwise_costs(prepared_stack(judged), prepared_stack(learnt), window.points, n_jobs=-1)
    guesses = learnt.require_labels()[costs.argmin(axis=1)]
    right = float((guesses == judged.require_labels()).mean())
    return Neighbour(right, window, learnt.n_series, judged.n_series)


def _cells(dataset: Dataset, share: float) -> int:
    """Count the cells that one comparison takes, as long as it takes."""
    length = dataset.length
    row = min(length, 2 * round(share * length) + _LEAST_ROW)
    return length * row * dataset.n_channels


def _drawn(dataset: Dataset, most: int) -> Dataset:
    """Draw so many series, each class in proportion; the data set itself if it has no more."""
    if dataset.n_series <= most:
        return dataset
    labels = dataset.require_labels()
    drawn = draw_share(labels, dataset.n_classes, most / dataset.n_series, _SEED)
    return dataset.take(np.sort(drawn))


def _forbidden(dataset: Dataset) -> NDArray[np.bool_]:
    """Say which series may not be a neighbour of which: itself, and others of its group."""
    codes = dataset.group_codes
    if codes is None:
        codes = np.arange(dataset.n_series)
    return np.asarray(codes[:, None] == codes)
