"""Make up tasks whose classes are colours of noise, as of sounds, vibrations and sensors."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import Size, Uniform
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.smooth_noise import filter_noise
from tszoo.data.synthetic.znormalize import znormalize

BUMPS = 3
"""How many bumps of the spectrum a task's classes share, and how many each class adds."""

SLOPE = Uniform(0.0, 2.0)
"""How fast amplitude falls with frequency, as a power: 0 is white noise, 0.5 pink, 1 brown."""

WIDTH = Uniform(0.1, 0.8)
"""Width of a bump: its standard deviation in logarithms of frequency."""

SHARED_HEIGHT = Uniform(-1.0, 3.0)
"""Height of a bump that classes share, in logarithms of amplitude; below 0 it is a dip."""

CLASS_HEIGHT = Uniform(-1.0, 1.0)
"""Height of a class's bump, in parts of the task's contrast."""

CONTRAST = Uniform(0.3, 3.0)
"""How far the spectra of a task's classes lie apart, in logarithms of amplitude.

It is drawn anew for each bump.
"""


def colours(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose classes are noise, each with a spectrum of its own.

    A spectrum is a slope with bumps, some shared by the task's classes, some of the class alone.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    frequencies = log_frequencies(shape.length, generator)
    level = -SLOPE.draw(shape.per_task, generator) * frequencies
    for _ in range(BUMPS):
        shared_height = SHARED_HEIGHT.draw(shape.per_task, generator)
        level = level + shared_height * _bump(frequencies, shape.per_task, generator)
        contrast = CONTRAST.draw(shape.per_task, generator)
        class_height = contrast * CLASS_HEIGHT.draw(shape.per_class, generator)
        level = level + class_height * _bump(frequencies, shape.per_class, generator)
    return znormalize(filter_noise(shape.per_point, torch.exp(level), generator))


def log_frequencies(length: int, generator: Generator) -> Tensor:
    """Return logarithms of the frequencies in cycles a series, shape (length // 2 + 1,).

    Frequency 0 counts as 1: z-normalising takes it away.
    """
    cycles = torch.fft.rfftfreq(length, 1 / length, dtype=torch.float32, device=generator.device)
    logarithms: Tensor = cycles.clamp(min=1.0).log()
    return logarithms


def _bump(frequencies: Tensor, size: Size, generator: Generator) -> Tensor:
    """Draw bumps of height 1 anywhere in the spectrum, one for each number of ``size``."""
    highest = math.log(max(int(frequencies.shape[-1]) - 1, 1))
    centre = Uniform(0.0, highest).draw(size, generator)
    width = WIDTH.draw(size, generator)
    return torch.exp(-0.5 * ((frequencies - centre) / width).square())
