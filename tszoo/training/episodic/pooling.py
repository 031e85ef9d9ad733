"""Pool maps over time in three smooth ways, in one pass over memory, and one back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tszoo.nets.fusion import pieces_of, rows_of, run_kernel

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
    if maps.device.type == "cpu" and maps.dtype in (torch.float32, torch.bfloat16):
        pooled: Tensor = _PoolOnCpu.apply(maps)  # type: ignore[no-untyped-call]
        return pooled
    rows = maps.squeeze(2).transpose(1, 2).contiguous()
    pooled = _Pool.apply(rows)  # type: ignore[no-untyped-call]
    return pooled


class _PoolOnCpu(torch.autograd.Function):
    """(batch, width, 1, time) to (batch, POOLINGS * width), by kernels."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        n_series, width = maps.shape[:2]
        pooled = torch.empty(POOLINGS, n_series, width)
        mean, highest, share = pooled.numpy()
        place = torch.empty(n_series, width, dtype=torch.int32)
        pieces = pieces_of(n_series, maps.numel())
        softness = np.float32(SOFTNESS)
        to = mean, highest, place.numpy(), share
        run_kernel("pool_smoothly", pieces, rows_of(maps), softness, *to)
        ctx.save_for_backward(maps, place)
        return torch.cat(list(pooled), dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        maps, place = ctx.saved_tensors
        of_mean, of_highest, of_share = (
            part.contiguous().numpy() for part in gradient.chunk(POOLINGS, dim=1)
        )
        out = torch.empty_like(maps, memory_format=torch.channels_last)
        pieces = pieces_of(len(maps), maps.numel())
        softness = np.float32(SOFTNESS)
        of = of_mean, of_highest, place.numpy(), of_share
        run_kernel("pool_smoothly_gradient", pieces, rows_of(maps), softness, *of, rows_of(out))
        return out


class _Pool(torch.autograd.Function):
    """(batch, time, width) to (batch, POOLINGS * width), by PyTorch's operations."""

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
        out: Tensor = (rows + SOFTNESS).reciprocal_()
        out.square_().mul_(slope).add_(level)
        out.scatter_add_(1, place[:, None], of_highest[:, None].to(rows.dtype))
        return out
