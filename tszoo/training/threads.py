"""Take frozen bodies in threads of their own, which share what is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from tszoo.nets.device import resolve_device
from tszoo.similarity._jobs import threads
from tszoo.training.cores import usable_cores
from tszoo.training.run import Run

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores_to_use() -> int:
    """Count the cores to use where nobody says: who lets PyTorch use few threads wants few."""
    return min(usable_cores(), torch.get_num_threads())


@contextmanager
def using_threads(n_threads: int) -> Iterator[None]:
    """Have PyTorch use so many threads on the CPU."""
    before = torch.get_num_threads()
    if n_threads == before:
        yield
        return
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def in_threads_alone(run: Run, n_bodies: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Lend a ``map`` that calls a function for bodies, ``run.jobs`` of them at a time.

    On a CPU each call has one thread of PyTorch's, as long as there are several bodies, so that
    what it computes does not depend on how many there are at a time. Bodies that only look at
    series spend their time in PyTorch, which lets other threads work meanwhile.
    """
    if n_bodies < 2 or resolve_device(run.device).type != "cpu":
        yield map
        return
    with alone_in_threads(min(run.jobs or cores_to_use(), n_bodies)) as spread:
        yield spread


@contextmanager
def alone_in_threads(n_threads: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Lend a ``map`` that makes so many calls at a time, each with one thread of PyTorch's."""
    with using_threads(1), threads(n_threads) as spread:
        yield lambda function, items: spread(_alone(function), items)


def _alone(function: Callable[[Item], Result]) -> Callable[[Item], Result]:
    """Give a thread that calls a function one thread of PyTorch's: the number is each thread's."""

    def call(item: Item) -> Result:
        torch.set_num_threads(1)
        return function(item)

    return call
