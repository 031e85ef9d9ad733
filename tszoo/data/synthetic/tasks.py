"""Make up classification tasks of all families."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Generator, Tensor

from tszoo.data.synthetic.families import FAMILIES
from tszoo.data.synthetic.shape import TaskShape


def draw_tasks(
    n_tasks: int, n_classes: int, n_series: int, length: int, generator: Generator
) -> Tensor:
    """Make up classification tasks that never come twice.

    What tells the classes of a task apart, and how strongly, differs from task to task. Families
    take equal parts; the generator draws which of them get the tasks that are left over. Tasks of
    one family lie side by side.

    Parameters
    ----------
    n_tasks : int
        From 0 up.
    n_classes, n_series : int
        Classes of a task, and series of a class.
    length : int
        Points of a series, from 2 up.
    generator : Generator
        The only source of chance: the same state gives the same bits on the same device.

    Returns
    -------
    Tensor of float32, shape (n_tasks, n_classes, n_series, length)
        Finite, on the generator's device, on any scale: ``alter_tasks`` z-normalises.

    Raises
    ------
    OptionError
        If a number is too small.
    """
    shape = TaskShape(n_tasks, n_classes, n_series, length)
    tasks = [torch.empty((0, *shape.per_point[1:]), dtype=torch.float32, device=generator.device)]
    for name, count in family_counts(n_tasks, generator).items():
        if count:
            tasks.append(FAMILIES[name](replace(shape, n_tasks=count), generator))
    return torch.cat(tasks)


def family_counts(n_tasks: int, generator: Generator) -> dict[str, int]:
    """Draw how many tasks each family makes up: as many as the others, or one more."""
    every, left = divmod(n_tasks, len(FAMILIES))
    counts = dict.fromkeys(FAMILIES, every)
    names = list(FAMILIES)
    lots = torch.randperm(len(names), generator=generator, device=generator.device)
    for lot in lots[:left].tolist():
        counts[names[lot]] += 1
    return counts
