"""Make up tasks whose classes are patterns on a background, as of events in a record."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import LogUniform, Uniform, happens, normal
from tszoo.data.synthetic.read_at import read_at
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.smooth_noise import smooth_noise

WIDTH = LogUniform(0.06, 0.35)
"""How long a pattern is, in parts of the series."""

PATTERN_SCALE = Uniform(0.1, 0.6)
"""How smooth a pattern is: the scale of its noise, in parts of the pattern."""

LIKENESS = Uniform(0.0, 1.0)
"""How strong the shape is that the patterns of all classes share, beside the class's own."""

PLACE = Uniform(0.1, 0.9)
"""Where the middle of a pattern lies, in parts of the series."""

OWN_PLACE = 0.5
"""In which share of the tasks each class has a place of its own; else the classes share one."""

PLACE_SCATTER = LogUniform(0.005, 0.3)
"""How far a class's series move their pattern: standard deviation, in parts of the series."""

BACKGROUND_SCALE = LogUniform(0.002, 0.2)
"""How smooth the background is: the scale of its noise, in parts of the series."""

BACKGROUND = Uniform(0.1, 1.5)
"""How strong the background is: its standard deviation."""

STRENGTH = Uniform(1.0, 3.0)
"""How strong the pattern is: its standard deviation before its ends are faded."""


def patterns(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose classes are short patterns, on backgrounds that tell nothing.

    In half of the tasks the place of a pattern tells its class, too. Series move their pattern
    about it: a little, or so far that it lies anywhere.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    scale = BACKGROUND_SCALE.draw(shape.per_task, generator)
    background = smooth_noise(shape.per_point, scale, generator)
    background = BACKGROUND.draw(shape.per_task, generator) * background
    strength = STRENGTH.draw(shape.per_task, generator)
    return background + strength * _placed(_shapes(shape, generator), shape, generator)


def _shapes(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw a pattern for each class, stretched to a whole series; classes may look alike."""
    scale = PATTERN_SCALE.draw(shape.per_task, generator)
    shared = smooth_noise(shape.task_series, scale, generator)
    scale = PATTERN_SCALE.draw(shape.per_task, generator)
    distinct = smooth_noise(shape.class_series, scale, generator)
    return LIKENESS.draw(shape.per_task, generator) * shared + distinct


def _placed(shapes: Tensor, shape: TaskShape, generator: Generator) -> Tensor:
    """Put each series' pattern at its place, faded at both ends, with zeros elsewhere."""
    width = WIDTH.draw(shape.per_task, generator)
    distance = shape.times(generator.device) - _middles(shape, generator)
    within = (distance / width + 0.5).clamp(0.0, 1.0)  # 0 where the pattern begins, 1 at its end
    return read_at(shapes, within * (shape.length - 1)) * torch.sin(math.pi * within)


def _middles(shape: TaskShape, generator: Generator) -> Tensor:
    """Draw where the middle of each series' pattern lies; what leaves at one end comes back."""
    shared = PLACE.draw(shape.per_task, generator)
    distinct = PLACE.draw(shape.per_class, generator)
    is_distinct = happens(OWN_PLACE, shape.per_task, generator)
    middles = torch.where(is_distinct, distinct, shared)
    scatter = PLACE_SCATTER.draw(shape.per_task, generator)
    return (middles + scatter * normal(shape.per_series, generator)).remainder(1.0)
