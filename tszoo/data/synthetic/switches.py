"""Make up tasks whose classes are switching levels, as of devices that go on and off."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import LogUniform, Uniform, normal
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.smooth_noise import smooth_noise

HOLD = LogUniform(0.005, 0.2)
"""How long a level holds: the scale of the noise that switches it, in parts of the series."""

HOLD_CONTRAST = Uniform(0.0, 0.8)
"""How far the times that levels hold differ among classes: deviation of their logarithms."""

THRESHOLD = Uniform(-1.0, 1.0)
"""Above what the noise switches on: from mostly on to mostly off."""

THRESHOLD_CONTRAST = Uniform(0.0, 0.8)
"""How far the thresholds of classes lie apart: standard deviation."""

STEEPNESS = LogUniform(2.0, 50.0)
"""How steep the edges are: 2 is a slope, 50 a jump."""

SECOND_LEVEL = Uniform(0.0, 1.0)
"""How high the second level lies above the first, where the first lies 1 above off."""

SECOND_THRESHOLD = Uniform(0.3, 1.0)
"""How far above the first threshold the second level switches on; it differs among classes."""

SECOND_STEEPNESS = 30.0
"""How steep the edges of the second level are."""

NOISE = LogUniform(0.003, 0.3)
"""Standard deviation of the white noise."""


def switches(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose series switch between levels: smooth noise that passes thresholds.

    Classes differ in how long levels hold, and in the thresholds: in how much of the time a series
    spends on each level.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    above = _switching_noise(shape, generator) - _thresholds(shape, generator)
    first = torch.tanh(STEEPNESS.draw(shape.per_task, generator) * above)
    above = above - SECOND_THRESHOLD.draw(shape.per_class, generator)
    second = torch.tanh(SECOND_STEEPNESS * above)
    height = SECOND_LEVEL.draw(shape.per_task, generator)
    noise = NOISE.draw(shape.per_task, generator) * normal(shape.per_point, generator)
    return first + height * second + noise


def _switching_noise(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw the noise that switches: smooth, with a scale for each class."""
    hold = HOLD.draw(shape.per_task, generator)
    contrast = HOLD_CONTRAST.draw(shape.per_task, generator)
    scale = hold * torch.exp(contrast * normal(shape.per_class, generator))
    return smooth_noise(shape.per_point, scale, generator)


def _thresholds(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw a threshold for each class."""
    centre = THRESHOLD.draw(shape.per_task, generator)
    contrast = THRESHOLD_CONTRAST.draw(shape.per_task, generator)
    return centre + contrast * normal(shape.per_class, generator)
