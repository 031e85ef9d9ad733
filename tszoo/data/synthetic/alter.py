"""Change whole tasks, so that a body meets more kinds of series than there are."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.draws import Uniform, happens, normal
from tszoo.data.synthetic.warp_time import warp_time
from tszoo.data.synthetic.znormalize import znormalize
from tszoo.errors import OptionError

REVERSED = 0.25
"""In which share of the tasks time runs backwards."""

FLIPPED = 0.3
"""In which share of the tasks every value changes its sign."""

WARPED = 0.2
"""In which share of the tasks each series is bent in time."""

WARP = 0.15
"""How far it is bent: standard deviation of the logarithm of the pace."""

NOISY = 0.3
"""In which share of the tasks white noise is added."""

MOST_NOISE = 0.15
"""The largest standard deviation of that noise; most tasks get far less."""

DIFFERENCED = 0.25
"""In which share of the tasks series are replaced by their first differences."""


def alter_tasks(tasks: Tensor, generator: Generator) -> Tensor:
    """Change whole tasks at random, then z-normalise every series.

    A change that befalls a task befalls all of its series, so that what told its classes apart
    still does. Changes are independent of each other, and come in this order: reversed in time,
    sign flipped, warped smoothly, noise added, first differences taken.

    Parameters
    ----------
    tasks : Tensor, shape (n_tasks, n_classes, n_series, length)
        Made up or real; finite, of any scale. It is not changed.
    generator : Generator
        On the device of ``tasks``.

    Returns
    -------
    Tensor of float32, of the same shape
        Finite; each series has mean 0 and standard deviation 1, or is zeros if it was constant.

    Raises
    ------
    OptionError
        If ``tasks`` has another number of axes, or fewer than 2 points.
    """
    if tasks.ndim != 4 or tasks.shape[-1] < 2:
        msg = (
            f"tasks of shape {tuple(tasks.shape)}: expected (n_tasks, n_classes, n_series, length)"
            ", with 2 points or more."
        )
        raise OptionError(msg)
    tasks = znormalize(tasks.to(torch.float32))

    def warp(some: Tensor) -> Tensor:
        amount = torch.full((1,), WARP, dtype=torch.float32, device=some.device)
        return warp_time(some, amount, generator)

    def add_noise(some: Tensor) -> Tensor:
        strength = Uniform(0.0, 1.0).draw((len(some), 1, 1, 1), generator).square()
        return some + MOST_NOISE * strength * normal(tuple(some.shape), generator)

    _change(tasks, REVERSED, reverse, generator)
    _change(tasks, FLIPPED, torch.neg, generator)
    _change(tasks, WARPED, warp, generator)
    _change(tasks, NOISY, add_noise, generator)
    _change(tasks, DIFFERENCED, difference, generator)
    return znormalize(tasks)


def reverse(tasks: Tensor) -> Tensor:
    """Let time run backwards."""
    return tasks.flip(-1)


def difference(tasks: Tensor) -> Tensor:
    """Return the steps from point to point, and a zero behind them to keep the length."""
    return torch.nn.functional.pad(tasks.diff(dim=-1), (0, 1))


def _change(
    tasks: Tensor, share: float, change: Callable[[Tensor], Tensor], generator: Generator
) -> None:
    """Change a random share of the tasks in place."""
    chosen = happens(share, (len(tasks),), generator).nonzero().flatten()
    if len(chosen):
        tasks[chosen] = change(tasks[chosen])
