"""Compute the losses that networks are trained towards."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def losses(kind: str, logits: Tensor, y: Tensor) -> Tensor:
    """Compute the loss of every series.

    Parameters
    ----------
    kind : str
        ``"cross_entropy"``, in nats; or ``"squared_error"``: against one-hot labels, a mean over
        the outputs.
    logits : Tensor, shape (..., n_outputs), float32
    y : Tensor, shape (...), int64

    Returns
    -------
    Tensor, shape (...), float32
    """
    if kind == "squared_error":
        # not F.one_hot, which reads a value of y on the CPU
        wanted = torch.zeros_like(logits).scatter_(-1, y.unsqueeze(-1), 1.0)
        return F.mse_loss(logits, wanted, reduction="none").mean(dim=-1)
    return F.cross_entropy(logits.flatten(0, -2), y.flatten(), reduction="none").view_as(y)
