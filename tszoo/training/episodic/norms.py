"""Move the batch-norm statistics of bodies otherwise than training does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn


@contextmanager
def norms_of(bodies: Sequence[nn.Module]) -> Iterator[list[nn.BatchNorm2d]]:
    """Give the batch norms of bodies, whose momenta may be changed until the block ends."""
    modules = [module for body in bodies for module in body.modules()]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    try:
        yield norms
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def set_momentum(norms: Sequence[nn.BatchNorm2d], momentum: float) -> None:
    """Say how far the next batch moves the statistics: 0 not at all, 1 all the way."""
    for norm in norms:
        norm.momentum = momentum
