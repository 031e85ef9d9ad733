"""Integrated gradients (Sundararajan, Taly & Yan 2017), by captum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tszoo.errors import MissingExtraError

if TYPE_CHECKING:
    from tszoo.explanation.task import Task
    from tszoo.models.model import Batch, Model

# Points on the way from a flat series to the series; the paper's section 5 finds 20 to 300 enough.
STEPS = 50


def integrated_gradients(task: Task) -> NDArray[np.float32]:
    """Integrate a class's mean logit's gradients from a flat series to the series.

    Their sum over all points is by how much the series' logit is above a flat series', as nearly as
    50 steps give it.

    Parameters
    ----------
    task : Task

    Returns
    -------
    ndarray of float32, shape (n_series, n_channels, length)

    Raises
    ------
    MissingExtraError
        If captum is not installed.
    """
    method = _captum()(_mean_logits(task.model))

    def gradients(batch: Batch, classes: Tensor) -> Tensor:
        integrated: Tensor = method.attribute(
            batch.x,
            target=classes,
            additional_forward_args=(batch.lengths, batch.levels),
            n_steps=STEPS,
            internal_batch_size=len(batch.rows),
        )
        return integrated

    return task.by_batch(gradients)


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
