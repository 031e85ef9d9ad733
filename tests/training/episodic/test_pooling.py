"""Pooled maps and their gradients are those of plain formulas in double precision."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tszoo.training.episodic.pooling import SOFTNESS, _Pool, pool_smoothly


def plainly(maps: Tensor) -> Tensor:
    rows = maps.squeeze(2)
    share = (rows / (rows + SOFTNESS)).mean(dim=2)
    return torch.cat([rows.mean(dim=2), rows.amax(dim=2), share], dim=1)


def some_maps(dtype: torch.dtype, channels_last: bool) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(5, 7, 1, 33, generator=generator).clamp_min(0).to(dtype)
    if channels_last:
        maps = maps.contiguous(memory_format=torch.channels_last)
    return maps


@pytest.mark.parametrize(
    ("dtype", "off"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2)], ids=["float32", "bfloat16"]
)
@pytest.mark.parametrize("channels_last", [True, False])
def test_against_plain_formulas(dtype: torch.dtype, off: float, channels_last: bool) -> None:
    maps = some_maps(dtype, channels_last).requires_grad_()
    wide = maps.detach().double().requires_grad_()
    pooled, wanted = pool_smoothly(maps), plainly(wide)
    assert pooled.dtype == torch.float32
    torch.testing.assert_close(pooled.double(), wanted, rtol=off, atol=off)
    weight = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(1))
    (pooled * weight).sum().backward()
    (wanted * weight).sum().backward()
    assert maps.grad is not None
    assert wide.grad is not None
    # in bfloat16 several points may tie for the maximum, and one of them gets its gradient
    positive = maps.detach() > 0
    if dtype == torch.float32:
        torch.testing.assert_close(
            maps.grad.double()[positive], wide.grad[positive], rtol=1e-5, atol=1e-6
        )
    totals = maps.grad.double().sum(dim=3), wide.grad.sum(dim=3)
    torch.testing.assert_close(*totals, rtol=10 * off, atol=10 * off)


def test_maps_of_zeros() -> None:
    maps = torch.zeros(2, 3, 1, 8, requires_grad=True)
    pooled = pool_smoothly(maps)
    pooled.sum().backward()
    assert torch.allclose(pooled, torch.zeros(2, 9), atol=1e-6)
    assert maps.grad is not None
    assert torch.isfinite(maps.grad).all()


def test_the_kernels_and_the_operations_agree() -> None:
    """A GPU takes the operations."""
    maps = some_maps(torch.float32, channels_last=True)
    rows = maps.squeeze(2).transpose(1, 2).contiguous()
    by_kernels, by_operations = maps.clone().requires_grad_(), rows.clone().requires_grad_()
    pooled, wanted = pool_smoothly(by_kernels), _Pool.apply(by_operations)
    torch.testing.assert_close(pooled, wanted)
    weight = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(1))
    (pooled * weight).sum().backward()
    (wanted * weight).sum().backward()
    assert by_kernels.grad is not None
    assert by_operations.grad is not None
    positive = rows > 0  # a map of zeros has no maximum to speak of
    torch.testing.assert_close(
        by_kernels.grad.squeeze(2).transpose(1, 2)[positive], by_operations.grad[positive]
    )
