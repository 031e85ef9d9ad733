"""Read series between their points."""

from __future__ import annotations

import torch
from torch import Tensor


def read_at(series: Tensor, places: Tensor) -> Tensor:
    """Read series at places between their points, by linear interpolation.

    Parameters
    ----------
    series : Tensor of float32
        Its last axis has 2 points or more; the other axes broadcast to those of ``places``.
    places : Tensor of float32, shape (..., n_places)
        In points, from 0 to the last.

    Returns
    -------
    Tensor of float32, shape (..., n_places)
    """
    length = series.shape[-1]
    whole = series.expand(*places.shape[:-1], length)
    before = places.floor().clamp(0, length - 2)
    share = places - before
    at = before.long()
    return torch.lerp(whole.gather(-1, at), whole.gather(-1, at + 1), share)
