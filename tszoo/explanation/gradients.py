"""Integrated gradients (Sundararajan, Taly & Yan 2017), by captum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tszoo.errors import MissingExtraError

if TYPE_CHECKING:
    from tszoo.data.dataset import Dataset
    from tszoo.models.model import Model, Progress

# Points on the way from a flat series to the series; the paper's section 5 finds 20 to 300 enough.
STEPS = 50


def integrated_gradients(
    model: Model,
    dataset: Dataset,
    explained: NDArray[np.int64],
    device: str,
    progress: Progress | None,
) -> NDArray[np.float32]:
    """Integrate a class's mean logit's gradients from a flat series to the series.

    Their sum over all points is by how much the series' logit is above a flat series', as nearly as
    50 steps give it.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        What ``model.usable`` gives.
    explained : ndarray of int64, shape (n_series,)
        Class indices.
    device : str
    progress : callable or None
        Called with (series done, series in all).

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length)

    Raises
    ------
    MissingExtraError
        If captum is not installed.
    """
    method = _captum()
    relevance = np.empty(dataset.series.shape, dtype=np.float32)
    for batch in model.batches(dataset, device=device):
        classes = torch.from_numpy(explained[batch.rows]).to(batch.x.device)
        gradients = method(_mean_logits(model)).attribute(
            batch.x,
            target=classes,
            additional_forward_args=(batch.lengths, batch.levels),
            n_steps=STEPS,
            internal_batch_size=len(batch.rows),
        )
        relevance[batch.rows] = gradients.detach().cpu().numpy()
        if progress is not None:
            progress(int(batch.rows[-1]) + 1, dataset.n_series)
    return relevance


def _captum() -> Any:
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        msg = 'method="gradients" needs captum: pip install "tszoo[explain]"'
        raise MissingExtraError(msg) from error
    return IntegratedGradients


def _mean_logits(model: Model) -> Any:
    def logits(x: Tensor, lengths: Tensor | None, levels: Tensor | None) -> Tensor:
        return torch.stack([network(x, lengths, levels) for network in model.networks]).mean(dim=0)

    return logits
