"""Bodies that are taken in threads find what they find one after another."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from tests.support.toys import make_toy
from tszoo.recommendation.probe import probe_sources
from tszoo.training import threads
from tszoo.training.run import Run
from tszoo.training.threads import in_threads_alone, using_threads

SOURCES = ("inception.GunPoint", "inception.Coffee", "inception.ECG200")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_sources_are_probed_in_threads_as_one_by_one() -> None:
    toy, told = make_toy(), []
    state = torch.random.get_rng_state()
    probes = [
        probe_sources(
            toy,
            SOURCES,
            run=Run(device="cpu", jobs=jobs, progress=lambda *step: told.append(step)),
        )
        for jobs in (1, 3)
    ]
    assert probes[0] == probes[1]
    assert [probe.model for probe in probes[0]] == list(SOURCES)
    assert told == 2 * [(1, 3), (2, 3), (3, 3)]
    assert torch.equal(torch.random.get_rng_state(), state)


def test_each_of_several_has_one_thread_of_pytorchs() -> None:
    meeting = threading.Barrier(2, timeout=60)

    def look(_: int) -> int:
        meeting.wait()  # both are at work at a time
        return torch.get_num_threads()

    with in_threads_alone(Run(device="cpu", jobs=2), 2) as spread:
        assert list(spread(look, range(2))) == [1, 1]
    with in_threads_alone(Run(device="cpu", jobs=2), 1) as spread:
        assert list(spread(lambda _: torch.get_num_threads(), range(1))) == [2]


def test_a_core_is_used_that_pytorch_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "usable_cores", lambda: 8)
    assert threads.cores_to_use() == 2
    with using_threads(3):
        assert threads.cores_to_use() == 3
    monkeypatch.setattr(threads, "usable_cores", lambda: 1)
    assert threads.cores_to_use() == 1
