"""What is to be explained, and how it goes through the networks batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from tszoo.data.dataset import Dataset
    from tszoo.models.model import Batch, Model, Progress


class Task(NamedTuple):
    """The series of which a class each is explained.

    Attributes
    ----------
    model : Model
    dataset : Dataset
        What ``model.usable`` gives.
    explained : ndarray of int64, shape (n_series,)
        Class indices.
    device : str
    progress : callable or None
        Called with (series done, series in all).
    """

    model: Model
    dataset: Dataset
    explained: NDArray[np.int64]
    device: str
    progress: Progress | None

    def by_batch(self, relevance_of: Callable[[Batch, Tensor], Tensor]) -> NDArray[np.float32]:
        """Compute the relevance of all points, float32 of shape (n_series, n_channels, length).

        ``relevance_of`` takes a batch and its classes, ``(batch,)``, and gives the relevance of the
        batch's points, ``(batch, n_channels, length)``.
        """
        relevance = np.empty(self.dataset.series.shape, dtype=np.float32)
        for batch in self.model.batches(self.dataset, device=self.device):
            classes = torch.from_numpy(self.explained[batch.rows]).to(batch.x.device)
            relevance[batch.rows] = relevance_of(batch, classes).detach().cpu().numpy()
            if self.progress is not None:
                self.progress(int(batch.rows[-1]) + 1, self.dataset.n_series)
        return relevance
