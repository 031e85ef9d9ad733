"""Processes of jobs: one a work, few at a time, and none that outlives its server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette")

from tszoo.errors import OptionError
from tszoo.serving.page import jobs as rooms
from tszoo.serving.page.jobs import Jobs, read_job, write_job
from tszoo.serving.page.work import Work

# what ends when its pipe does, or at once, as a worker would
WAITS = "import sys; sys.stdin.buffer.read()"
ENDS = "pass"


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """Jobs whose processes do what the action says, as Python."""
    popen = subprocess.Popen

    def start(command: list[str], **options: int) -> subprocess.Popen[bytes]:
        job = read_job(Work(Path(command[-1])))
        assert job is not None
        return popen([sys.executable, "-c", job.action], **options)

    monkeypatch.setattr(rooms.subprocess, "Popen", start)
    made = Jobs(2)
    yield made
    made.close()


def works(folder: Path, n: int) -> list[Work]:
    made = [Work(folder / str(k)) for k in range(n)]
    for work in made:
        work.folder.mkdir()
    return made


def test_a_work_has_one_job_and_all_works_have_few(jobs: Jobs, tmp_path: Path) -> None:
    one, two, three = works(tmp_path, 3)
    jobs.start(one, WAITS)
    with pytest.raises(OptionError, match="already"):
        jobs.start(one, WAITS)
    jobs.start(two, WAITS)
    with pytest.raises(OptionError, match="2 others are at work"):
        jobs.start(three, WAITS)
    jobs.end(two.key)
    jobs.start(three, WAITS)
    assert not jobs.is_free(one)
    assert jobs.is_free(two)


def test_what_ends_without_a_word_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    (work,) = works(tmp_path, 1)
    jobs.start(work, ENDS)
    jobs._processes[work.key].wait()
    job = jobs.state(work)
    assert job is not None
    assert (job.state, job.said[:5]) == ("failed", "It en")
    jobs.start(work, ENDS)  # and another may be started


def test_what_was_cancelled_is_not_taken_for_a_failure(jobs: Jobs, tmp_path: Path) -> None:
    (work,) = works(tmp_path, 1)
    jobs.start(work, "import sys; assert sys.stdin.buffer.readline() == b'cancel\\n'")
    jobs.cancel(work)
    assert jobs._processes[work.key].wait() == 0
    job = jobs.state(work)
    assert job is not None
    assert job.state == "cancelled"


def test_the_last_word_of_a_job_counts_while_its_process_ends(jobs: Jobs, tmp_path: Path) -> None:
    (work,) = works(tmp_path, 1)
    jobs.start(work, WAITS)
    first = jobs._processes[work.key]
    job = read_job(work)
    assert job is not None
    write_job(work, rooms.replace(job, state="done"))
    jobs.start(work, WAITS)
    assert first.poll() is not None


def test_jobs_end_with_the_server(jobs: Jobs, tmp_path: Path) -> None:
    (work,) = works(tmp_path, 1)
    jobs.start(work, WAITS)
    process = jobs._processes[work.key]
    jobs.close()
    assert process.returncode == 0
    assert jobs.is_free(work)
