"""How members are spread over processes and threads, and that it never decides what they become."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from tests.support.ensembles import JOB, RECIPE, make_member, noise
from tests.support.ensembles import running as job_with
from tszoo.training import spread, threads
from tszoo.training.data import TrainingData
from tszoo.training.job import Job
from tszoo.training.spread import choose_processes, groups_of, seconds_spread, threads_for

LONG = replace(RECIPE, epochs=20_000)


@pytest.fixture(autouse=True)
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cores and threads enough, and a step that takes a hundredth of a second."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.setattr(threads, "usable_cores", lambda: 3)
    monkeypatch.setattr(spread, "_seconds_a_step", lambda *_: 0.01)
    yield
    torch.set_num_threads(before)


def chosen(job: Job) -> int:
    networks = [make_member(0, torch.Generator()) for _ in range(job.members)]
    return choose_processes(networks, groups_of(networks, noise(), job), noise(), job)


def grouped(job: Job, sets: list[TrainingData] | None = None) -> list[int]:
    networks = [make_member(0, torch.Generator()) for _ in range(job.members)]
    return [len(group) for group in groups_of(networks, sets or noise(), job)]


def test_there_are_as_many_processes_as_save_time() -> None:
    long = replace(JOB, recipe=LONG)
    assert chosen(JOB) == 1  # it is done before another process has begun
    assert chosen(long) == 3
    assert chosen(replace(long, members=2)) == 2
    torch.set_num_threads(2)
    assert chosen(long) == 2
    torch.set_num_threads(1)
    assert chosen(long) == 1


def test_who_asks_for_processes_gets_them() -> None:
    assert chosen(job_with(jobs=2)) == 2
    assert chosen(job_with(jobs=9)) == 3
    assert chosen(job_with(replace(JOB, recipe=LONG), jobs=1)) == 1


def test_there_is_one_process_where_no_other_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = job_with(jobs=2)
    assert chosen(replace(asked, device=torch.device("cuda"))) == 1
    with monkeypatch.context() as patch:
        patch.setattr(sys, "frozen", True, raising=False)
        assert chosen(asked) == 1
    monkeypatch.setattr(sys, "executable", "")
    assert chosen(asked) == 1


def test_what_is_trained_as_one_does_not_depend_on_the_number_of_processes() -> None:
    job = job_with(replace(JOB, members=5), side_by_side=None)
    long = replace(job, recipe=LONG)
    assert grouped(job) == [5]
    assert grouped(long) == [2, 2, 1]
    large = [TrainingData(torch.zeros(18, 1, 2501), torch.zeros(18, dtype=torch.int64))]
    assert grouped(long, large) == [1] * 5
    for jobs in (1, 2, 5):
        assert grouped(job_with(job, jobs=jobs)) == [5]
        assert grouped(job_with(long, jobs=jobs)) == [2, 2, 1]


def test_a_member_among_others_has_one_thread_and_one_alone_as_many_as_it_keeps_busy() -> None:
    alone = replace(JOB, members=1, recipe=replace(RECIPE, batch_size=10))

    def with_length(length: int) -> list[TrainingData]:
        return [TrainingData(torch.zeros(18, 1, length), torch.zeros(18, dtype=torch.int64))]

    lengths = (21, 199, 200, 399, 10_000)
    assert [threads_for(with_length(length), alone) for length in lengths] == [1, 1, 2, 3, 4]
    assert threads_for(with_length(10_000), JOB) == 1
    assert threads_for(with_length(21), replace(JOB, device=torch.device("cuda"))) == 4


def test_processes_cost_their_start() -> None:
    assert seconds_spread(1.0, 5, 2) == 1.0
    assert seconds_spread(100.0, 5, 2) == pytest.approx(60 + spread.SECONDS_A_PROCESS)
    assert seconds_spread(100.0, 5, 1) == 100.0
