"""Members trained in processes of their own are those that are trained in this one, bit for bit."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.support.ensembles import JOB, KILLED, RECIPE, assert_same, make_member, names, noise
from tests.support.ensembles import running as job_with
from tests.support.spread import ends, kill, make_mlp, started
from tszoo.cli.translate import translated
from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training import children, processes, worker
from tszoo.training.epoch import EpochReport
from tszoo.training.members import train_members

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="children are listed in /proc")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Several threads here must not matter."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("warm_children")
def test_any_number_of_processes_gives_the_same_members(tmp_path: Path) -> None:
    alone = train_members(make_member, noise(), job_with(jobs=1))
    seen: list[tuple[int, int]] = []
    weights: dict[int, torch.Tensor] = {}

    def watch(k: int, report: EpochReport, network: Network) -> None:
        seen.append((k, report.epoch))
        weights[k] = network.head.weight.detach().clone()

    job = job_with(jobs=2, folder=tmp_path / "run", watchers=[watch])
    validation = noise()[0].take(slice(6))
    together = train_members(make_member, noise(), job, validation)
    assert_same(alone, together)
    assert sorted(seen) == [(k, epoch) for k in range(3) for epoch in range(1, 6)]
    for k in range(3):
        assert [epoch for member, epoch in seen if member == k] == [1, 2, 3, 4, 5]
    # the watchers saw the networks of the epochs, not those from before or from the end
    here: dict[int, torch.Tensor] = {}

    def watch_here(k: int, _: EpochReport, network: Network) -> None:
        here[k] = network.head.weight.detach().clone()

    train_members(make_member, noise(), job_with(jobs=1, watchers=[watch_here]), validation)
    assert all(torch.equal(weights[k], here[k]) for k in range(3))
    assert names(tmp_path / "run") == [f"member-{k}.safetensors" for k in range(3)]
    for network, _ in together:
        assert not any(module.training for module in network.modules())
        assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.usefixtures("warm_children")
def test_a_run_that_is_stopped_goes_on_with_another_number(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def stop(k: int, report: EpochReport, _: Network) -> None:
        seen.append((k, report.epoch))
        if report.epoch == 2:
            raise KeyboardInterrupt("enough")

    job = job_with(jobs=2, folder=tmp_path, watchers=[stop])
    with pytest.raises(KeyboardInterrupt, match="enough"):
        train_members(make_mlp, noise(), job)
    assert max(epoch for _, epoch in seen) <= 2
    assert names(tmp_path) == [f"member-{k}.partial.safetensors" for k in sorted({*dict(seen)})]
    resumed = train_members(make_mlp, noise(), job_with(folder=tmp_path, resume=True, jobs=1))
    assert_same(resumed, train_members(make_mlp, noise(), job_with(jobs=1)))


@pytest.mark.usefixtures("warm_children")
def test_an_error_is_that_of_one_process(tmp_path: Path) -> None:
    job = job_with(replace(JOB, recipe=replace(RECIPE, learning_rate=1e30)), jobs=2)
    said = []
    for jobs in (1, 2):
        with pytest.raises(TrainingError, match="try a lower learning rate") as error:
            train_members(make_mlp, noise(), job_with(job, jobs=jobs))
        # of several members that fail at a time, the first to say so is any of them
        said.append(re.sub(r"\d[\d.e+]*", "N", str(error.value)))
    assert said[0] == said[1]


@pytest.mark.usefixtures("warm_children")
def test_where_no_process_can_be_started_there_is_this_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alone = train_members(make_mlp, noise(), job_with(jobs=1))
    monkeypatch.setattr(children, "BEGIN", "raise SystemExit('no such luck')")
    assert_same(alone, train_members(make_mlp, noise(), job_with(jobs=2)))
    assert caplog.messages == ["a process to train in could not be started (no such luck)."] * 2
    caplog.clear()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert_same(alone, train_members(make_mlp, noise(), job_with(jobs=2)))
    assert caplog.messages == [
        "processes cannot be started (No such file or directory): members are trained in this one."
    ]


@pytest.mark.usefixtures("warm_children")
@only_linux
def test_a_process_that_is_killed_before_it_begins_leaves_its_members_to_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(children, "BEGIN", "import os; os.kill(os.getpid(), 9)")
    together = train_members(make_mlp, noise(), job_with(jobs=2))
    assert_same(together, train_members(make_mlp, noise(), job_with(jobs=1)))
    why = "ended by signal 9, as happens where memory runs out"
    assert caplog.messages == [f"a process to train in could not be started ({why})."] * 2


@pytest.mark.usefixtures("warm_children")
def test_what_a_process_logs_is_logged_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    job = job_with(replace(JOB, members=2), folder=tmp_path / "file" / "run", jobs=2)
    with caplog.at_level(logging.WARNING):
        together = train_members(make_mlp, noise(), job)
    assert len(caplog.messages) == 2
    assert all("cannot write the checkpoint" in message for message in caplog.messages)
    # what was trained is here, although nothing of it could be kept
    assert_same(together, train_members(make_mlp, noise(), job_with(job, folder=None, jobs=1)))


@only_linux
def test_the_end_of_a_process_is_said_in_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    with started(tmp_path) as run:
        assert run.stdout is not None
        for line in run.stdout:
            member, epoch, first, *_ = line.split()
            # the first process trains member 0; the second may be ahead of it
            if (member, epoch) == ("0", "3"):
                kill(int(first))
                break
        last = run.stdout.read().splitlines()[-1]
    assert "was ended by signal 9, as happens where memory runs out. Try fewer" in last
    assert f"What is done is kept in {tmp_path}: resume=True goes on from there." in last
    resumed = train_members(make_mlp, noise(), job_with(KILLED, folder=tmp_path, resume=True))
    assert_same(resumed, train_members(make_mlp, noise(), job_with(KILLED, jobs=1)))


@only_linux
def test_processes_end_with_the_one_that_they_work_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started(tmp_path / "run") as run:
        assert run.stdout is not None
        words = run.stdout.readline().split()
        kill(run.pid)
    workers = [int(word) for word in words[2:]]
    assert len(workers) == 2
    assert all(map(ends, workers))
    assert names(tmp_path) in (["run"], [])  # their folder is cleared away
    resumed = train_members(
        make_mlp, noise(), job_with(KILLED, folder=tmp_path / "run", resume=True, jobs=1)
    )
    assert_same(resumed, train_members(make_mlp, noise(), job_with(KILLED, jobs=1)))


def test_memory_that_runs_out_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as error:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert worker._is_out_of_memory(error.value)
    assert worker._is_out_of_memory(MemoryError())
    assert not worker._is_out_of_memory(RuntimeError("shapes differ"))
    failed = worker._failed("TrainingError", worker.OUT_OF_MEMORY)
    raised = processes._error_of(failed["error"], failed["text"])
    assert isinstance(raised, TrainingError)
    assert translated(str(raised)).endswith("Try --jobs 1, or a smaller batch: --batch-size.")


def test_an_unexpected_error_shows_where_it_was_raised() -> None:
    error = processes._error_of("", "Traceback\nValueError: 3")
    assert isinstance(error, RuntimeError)
    assert str(error) == "training failed in another process.\nTraceback\nValueError: 3"
