"""Make up tasks whose classes are modulated waves, as of calls, motors and radio signals."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import PHASE, LogUniform, Uniform, normal
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.smooth_noise import smooth_noise

FEWEST_CYCLES = 4.0
"""How often the slowest carriers repeat in a series."""

MOST_CYCLES = 6.0
"""How often the fastest carriers of a short series may repeat, whatever its length."""

FASTEST_CYCLE = 6.0
"""How many points the fastest carriers of a long series take to repeat."""

DETUNING = LogUniform(0.01, 0.6)
"""How far the carriers of classes lie apart: standard deviation of the logarithms."""

BEATS = Uniform(0.5, 8.0)
"""How often a series swells and fades."""

BEAT_CONTRAST = Uniform(0.0, 0.6)
"""How far the beats of classes lie apart: standard deviation of the logarithms."""

DEPTH = Uniform(0.0, 1.0)
"""How deep a class fades: 0 not at all, 1 to silence."""

CHIRP = Uniform(-1.0, 1.0)
"""By which share the frequency rises, or falls, along a series at most."""

CHIRP_SHARE = Uniform(0.0, 1.0)
"""How much of that a class does."""

NOISE = LogUniform(0.02, 1.0)
"""Standard deviation of the noise."""

NOISE_SCALE = LogUniform(0.002, 0.1)
"""How smooth the noise is: its scale, in parts of the series."""


def bursts(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose classes are waves that swell and fade, and rise or fall in frequency.

    Classes differ in the frequency of the carrier and how it changes, in how often the wave swells
    and in how deep it fades. When it does so is arbitrary.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    scale = NOISE_SCALE.draw(shape.per_task, generator)
    noise = smooth_noise(shape.per_point, scale, generator)
    noise = NOISE.draw(shape.per_task, generator) * noise
    return _envelope(shape, generator) * _carrier(shape, generator) + noise


def _carrier(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw waves whose frequency rises or falls in a straight line."""
    times = shape.times(generator.device)
    range_of_cycles = LogUniform(FEWEST_CYCLES, max(MOST_CYCLES, shape.length / FASTEST_CYCLE))
    cycles = range_of_cycles.draw(shape.per_task, generator)
    detuning = DETUNING.draw(shape.per_task, generator)
    cycles = cycles * torch.exp(detuning * normal(shape.per_class, generator))
    chirp = CHIRP.draw(shape.per_task, generator) * CHIRP_SHARE.draw(shape.per_class, generator)
    passed = times + chirp * times.square() / 2  # the frequency's integral
    return torch.sin(math.tau * cycles * passed + PHASE.draw(shape.per_series, generator))


def _envelope(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw how loud each series is at each point."""
    beats = BEATS.draw(shape.per_task, generator)
    contrast = BEAT_CONTRAST.draw(shape.per_task, generator)
    beats = beats * torch.exp(contrast * normal(shape.per_class, generator))
    depth = DEPTH.draw(shape.per_class, generator)
    angle = math.tau * beats * shape.times(generator.device)
    return 1 + depth * torch.sin(angle + PHASE.draw(shape.per_series, generator))
