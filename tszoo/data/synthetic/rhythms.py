"""Make up tasks whose classes are rhythms: sums of waves, as of engines, gaits and hearts."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import PHASE, LogUniform, Uniform, normal
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.znormalize import znormalize

WAVES = 5
"""How many waves a series is the sum of."""

FEWEST_CYCLES = 1.0
"""How often the slowest waves repeat in a series."""

MOST_CYCLES = 4.0
"""How often the fastest waves of a short series may repeat, whatever its length."""

FASTEST_CYCLE = 8.0
"""How many points the fastest waves of a long series take to repeat."""

DETUNING = LogUniform(0.01, 0.5)
"""How far the frequencies of classes lie apart: standard deviation of their logarithms."""

LOUDNESS = Uniform(0.1, 1.5)
"""How far the weights of the waves lie apart: standard deviation of their logarithms."""

PHASE_SCATTER = LogUniform(0.05, 20.0)
"""How far the phases of a class's series lie apart, in radians; above 3 they are arbitrary."""

NOISE = LogUniform(0.02, 1.0)
"""Standard deviation of the white noise, where that of the waves is 1."""


def rhythms(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose classes differ in the frequencies and weights of five sinusoids.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    slowest_to_fastest = base_cycles(shape.length)
    detuning = DETUNING.draw(shape.per_task, generator)
    loudness = LOUDNESS.draw(shape.per_task, generator)
    scatter = PHASE_SCATTER.draw(shape.per_task, generator)
    angle = math.tau * shape.times(generator.device)
    waves = torch.zeros(shape.per_point, dtype=torch.float32, device=generator.device)
    for _ in range(WAVES):
        base = slowest_to_fastest.draw(shape.per_task, generator)
        cycles = base * torch.exp(detuning * normal(shape.per_class, generator))
        weight = torch.exp(loudness * normal(shape.per_class, generator))
        phase = PHASE.draw(shape.per_class, generator)
        phase = phase + scatter * normal(shape.per_series, generator)
        waves += weight * torch.sin(cycles * angle + phase)
    noise = NOISE.draw(shape.per_task, generator) * normal(shape.per_point, generator)
    return znormalize(waves) + noise


def base_cycles(length: int) -> LogUniform:
    """Return how often the waves of a task repeat in a series, before classes are detuned."""
    return LogUniform(FEWEST_CYCLES, max(MOST_CYCLES, length / FASTEST_CYCLE))
