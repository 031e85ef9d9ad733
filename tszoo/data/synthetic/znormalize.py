"""Bring series to mean 0 and standard deviation 1."""

from __future__ import annotations

import torch
from torch import Tensor

FLAT = 1e-6
"""A series that deviates by less than this share of its largest value is constant.

32-bit numbers tell no smaller deviation from rounding.
"""

_SMALLEST = torch.finfo(torch.float32).tiny


def znormalize(series: Tensor) -> Tensor:
    """Bring each series to mean 0 and standard deviation 1; constant ones become zeros.

    Parameters
    ----------
    series : Tensor of float32, shape (..., length)
        Finite.

    Returns
    -------
    Tensor of float32, shape (..., length)
        Finite, however large or small the values were.
    """
    # first to at most 1, so that no square is too large or too small for 32 bits
    largest = series.abs().amax(-1, keepdim=True)
    scaled = series / largest.clamp(min=_SMALLEST)
    centred = scaled - scaled.mean(-1, keepdim=True)
    deviation = centred.square().mean(-1, keepdim=True).sqrt()
    normalized = centred / deviation.clamp(min=FLAT)
    return torch.where(deviation > FLAT, normalized, torch.zeros_like(normalized))
