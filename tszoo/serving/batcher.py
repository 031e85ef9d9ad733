"""Compute what waits, in a thread of its own: requests that wait together share a forward pass."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.serving.served import Served

Probabilities = NDArray[np.float64]
Computed = Callable[[str, int, int], None]


@dataclass(eq=False)
class Job:
    """Series of a request, and the answer to come."""

    served: Served
    dataset: Dataset
    answer: Future[Probabilities] = field(default_factory=Future)


class Batcher:
    """A queue and the thread that empties it.

    What is alone in the queue is computed at once: nobody waits for company. What came in meanwhile
    is computed together, up to ``most_series`` of one model.

    Parameters
    ----------
    most_series : int
        Of one forward pass.
    threads : int or None
        PyTorch's; None leaves them as they are.
    computed : callable or None
        Told of each forward pass: its model's name, how many requests, how many series.
    """

    def __init__(
        self, most_series: int, threads: int | None = None, computed: Computed | None = None
    ) -> None:
        self.most_series = most_series
        self._threads, self._computed = threads, computed
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._work, name="tszoo-batcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Compute what waits, and end the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def submit(self, served: Served, dataset: Dataset) -> Future[Probabilities]:
        """Put series into the queue, and return the answer to come.

        Raises
        ------
        DataError
            If the model does not take them, whatever else waits.
        """
        job = Job(served, served.model.usable(dataset))
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        return job.answer

    def _work(self) -> None:
        if self._threads is not None:
            import torch

            torch.set_num_threads(self._threads)
        while True:
            jobs = self._next()
            if not jobs:
                return
            compute(jobs)
            if self._computed is not None:
                n_series = sum(job.dataset.n_series for job in jobs)
                self._computed(jobs[0].served.name, len(jobs), n_series)

    def _next(self) -> list[Job]:
        """Wait for a job, and take those with it that go into one forward pass."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            if not self._waiting:
                return []
            first = self._waiting.popleft()
            jobs, n_series = [first], first.dataset.n_series
            others: deque[Job] = deque()
            while self._waiting:
                job = self._waiting.popleft()
                fits = n_series + job.dataset.n_series <= self.most_series
                if job.served is first.served and fits:
                    jobs.append(job)
                    n_series += job.dataset.n_series
                else:
                    others.append(job)
            self._waiting = others
            return jobs


def compute(jobs: Sequence[Job]) -> None:
    """Answer jobs of one model together; where that fails, one by one, each with its own error."""
    jobs = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
    if not jobs:
        return
    try:
        answers = _together(jobs)
    except Exception as error:
        if len(jobs) == 1:
            jobs[0].answer.set_exception(error)
            return
        for job in jobs:
            _alone(job)
        return
    for job, answer in zip(jobs, answers, strict=True):
        job.answer.set_result(answer)


def _alone(job: Job) -> None:
    try:
        job.answer.set_result(job.served.probabilities(job.dataset))
    except Exception as error:
        job.answer.set_exception(error)


def _together(jobs: Sequence[Job]) -> list[Probabilities]:
    served = jobs[0].served
    probabilities = served.probabilities(joined([job.dataset for job in jobs]))
    ends = np.cumsum([job.dataset.n_series for job in jobs])[:-1]
    return list(np.split(probabilities, ends))


def joined(datasets: Sequence[Dataset]) -> Dataset:
    """Put the series of several data sets, of as many channels, one behind the other."""
    if len(datasets) == 1:
        return datasets[0]
    length = max(dataset.length for dataset in datasets)
    n_series = sum(dataset.n_series for dataset in datasets)
    series = np.full((n_series, datasets[0].n_channels, length), np.nan, dtype=np.float32)
    start = 0
    for dataset in datasets:
        series[start : start + dataset.n_series, :, : dataset.length] = dataset.series
        start += dataset.n_series
    lengths = np.concatenate([dataset.lengths for dataset in datasets])
    return Dataset(datasets[0].name, series, lengths, None, ())
