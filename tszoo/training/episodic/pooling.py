"""Pool maps over time in three smooth ways, in few passes over memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# In z / (z + SOFTNESS), the smooth share of positive values.
SOFTNESS = 0.1
POOLINGS = 3


def pool_smoothly(maps: Tensor) -> Tensor:
    """Pool maps over time by their mean, their maximum, and the mean of ``z / (z + SOFTNESS)``.

    The last stands for the share of positive values (Dempster et al. 2020), which has no gradient.

    Parameters
    ----------
    maps : Tensor, shape (batch, width, 1, time)
        Not negative; fastest in channels-last layout.

    Returns
    -------
    Tensor, shape (batch, POOLINGS * width), float32
        The means of all maps come first.
    """
    rows = maps.squeeze(2).transpose(1, 2).contiguous()
    pooled: Tensor = _Pool.apply(rows)  # type: ignore[no-untyped-call]
    return pooled


class _Pool(torch.autograd.Function):
    """(batch, time, width) to (batch, POOLINGS * width)."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        highest, place = rows.max(dim=1)
        ctx.save_for_backward(rows, place)
        softened = (rows + SOFTNESS).reciprocal_()
        share = 1 - SOFTNESS * softened.mean(dim=1, dtype=torch.float32)
        mean = rows.mean(dim=1, dtype=torch.float32)
        return torch.cat([mean, highest.float(), share], dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        rows, place = ctx.saved_tensors
        n_points = rows.shape[1]
        of_mean, of_highest, of_share = gradient.chunk(POOLINGS, dim=1)
        slope = (of_share * (SOFTNESS / n_points))[:, None].to(rows.dtype)
        level = (of_mean / n_points)[:, None].to(rows.dtype)
        out = (rows + SOFTNESS).reciprocal_()
        out = out.square_().mul_(slope).add_(level)
        return out.scatter_add_(1, place[:, None], of_highest[:, None].to(rows.dtype))
