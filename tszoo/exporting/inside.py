"""What the command line does to series before a network sees them, as PyTorch's operations.

``tszoo.data.preprocess`` and ``tszoo.data.levels`` do the same with NumPy, and are what these are
compared with. All of it is in double precision: a series may differ by little around a large value.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Below this share of its mean, a series' deviation is rounding; see tszoo.data.preprocess.
_ROUNDING = 1e-7


def moments(x: Tensor, is_point: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Compute what is left of series without their mean, the mean, and the standard deviation.

    Parameters
    ----------
    x : Tensor of float64, shape (batch, n_channels, time)
        Finite.
    is_point : Tensor of bool, shape (batch, 1, time)
        False in the padding.

    Returns
    -------
    centred : Tensor, shape (batch, n_channels, time)
        Zero in the padding.
    mean, deviation : Tensor, shape (batch, n_channels, 1)
    """
    count = is_point.double().sum(dim=2, keepdim=True)
    mean = (x * is_point).sum(dim=2, keepdim=True) / count
    centred = (x - mean) * is_point
    deviation = (centred.square().sum(dim=2, keepdim=True) / count).sqrt()
    return centred, mean, deviation


def normalized(x: Tensor, is_point: Tensor) -> Tensor:
    """Bring every channel of every series to mean 0 and deviation 1; a constant one becomes zeros.

    See ``moments`` for the arguments; the padding comes out as zero.
    """
    centred, mean, deviation = moments(x, is_point)
    least = _ROUNDING * mean.abs().clamp_min(torch.finfo(torch.float32).tiny)
    return centred / deviation.masked_fill(deviation <= least, torch.inf)


def level_numbers(x: Tensor, is_point: Tensor) -> Tensor:
    """Measure mean, deviation, least and greatest value and slope of every channel.

    Parameters
    ----------
    x, is_point : Tensor
        As for ``moments``.

    Returns
    -------
    Tensor of float32, shape (batch, n_channels * 5)
        As ``tszoo.data.levels.level_numbers`` gives them.
    """
    centred, mean, deviation = moments(x, is_point)
    least = mean + centred.masked_fill(~is_point, torch.inf).amin(dim=2, keepdim=True)
    greatest = mean + centred.masked_fill(~is_point, -torch.inf).amax(dim=2, keepdim=True)
    times = torch.arange(x.shape[2], dtype=torch.float64, device=x.device).expand(is_point.shape)
    from_middle, _, _ = moments(times, is_point)
    spread = from_middle.square().sum(dim=2, keepdim=True).clamp_min(0.25)
    slope = (from_middle * centred).sum(dim=2, keepdim=True) / spread
    numbers = torch.cat((mean, deviation, least, greatest, slope), dim=2)
    return numbers.flatten(1).float()
