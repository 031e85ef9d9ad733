"""Read less of large series: fewer channels, means of points, fewer features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tszoo.nets.stages import point_mask, rounding_of, z_normalize


def evenly(n: int, most: int) -> list[int]:
    """Choose ``most`` of n positions, evenly spaced; all of them for 0.

    >>> evenly(10, 4)
    [0, 2, 5, 7]
    """
    if most == 0:
        return list(range(n))
    return [k * n // most for k in range(most)]


def averaged(x: Tensor, lengths: Tensor | None, size: int) -> tuple[Tensor, Tensor | None]:
    """Average blocks of points, and z-normalise the means.

    The last block of a series may be smaller. Means that are all equal become zeros.

    Parameters
    ----------
    x : Tensor, shape (batch, n_channels, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points of each series; None if nothing is padded.
    size : int
        Points of a block.

    Returns
    -------
    means : Tensor, shape (batch, n_channels, ceil(time / size)), of x's dtype
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Blocks of each series.
    """
    there = torch.ones_like(x[:1, :1])
    n_blocks: Tensor | None = None
    if lengths is not None:
        there = point_mask(lengths, x.shape[2]).to(x.dtype)
        n_blocks = (lengths + size - 1) // size
    # points behind the end let the last block be whole, whatever the length of time
    share = F.avg_pool1d(F.pad(there.double(), (0, size - 1)), size)
    means = F.avg_pool1d(F.pad(x.double(), (0, size - 1)), size) / share.clamp_min(0.5 / size)
    seen = (share > 0).to(means.dtype)
    n_seen = seen.sum(dim=2, keepdim=True)
    return z_normalize(means, n_seen, seen, rounding_of(x.double())).to(x.dtype), n_blocks
