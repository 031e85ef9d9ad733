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
        ``"cross_entropy"``, in nats; ``"squared_error"``: against one-hot labels, a sum over the
        outputs; or ``"mean_squared_error"``, a mean over them.
    logits : Tensor, shape (..., n_outputs), float32
    y : Tensor, shape (...), int64

    Returns
    -------
    Tensor, shape (...), float32
    """
    if kind != "cross_entropy":
        # not F.one_hot, which reads a value of y on the CPU
        wanted = torch.zeros_like(logits).scatter_(-1, y.unsqueeze(-1), 1.0)
        errors = F.mse_loss(logits, wanted, reduction="none")
        return errors.sum(dim=-1) if kind == "squared_error" else errors.mean(dim=-1)
    return F.cross_entropy(logits.flatten(0, -2), y.flatten(), reduction="none").view_as(y)
