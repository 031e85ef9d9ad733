"""Make up tasks whose classes are outlines bent in time, as of contours, spectra and gestures."""

from __future__ import annotations

from torch import Generator, Tensor

from tszoo.data.synthetic.draws import LogUniform, Size, Uniform, normal
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.smooth_noise import smooth_noise
from tszoo.data.synthetic.warp_time import warp_time

SCALE = LogUniform(0.02, 0.3)
"""How smooth an outline is: the scale of its noise, in parts of the series."""

CONTRAST = LogUniform(0.1, 2.0)
"""How far the outlines of classes lie apart, where the outline that they share has deviation 1."""

WOBBLE_SCALE = Uniform(0.05, 0.5)
"""How smooth the deviations of single series from their class are, in parts of the series."""

WOBBLE = Uniform(0.0, 0.6)
"""How far single series deviate from their class: standard deviation."""

BENDING = LogUniform(0.02, 0.8)
"""How far series are bent in time: standard deviation of the logarithm of the pace."""

NOISE = LogUniform(0.003, 0.5)
"""Standard deviation of the white noise."""


def outlines(shape: TaskShape, generator: Generator) -> Tensor:
    """Make up tasks whose classes are smooth prototypes, seen with deviations and bent in time.

    Parameters
    ----------
    shape : TaskShape
    generator : Generator

    Returns
    -------
    Tensor of float32, shape ``shape.per_point``
    """
    shared = _curves(shape.task_series, SCALE, shape, generator)
    distinct = _curves(shape.class_series, SCALE, shape, generator)
    prototypes = shared + CONTRAST.draw(shape.per_task, generator) * distinct
    deviations = _curves(shape.per_point, WOBBLE_SCALE, shape, generator)
    series = prototypes + WOBBLE.draw(shape.per_task, generator) * deviations
    series = warp_time(series, BENDING.draw(shape.per_task, generator), generator)
    noise = NOISE.draw(shape.per_task, generator) * normal(shape.per_point, generator)
    return series + noise


def _curves(
    size: Size, scale: Uniform | LogUniform, shape: TaskShape, generator: Generator
) -> Tensor:
    """Draw smooth curves, as smooth as each other within a task."""
    return smooth_noise(size, scale.draw(shape.per_task, generator), generator)
