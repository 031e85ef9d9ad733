"""What a frozen body says of a series.

Numbers pooled from the maps of all its stages, for a linear head to read.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# share of positive values, mean of the positive values, maximum, mean
POOLINGS = 4


def own_points(lengths: Tensor, time: int) -> Tensor:
    """Where series are and not padding, ``(batch, 1, time)``."""
    return (torch.arange(time, device=lengths.device) < lengths[:, None])[:, None, :]


def pool(maps: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Pool maps over time.

    Share of positive values, mean of those (0 if there is none), maximum, mean.

    The first two are what random convolutions are pooled by in ROCKET and MultiROCKET (Dempster et
    al. 2020; Tan et al. 2022), the other two what networks are pooled by.

    Parameters
    ----------
    maps : Tensor, shape (batch, width, 1, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points that are each series' own; None if all are.

    Returns
    -------
    Tensor, shape (batch, POOLINGS * width), at least float32
        The first pooling of all maps comes first.
    """
    maps = maps.squeeze(2).to(torch.promote_types(maps.dtype, torch.float32))
    n_points = maps.shape[2] if lengths is None else lengths[:, None]
    seen = (
        maps
        if lengths is None
        else maps.masked_fill(~own_points(lengths, maps.shape[2]), -torch.inf)
    )
    positive = maps.clamp_min(0)
    n_positive = positive.sign().sum(dim=2)
    pooled = (
        n_positive / n_points,
        positive.sum(dim=2) / n_positive.clamp_min(1),
        seen.amax(dim=2),
        maps.sum(dim=2) / n_points,
    )
    return torch.cat(pooled, dim=1)


def first_difference(
    x: Tensor, lengths: Tensor | None = None, *, keep_length: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Take the first difference of every channel and z-normalise it.

    A difference that is constant, up to the rounding of float32 series, becomes zeros; that of a
    series of one point is one zero.

    Parameters
    ----------
    x : Tensor, shape (batch, n_channels, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points that are each series' own; None if all are.
    keep_length : bool
        Whether to put a zero, the mean, behind every difference, so that it is as long as its
        series.

    Returns
    -------
    differences : Tensor, shape (batch, n_channels, max(time - 1, 1)), or time if ``keep_length``, of x's dtype
    lengths : Tensor, shape (batch,), or None
    """
    wide = x.double()
    steps = wide.diff(dim=2) if x.shape[2] > 1 else torch.zeros_like(wide)
    shorter = None if lengths is None else (lengths - 1).clamp_min(1)
    own = None if lengths is None else own_points(lengths - 1, steps.shape[2])
    count = steps.shape[2] if shorter is None else shorter[:, None, None]
    steps = steps if own is None else steps * own
    centred = steps - steps.sum(dim=2, keepdim=True) / count
    centred = centred if own is None else centred * own
    spread = (centred.square().sum(dim=2, keepdim=True) / count).sqrt()
    rounding = 4 * torch.finfo(torch.float32).eps * wide.abs().amax(dim=2, keepdim=True)
    scaled = (centred / spread.masked_fill(spread <= rounding, torch.inf)).to(x.dtype)
    if keep_length and x.shape[2] > 1:
        return F.pad(scaled, (0, 1)), lengths
    return scaled, shorter
