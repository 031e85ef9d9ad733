"""Bend the time of series smoothly."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import Size
from tszoo.data.synthetic.read_at import read_at
from tszoo.data.synthetic.smooth_noise import smooth_noise

PACE_SCALE = 0.25
"""Over which part of the length a series runs about equally fast."""


def warp_time(series: Tensor, amount: Tensor, generator: Generator) -> Tensor:
    """Let each series run faster here and slower there; its first and last point stay.

    Parameters
    ----------
    series : Tensor of float32, shape (..., length)
    amount : Tensor of float32
        Standard deviation of the logarithm of the pace, a few tenths; it broadcasts to (..., 1).
    generator : Generator
        Draws another pace for each series.

    Returns
    -------
    Tensor of float32, shape (..., length)
    """
    return read_at(series, warped_places(tuple(series.shape), amount, generator))


def warped_places(size: Size, amount: Tensor, generator: Generator) -> Tensor:
    """Draw where bent series are read: places in points that rise from 0 to the last.

    Parameters are those of ``warp_time``, but for ``size``, which is (..., length).
    """
    scale = torch.full((1,), PACE_SCALE, dtype=torch.float32, device=generator.device)
    pace = torch.exp(amount * smooth_noise(size, scale, generator))
    passed = pace.cumsum(-1)
    first, last = passed[..., :1], passed[..., -1:]
    return (passed - first) / (last - first) * (size[-1] - 1)
