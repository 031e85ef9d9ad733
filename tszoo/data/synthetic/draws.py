"""Draw numbers from ranges, always from a generator that is handed in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

Size = tuple[int, ...]


@dataclass(frozen=True)
class Uniform:
    """A range of numbers, each as likely as any other.

    Attributes
    ----------
    low, high : float
        Where the range begins and ends.
    """

    low: float
    high: float

    def draw(self, size: Size, generator: Generator) -> Tensor:
        """Draw a float32 tensor of a size, on the generator's device."""
        return self.low + (self.high - self.low) * _unit(size, generator)


@dataclass(frozen=True)
class LogUniform:
    """A range of positive numbers whose logarithms are as likely as each other.

    Attributes
    ----------
    low, high : float
        Where the range begins, above 0, and ends.
    """

    low: float
    high: float

    def draw(self, size: Size, generator: Generator) -> Tensor:
        """Draw a float32 tensor of a size, on the generator's device."""
        ratio = math.log(self.high / self.low)
        return self.low * torch.exp(ratio * _unit(size, generator))


PHASE = Uniform(0.0, math.tau)
"""Any phase of a wave, in radians."""


def normal(size: Size, generator: Generator) -> Tensor:
    """Draw standard normal numbers, float32, on the generator's device."""
    return torch.randn(size, generator=generator, dtype=torch.float32, device=generator.device)


def happens(probability: float, size: Size, generator: Generator) -> Tensor:
    """Draw booleans that are true with a probability, on the generator's device."""
    return _unit(size, generator) < probability


def _unit(size: Size, generator: Generator) -> Tensor:
    """Draw numbers from 0 to below 1."""
    return torch.rand(size, generator=generator, dtype=torch.float32, device=generator.device)
