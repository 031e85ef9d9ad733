"""Data sets as what networks learn from and are scored on, checked before hours of training."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, Preprocessing, choose_preprocessing, prepare
from tszoo.data.levels import level_numbers
from tszoo.data.weights import ClassWeight, weigh_series
from tszoo.errors import DataError, ModelError, TrainingError
from tszoo.nets.network import as_lengths
from tszoo.nets.registry import network_class
from tszoo.training.data import TrainingData
from tszoo.training.run import Run


class Prepared(NamedTuple):
    """A target and what goes with it, ready for networks.

    Attributes
    ----------
    preprocessing : Preprocessing
    train : TrainingData
    test, validation : TrainingData or None
    watched : mapping of str to TrainingData
    """

    preprocessing: Preprocessing
    train: TrainingData
    test: TrainingData | None = None
    validation: TrainingData | None = None
    watched: Mapping[str, TrainingData] = MappingProxyType({})


def prepared(
    target: Dataset,
    architecture: str,
    test: Dataset | None = None,
    run: Run | None = None,
    class_weight: ClassWeight = None,
) -> Prepared:
    """Prepare a target, its test split, and the series that a run is watched by.

    The losses of the target's series count by their classes' weights and their own.

    Raises
    ------
    DataError
        If the target has fewer than two classes, or other series have other classes, channels or
        lengths.
    ModelError
        If the architecture cannot take series of these lengths.
    OptionError
        If a label that weighs is no class of the target.
    TrainingError
        If the target has one series only, or other series have no labels.
    """
    preprocessing = preprocessing_for(target, architecture)
    train = as_tensors(target, target.require_labels(), preprocessing, target.length)
    train = train._replace(weights=loss_weights(target, class_weight))
    run = run or Run()
    scored = held_out = None
    if test is not None:
        scored = scorable(test, target, preprocessing)
    if run.validation is not None:
        held_out = scorable(run.validation, target, preprocessing)
    watched = {name: scorable(data, target, preprocessing) for name, data in run.watched.items()}
    check_enough(target)
    return Prepared(preprocessing, train, scored, held_out, watched)


def loss_weights(target: Dataset, class_weight: ClassWeight) -> torch.Tensor | None:
    """Compute how much the loss of each series counts, float32; None where all count the same."""
    weights = weigh_series(target, class_weight)
    if weights is None:
        return None
    return torch.from_numpy(weights).float()


def check_enough(target: Dataset) -> None:
    """Raise TrainingError if there are too few series to train on."""
    if target.n_series < 2:
        msg = f"{target.name}: one series is not enough to train on."
        raise TrainingError(msg)


def preprocessing_for(train: Dataset, architecture: str) -> Preprocessing:
    """Choose what is done to series; ModelError if the architecture cannot take their lengths."""
    chosen = choose_preprocessing(train)
    if chosen.unequal and not network_class(architecture).any_length:
        lengths = "any number of"
        if train.is_unequal:
            lengths = f"{train.lengths.min()} to {train.length}"
        msg = (
            f"{architecture} takes series of one length, those of {train.name} have {lengths} "
            "points. Choose another architecture."
        )
        raise ModelError(msg)
    return chosen


def as_tensors(
    dataset: Dataset, labels: NDArray[np.int64], preprocessing: Preprocessing, length: int
) -> TrainingData:
    """Prepare series, and put them beside their labels.

    DataError unless they have ``length`` points or may differ.
    """
    x = torch.from_numpy(prepare(dataset, preprocessing, expected_length=length))
    levels = torch.from_numpy(level_numbers(dataset))
    y = torch.from_numpy(labels.copy())
    return TrainingData(x, y, as_lengths(dataset.lengths), levels=levels)


def scorable(test: Dataset, train: Dataset, preprocessing: Preprocessing) -> TrainingData:
    """Prepare series that are scored, with labels counted as the training series' are."""
    aligned = test.with_classes(train.classes)
    if aligned.labels is None:
        msg = f"{test.name}: series without labels cannot be scored."
        raise TrainingError(msg)
    if test.n_channels != train.n_channels:
        msg = (
            f"{test.name}: {test.n_channels} channel(s), the training series have "
            f"{train.n_channels}."
        )
        raise DataError(msg)
    return as_tensors(aligned, aligned.labels, preprocessing, train.length)
