"""Work spread over threads; the kernels let go of the interpreter while they run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from tszoo.errors import OptionError

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_threads(n_jobs: int | None) -> int:
    """Turn ``n_jobs`` into a number of threads, as in scikit-learn.

    None is 1, -1 is all cores, -2 all but one.

    Raises
    ------
    OptionError
        If it is 0.
    """
    if n_jobs is None:
        return 1
    if n_jobs == 0:
        msg = "n_jobs must not be 0: give a number of threads, -1 for one a core, or None for one."
        raise OptionError(msg)
    if n_jobs > 0:
        return n_jobs
    return max(1, (os.cpu_count() or 1) + 1 + n_jobs)


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], n_jobs: int | None
) -> Iterator[Result]:
    """Yield ``function(item)`` in the items' order; an interrupt drops the calls not yet begun."""
    with threads(n_jobs) as spread:
        yield from spread(function, items)


@contextmanager
def threads(n_jobs: int | None) -> Iterator[Callable[..., Iterator[Any]]]:
    """Lend a ``map`` that works in ``n_jobs`` threads, for calls that follow one another.

    Otherwise it does as `in_threads` does.
    """
    count = n_threads(n_jobs)
    if count == 1:
        yield map
        return
    pool = ThreadPoolExecutor(count, thread_name_prefix="tszoo-dtw")
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
