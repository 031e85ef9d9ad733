"""Do the runs of a matrix in several processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from tszoo.errors import TrainingError
from tszoo.transfer.matrix import Engine, Item, Result, one_by_one


def in_processes(jobs: int) -> Engine[Any, Any]:
    """Return an engine of so many processes, of one thread each, by joblib; of this one for 1.

    What comes out is the same. Where its results are no longer asked for, the processes end.
    """
    if jobs == 1:
        return one_by_one

    def spread(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        from joblib import Parallel, delayed, parallel_config

        try:
            with parallel_config(backend="loky", inner_max_num_threads=1):
                parallel = Parallel(n_jobs=min(jobs, max(len(items), 1)), **_AS_THEY_COME)
                yield from parallel(delayed(function)(item) for item in items)
        except BrokenProcessPool as error:
            msg = (
                "a process was ended from outside, as where memory runs out. What was measured is "
                "kept; go on with jobs=1."
            )
            raise TrainingError(msg) from error

    return spread


# one item at a time, so that what is done is handed back at once
_AS_THEY_COME: dict[str, Any] = {
    "return_as": "generator_unordered",
    "batch_size": 1,
    "pre_dispatch": "2 * n_jobs",
}
