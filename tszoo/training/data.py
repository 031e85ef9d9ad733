"""What a run trains on: series as tensors, and the batches that an epoch draws from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.recipe import Recipe

# Values of one of a network's widest maps for one batch: 100 MB of float32, of which a handful are
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
    """

    x: Tensor
    y: Tensor
    lengths: Tensor | None = None
    first_output: int = 0
    n_outputs: int = 0

    def to(self, device: torch.device) -> TrainingData:
        """Move the tensors."""
        lengths = None if self.lengths is None else self.lengths.to(device)
        return self._replace(x=self.x.to(device), y=self.y.to(device), lengths=lengths)

    def parts(self, cost: int, most: int) -> Iterator[TrainingData]:
        """Cut the series, in order, into as few parts as cost ``most`` on average.

        Their sizes differ by one at most.

        Parameters
        ----------
        cost : int
            Of one series; those that cost more than ``most`` go one by one.
        most : int
        """
        n_series = len(self.x)
        for chosen in torch.arange(n_series).tensor_split(
            min(n_series, -(-n_series * cost // most))
        ):
            own = slice(int(chosen[0]), int(chosen[-1]) + 1)
            yield self._replace(
                x=self.x[own],
                y=self.y[own],
                lengths=None if self.lengths is None else self.lengths[own],
            )

    def batches(self, network: Network) -> Iterator[TrainingData]:
        """Cut the series, in order, into batches that take a bounded memory on their way through a network.

        As many series as ``VALUES_A_BATCH`` allow, counted in the network's widest map; with
        channels apart, each of a series' channels has maps of its own.
        """
        return self.parts(network.widest * self.x.shape[2], VALUES_A_BATCH)

    @property
    def shortest(self) -> int:
        """Points of the shortest series."""
        return self.x.shape[2] if self.lengths is None else int(self.lengths.min())


class Batch(NamedTuple):
    """Which series of which data set make one step."""

    data: int
    chosen: Tensor


def draw_epoch(
    sets: Sequence[TrainingData], recipe: Recipe, shuffle: torch.Generator, most: int
) -> list[Batch]:
    """Draw an epoch's batches, of at most ``most`` series.

    Of one data set, every series comes once. Of several, each gives the same number of batches,
    about as many as an average one of them has, in random order (Kashiparekh et al. 2019 draw every
    batch from one data set): a small set is gone through more often than a large one.
    """
    if len(sets) == 1:
        return [
            Batch(0, chosen)
            for chosen in _split(_shuffled(len(sets[0].x), shuffle), sets[0], recipe, most)
        ]
    sizes = [min(recipe.batch(len(one.x)), most) for one in sets]
    each = math.ceil(
        sum(len(one.x) / size for one, size in zip(sets, sizes, strict=True)) / len(sets)
    )
    batches = []
    for i, (one, size) in enumerate(zip(sets, sizes, strict=True)):
        wanted = each * size
        rounds = [_shuffled(len(one.x), shuffle) for _ in range(math.ceil(wanted / len(one.x)))]
        batches += [Batch(i, chosen) for chosen in torch.split(torch.cat(rounds)[:wanted], size)]
    return [batches[i] for i in _shuffled(len(batches), shuffle)]


def _shuffled(n: int, shuffle: torch.Generator) -> Tensor:
    return torch.randperm(n, generator=shuffle)


def _split(order: Tensor, data: TrainingData, recipe: Recipe, most: int) -> list[Tensor]:
    """Cut ``order`` into batches.

    A series of one point never goes alone, for batch norm needs two points.
    """
    batch = min(recipe.batch(len(order)), most)
    if recipe.least_steps > 1:
        return list(
            torch.tensor_split(order, min(-(-len(order) // batch), max(1, len(order) // 2)))
        )
    batches = list(torch.split(order, batch if data.shortest > 1 else max(batch, 2)))
    if data.shortest == 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
