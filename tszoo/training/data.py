"""Hold what a run trains on: series as tensors, and the batches that an epoch draws from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.recipe import Recipe

# Values in the widest map of a network for one batch: 100 MB of float32. A handful of such maps are
# alive at a time.
VALUES_A_BATCH = 25_600_000


class TrainingData(NamedTuple):
    """One data set, prepared.

    Attributes
    ----------
    x : Tensor, shape (n_series, n_channels, length), float32
    y : Tensor, shape (n_series,), int64
        Counted from 0 within the data set.
    lengths : Tensor, shape (n_series,), int64, or None
        Where series of unequal lengths end; zeros follow in ``x``. None if all are equally long.
    first_output, n_outputs : int
        Which of the network's outputs stand for this data set's classes: a network that is trained
        on many data sets at once has outputs for each. 0 outputs means all from the first on.
    levels : Tensor, shape (n_series, n_numbers), float32, or None
        Level numbers of the series, for heads that read them.
    weights : Tensor, shape (n_series,), float32, or None
        How much the loss of each series counts, with a mean of 1; None counts all the same.
    """

    x: Tensor
    y: Tensor
    lengths: Tensor | None = None
    first_output: int = 0
    n_outputs: int = 0
    levels: Tensor | None = None
    weights: Tensor | None = None

    def to(self, device: torch.device) -> TrainingData:
        """Move the tensors."""
        moved = self._replace(x=self.x.to(device), y=self.y.to(device))
        if self.levels is not None:
            moved = moved._replace(levels=self.levels.to(device))
        if self.weights is not None:
            moved = moved._replace(weights=self.weights.to(device))
        if self.lengths is None:
            return moved
        return moved._replace(lengths=self.lengths.to(device))

    def take(self, chosen: slice) -> TrainingData:
        """Take some of the series, as views."""
        taken = self._replace(x=self.x[chosen], y=self.y[chosen])
        if self.levels is not None:
            taken = taken._replace(levels=self.levels[chosen])
        if self.weights is not None:
            taken = taken._replace(weights=self.weights[chosen])
        if self.lengths is None:
            return taken
        return taken._replace(lengths=self.lengths[chosen])

    def parts(self, cost: int, most: int) -> Iterator[TrainingData]:
        """Cut the series, in order, into as few parts as cost ``most`` on average.

        The parts' sizes differ by one at most.

        Parameters
        ----------
        cost : int
            Of one series. Series that cost more than ``most`` go one by one.
        most : int
            Cost of a part.
        """
        n_series = len(self.x)
        n_parts = min(n_series, -(-n_series * cost // most))
        for numbers in torch.arange(n_series).tensor_split(n_parts):
            yield self.take(slice(int(numbers[0]), int(numbers[-1]) + 1))

    def batches(self, network: Network) -> Iterator[TrainingData]:
        """Cut the series, in order, into batches that need bounded memory in a network.

        A batch has as many series as ``VALUES_A_BATCH`` allows, counted in the network's widest
        map. With channels apart, each of a series' channels has maps of its own.
        """
        return self.parts(network.widest * self.x.shape[2], VALUES_A_BATCH)

    @property
    def shortest(self) -> int:
        """Count the points of the shortest series."""
        if self.lengths is None:
            return self.x.shape[2]
        return int(self.lengths.min())

    @property
    def n_points(self) -> int:
        """Count the points of all series, over time: of one channel, without what pads them."""
        if self.lengths is None:
            return len(self.x) * self.x.shape[2]
        return int(self.lengths.sum())


class Batch(NamedTuple):
    """Which series, by number, of which data set make one step."""

    data: int
    chosen: Tensor


def draw_epoch(
    sets: Sequence[TrainingData], recipe: Recipe, shuffle: torch.Generator, most: int
) -> list[Batch]:
    """Draw an epoch's batches, of at most ``most`` series.

    Of one data set, every series comes once. Of several, each gives the same number of batches,
    about as many as an average one of them has: a small set is gone through more often than a large
    one. The batches come in random order, each from one data set (Kashiparekh et al. 2019).
    """
    if len(sets) == 1:
        order = _shuffled(len(sets[0].x), shuffle)
        return [Batch(0, chosen) for chosen in _split(order, sets[0], recipe, most)]
    sizes = [min(recipe.batch(len(data.x)), most) for data in sets]
    n_batches = [len(data.x) / size for data, size in zip(sets, sizes, strict=True)]
    each = math.ceil(sum(n_batches) / len(sets))
    batches = []
    for i, (data, size) in enumerate(zip(sets, sizes, strict=True)):
        wanted = each * size
        n_rounds = math.ceil(wanted / len(data.x))
        order = torch.cat([_shuffled(len(data.x), shuffle) for _ in range(n_rounds)])
        batches += [Batch(i, chosen) for chosen in torch.split(order[:wanted], size)]
    return [batches[i] for i in _shuffled(len(batches), shuffle)]


def _shuffled(n: int, shuffle: torch.Generator) -> Tensor:
    return torch.randperm(n, generator=shuffle)


def _split(order: Tensor, data: TrainingData, recipe: Recipe, most: int) -> list[Tensor]:
    """Cut ``order`` into batches.

    A series of one point never goes alone, because batch norm needs two points.
    """
    size = min(recipe.batch(len(order)), most)
    if recipe.least_steps > 1:
        n_batches = min(-(-len(order) // size), max(1, len(order) // 2))
        return list(torch.tensor_split(order, n_batches))
    if data.shortest == 1:
        size = max(size, 2)
    batches = list(torch.split(order, size))
    if data.shortest == 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
