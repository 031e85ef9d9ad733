"""What a model has to beat: guessing the largest class, and the nearest neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tszoo.data import Dataset, Label
from tszoo.evaluation.neighbour import (
    MOST_CELLS,
    Neighbour,
    Progress,
    Window,
    choose_window,
    nearest_neighbour,
)
from tszoo.models.record import Simplest

# A second or two of one core: less than making a model takes.
QUICK_CELLS = 4_000_000_000


@dataclass(frozen=True)
class Majority:
    """How often guessing the largest class is right.

    Attributes
    ----------
    label : label
    accuracy : float
    """

    label: Label
    accuracy: float


@dataclass(frozen=True)
class Baselines:
    """How accurate the simplest classifiers are on a data set.

    Attributes
    ----------
    majority : Majority
    neighbour : Neighbour or None
        1-NN with dynamic time warping; None without training series, where it would take too long,
        or where no window can be chosen, since no class has two series.
    """

    majority: Majority
    neighbour: Neighbour | None


@dataclass(frozen=True)
class LeftOutBaselines:
    """How accurate the simplest classifiers are on training series that are left out.

    Attributes
    ----------
    majority : Majority
    window : Window or None
        1-NN with dynamic time warping; None where it would take too long, or where no series has
        another one to be compared with.
    """

    majority: Majority
    window: Window | None


def baselines(
    test: Dataset,
    train: Dataset | None = None,
    *,
    most_cells: int = MOST_CELLS,
    progress: Progress | None = None,
) -> Baselines:
    """Score the simplest classifiers on labelled series.

    Parameters
    ----------
    test : Dataset
    train : Dataset or None
        The series to learn from. Without any, the largest class is that of ``test``.
    most_cells, progress
        As for ``neighbour.nearest_neighbour``.

    Raises
    ------
    DataError
        If the two have different numbers of channels, or ``test`` a class that ``train`` lacks.
    """
    label = _largest(test if train is None else train)
    is_right = [test.classes[k] == label for k in test.require_labels()]
    majority = Majority(label, float(np.mean(is_right)))
    if train is None:
        return Baselines(majority, None)
    found = nearest_neighbour(train, test, most_cells=most_cells, progress=progress)
    return Baselines(majority, found)


def left_out_baselines(
    train: Dataset, *, most_cells: int = MOST_CELLS, progress: Progress | None = None
) -> LeftOutBaselines:
    """Score the simplest classifiers on training series, each left out in its turn.

    Parameters
    ----------
    train : Dataset
    most_cells, progress
        As for ``neighbour.choose_window``. The accuracy is that of the best window, and so a little
        better than on new series.
    """
    label = _largest(train)
    is_right = [train.classes[k] == label for k in train.require_labels()]
    window = choose_window(train, most_cells=most_cells, progress=progress)
    return LeftOutBaselines(Majority(label, float(np.mean(is_right))), window)


def simplest(train: Dataset, *, most_cells: int = QUICK_CELLS) -> Simplest:
    """Return ``left_out_baselines`` of training series as a model's record has them."""
    found = left_out_baselines(train, most_cells=most_cells)
    if found.window is None:
        return Simplest(found.majority.accuracy)
    window = found.window
    return Simplest(
        found.majority.accuracy, window.left_out_accuracy, window.share, window.n_series
    )


def _largest(dataset: Dataset) -> Label:
    """Find the class of the most series; of equals the first."""
    return dataset.classes[int(np.bincount(dataset.require_labels()).argmax())]
