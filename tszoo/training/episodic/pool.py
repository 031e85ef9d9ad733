"""Hold the training series of many data sets on the device, and draw episodes of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tszoo.data import Dataset, choose_preprocessing, prepare
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.training.episodic.shape import Shape

log = logging.getLogger(__name__)

# How far a series' window may lie from that of its episode, as a share of the series' length.
JITTER = 0.02


@dataclass(frozen=True, eq=False)
class Pool:
    """All series of some data sets in one flat tensor.

    A series' channels lie one behind the other, a class's series too, and so do a data set's
    classes. An episode shows one channel: a body sees one.

    Attributes
    ----------
    names : tuple of str
        The data sets.
    values : Tensor, shape (points,), float32
    first_point, length : Tensor, shape (series,), int64
        Where a series begins in ``values``, and how many points each of its channels has.
    first_series, n_series : Tensor, shape (classes,), int64
    first_class, n_classes, n_channels : Tensor, shape (data sets,), int64
    most_classes : int
        Classes of the data set that has the most; 0 without data sets.
    """

    names: tuple[str, ...]
    values: Tensor
    first_point: Tensor
    length: Tensor
    first_series: Tensor
    n_series: Tensor
    first_class: Tensor
    n_classes: Tensor
    n_channels: Tensor
    most_classes: int

    @classmethod
    def of(cls, sets: Sequence[Dataset], device: torch.device) -> Pool:
        """Pool the series of data sets, z-normalised, their missing values interpolated.

        Classes of one series are left out, and so are data sets that then have fewer than two
        classes: a warning in the log names them.

        Raises
        ------
        DataError
            If a data set has no labels, or one class only.
        """
        values, lengths, sizes = [np.zeros(0, np.float32)], [], []
        names, set_sizes, set_channels = [], [], []
        for dataset in sets:
            classes = _classes_of(dataset)
            if not classes:
                continue
            names.append(dataset.name)
            set_sizes.append(len(classes))
            set_channels.append(dataset.n_channels)
            prepared = prepare(dataset, choose_preprocessing(dataset))
            for members in classes:
                sizes.append(len(members))
                lengths += dataset.lengths[members].tolist()
                values += [prepared[i, :, : dataset.lengths[i]].ravel() for i in members]

        def counts(numbers: Sequence[int]) -> Tensor:
            return torch.tensor(numbers, dtype=torch.int64, device=device)

        return cls(
            names=tuple(names),
            values=torch.from_numpy(np.concatenate(values)).to(device),
            first_point=_begins(counts([len(series) for series in values[1:]])),
            length=counts(lengths),
            first_series=_begins(counts(sizes)),
            n_series=counts(sizes),
            first_class=_begins(counts(set_sizes)),
            n_classes=counts(set_sizes),
            n_channels=counts(set_channels),
            most_classes=max(set_sizes, default=0),
        )

    def draw(self, shape: Shape, recipe: EpisodicRecipe, generator: torch.Generator) -> Tensor:
        """Draw real episodes; each shows classes of one data set, which is drawn evenly.

        The series of a class are split in two halves anew. Support is drawn from one of them, query
        from the other, with replacement.

        Returns
        -------
        Tensor, shape (n_real, n_classes, per_class, length), float32
        """
        device = self.values.device
        n, per_class = shape.n_real, shape.per_class
        large = (self.n_classes >= shape.n_classes).nonzero()[:, 0]
        chosen = large[torch.randint(len(large), (n,), generator=generator, device=device)]
        series = self._draw_series(chosen, shape.n_classes, per_class, generator)
        channel = _below(_uniform((n, 1, 1), generator), self.n_channels[chosen][:, None, None])
        start, end = _windows(series.shape, recipe, generator)
        return self._show(series, channel, start, end, shape.length)

    def _draw_series(
        self, sets: Tensor, n_classes: int, per_class: int, generator: torch.Generator
    ) -> Tensor:
        """Draw series of every episode's data set, shape (n_episodes, n_classes, per_class)."""
        of_each = self.n_classes[sets]
        keys = _uniform((len(sets), self.most_classes), generator)
        missing = torch.arange(self.most_classes, device=keys.device) >= of_each[:, None]
        classes = keys.masked_fill(missing, -1.0).topk(n_classes, dim=1).indices
        classes = (classes + self.first_class[sets][:, None])[:, :, None]
        size = self.n_series[classes]
        half = size // 2
        turn = _below(_uniform(tuple(size.shape), generator), size)
        u = _uniform((len(sets), n_classes, per_class), generator)
        k = per_class // 2
        support = _below(u[..., :k], half)
        query = half + _below(u[..., k:], size - half)
        return self.first_series[classes] + (turn + torch.cat([support, query], dim=2)) % size

    def _show(
        self, series: Tensor, channel: Tensor, start: Tensor, end: Tensor, length: int
    ) -> Tensor:
        """Interpolate windows of series, in shares of their length, to ``length`` points."""
        n_points = self.length[series]
        last = (n_points - 1).unsqueeze(-1)
        along = torch.linspace(0, 1, length, device=start.device)
        position = last * (start.unsqueeze(-1) + (end - start).unsqueeze(-1) * along)
        left = position.long().minimum(last)
        right = (left + 1).minimum(last)
        base = (self.first_point[series] + channel * n_points).unsqueeze(-1)
        return torch.lerp(self.values[base + left], self.values[base + right], position - left)


def _classes_of(dataset: Dataset) -> list[NDArray[np.int64]]:
    """List the series of every class that has two, in an order that says nothing.

    A data set with fewer than two such classes has none to list, and a warning says so.
    """
    labels = dataset.require_labels()
    order = np.random.default_rng(0).permutation(len(labels))
    by_class = [order[labels[order] == label] for label in range(dataset.n_classes)]
    classes = [members for members in by_class if len(members) > 1]
    if len(classes) < 2:
        log.warning(
            "%s: fewer than two classes have two series, so no episode shows it", dataset.name
        )
        return []
    return classes


def _begins(sizes: Tensor) -> Tensor:
    """Return where each of several things begins that lie one behind the other."""
    return sizes.cumsum(0) - sizes


def _windows(
    shape: torch.Size, recipe: EpisodicRecipe, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw the window of every series, in shares of its length; that of an episode, jittered."""
    of_episode = (shape[0], 1, 1)
    width = recipe.least_window + (1 - recipe.least_window) * _uniform(of_episode, generator)
    is_whole = _uniform(of_episode, generator) >= recipe.windowed
    width = width.masked_fill(is_whole, 1.0)
    start = _uniform(of_episode, generator) * (1 - width)
    jitter = JITTER * (2 * _uniform(tuple(shape), generator) - 1)
    start = (start + jitter).clamp(0, 1)
    return start, (start + width).clamp(max=1)


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)


def _below(u: Tensor, n: Tensor) -> Tensor:
    """Turn ``u``, even in [0, 1), into whole numbers, even in 0 to ``n - 1``."""
    # u * n may be rounded up to n
    return (u * n).long().minimum(n - 1)
