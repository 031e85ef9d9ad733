"""Say how many tasks are made up, and of what size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tszoo.errors import OptionError

_LEAST = {"n_tasks": 0, "n_classes": 1, "n_series": 1, "length": 2}


@dataclass(frozen=True)
class TaskShape:
    """How many tasks are made up, and of what size.

    The other attributes are sizes of tensors that broadcast to ``per_point``: what is drawn with
    ``per_task`` is common to a task, what is drawn with ``per_class`` to a class of a task.

    Attributes
    ----------
    n_tasks : int
        How many tasks; 0 is allowed.
    n_classes : int
        Classes of each task.
    n_series : int
        Series of each class.
    length : int
        Points of each series, from 2 up.

    Raises
    ------
    OptionError
        If a number is too small.
    """

    n_tasks: int
    n_classes: int
    n_series: int
    length: int

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value < least:
                msg = f"{name}={value}: must be a whole number from {least} up."
                raise OptionError(msg)

    @property
    def per_task(self) -> tuple[int, int, int, int]:
        """One number for each task."""
        return (self.n_tasks, 1, 1, 1)

    @property
    def per_class(self) -> tuple[int, int, int, int]:
        """One number for each class of each task."""
        return (self.n_tasks, self.n_classes, 1, 1)

    @property
    def per_series(self) -> tuple[int, int, int, int]:
        """One number for each series."""
        return (self.n_tasks, self.n_classes, self.n_series, 1)

    @property
    def task_series(self) -> tuple[int, int, int, int]:
        """One series for each task."""
        return (self.n_tasks, 1, 1, self.length)

    @property
    def class_series(self) -> tuple[int, int, int, int]:
        """One series for each class of each task."""
        return (self.n_tasks, self.n_classes, 1, self.length)

    @property
    def per_point(self) -> tuple[int, int, int, int]:
        """One number for each point of each series."""
        return (self.n_tasks, self.n_classes, self.n_series, self.length)

    def times(self, device: torch.device) -> Tensor:
        """Return the time of each point, from 0 to 1, shape (length,)."""
        return torch.linspace(0.0, 1.0, self.length, dtype=torch.float32, device=device)
