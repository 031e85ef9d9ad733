"""Members are trained one after another, and survive interruption at any moment, even SIGKILL."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.support import warm
from tests.support.ensembles import (
    JOB,
    KILLED,
    RECIPE,
    assert_same,
    make_member,
    names,
    noise,
    running,
)
from tests.support.places import ROOT
from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.checkpoint import read_tensors, write_tensors
from tszoo.training.epoch import EpochReport, Watcher
from tszoo.training.members import train_members


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums over threads are added in the order of their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def note(seen: list[tuple[int, int]]) -> Watcher:
    return lambda k, report, _: seen.append((k, report.epoch))


def test_members_differ_only_in_their_seed() -> None:
    together = train_members(make_member, noise(), JOB)
    for k, trained in enumerate(together):
        alone = train_members(make_member, noise(), replace(JOB, seed=10 + k, members=1))
        assert_same([trained], alone)
    heads = [network.head.weight for network, _ in together]
    assert not torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[1], heads[2])


def test_members_come_back_on_the_cpu_in_evaluation_mode() -> None:
    for network, history in train_members(make_member, noise(), JOB):
        assert not any(module.training for module in network.modules())
        assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}
        assert len(history.loss) == 5


def test_every_epoch_of_every_member_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    train_members(make_member, noise(), running(watchers=[note(seen)]))
    assert seen == [(k, epoch) for k in range(3) for epoch in range(1, 6)]


def test_members_are_on_disk_as_soon_as_they_are_done(tmp_path: Path) -> None:
    job = running(folder=tmp_path / "run", checkpoint_seconds=0)
    listed: list[list[str]] = []

    def watch(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 3:
            listed.append(names(tmp_path / "run"))

    trained = train_members(make_member, noise(), running(job, watchers=[watch]))
    assert listed == [
        [*(f"member-{i}.safetensors" for i in range(k)), f"member-{k}.partial.safetensors"]
        for k in range(3)
    ]
    assert names(tmp_path / "run") == [f"member-{k}.safetensors" for k in range(3)]
    for k, (network, _) in enumerate(trained):
        kept = load_file(tmp_path / "run" / f"member-{k}.safetensors")
        assert all(torch.equal(tensor, kept[name]) for name, tensor in network.state_dict().items())


def test_members_that_are_done_are_not_trained_again(tmp_path: Path) -> None:
    job = running(folder=tmp_path)
    first = train_members(make_member, noise(), job)
    seen: list[tuple[int, int]] = []
    second = train_members(make_member, noise(), running(job, resume=True, watchers=[note(seen)]))
    assert seen == []
    assert_same(first, second)
    assert not any(module.training for network, _ in second for module in network.modules())


def test_without_resume_members_are_trained_again(tmp_path: Path) -> None:
    job = running(replace(JOB, members=1), folder=tmp_path)
    train_members(make_member, noise(), job)
    seen: list[tuple[int, int]] = []
    train_members(make_member, noise(), running(job, watchers=[note(seen)]))
    assert seen == [(0, epoch) for epoch in range(1, 6)]


def test_an_ensemble_can_grow(tmp_path: Path) -> None:
    train_members(make_member, noise(), running(replace(JOB, members=1), folder=tmp_path))
    seen: list[tuple[int, int]] = []
    job = running(folder=tmp_path, resume=True, watchers=[note(seen)])
    grown = train_members(make_member, noise(), job)
    assert {k for k, _ in seen} == {1, 2}
    assert_same(grown, train_members(make_member, noise(), JOB))


@pytest.mark.parametrize(
    "change",
    [
        {"description": "other noise"},
        {"recipe": replace(RECIPE, epochs=6)},
        {"seed": 11},
        {"precision": torch.bfloat16},
        {"trainable": "head"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_run_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    job = running(replace(JOB, members=1), folder=tmp_path)

    def interrupt(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_members(make_member, noise(), running(job, watchers=[interrupt]))
    other = running(replace(job, **change), resume=True)  # type: ignore[arg-type]
    with pytest.raises(
        TrainingError, match=r"member-0\.partial\.safetensors: belongs to another run"
    ):
        train_members(make_member, noise(), other)
    train_members(make_member, noise(), running(job, resume=True))
    with pytest.raises(TrainingError, match=r"member-0\.safetensors: belongs to another run"):
        train_members(make_member, noise(), other)


def test_a_broken_member_is_refused(tmp_path: Path) -> None:
    job = running(replace(JOB, members=1), folder=tmp_path)
    train_members(make_member, noise(), job)
    path = tmp_path / "member-0.safetensors"
    tensors, progress = read_tensors(path, job.digest([0]))
    for broken in (
        {**tensors, "head.weight": torch.zeros(9, 9)},
        {"head.weight": tensors["head.weight"]},
    ):
        write_tensors(path, broken, progress)
        with pytest.raises(
            TrainingError, match=r"member-0\.safetensors: not a whole member \(.*\)\. Delete it, or"
        ):
            train_members(make_member, noise(), running(job, resume=True))
    write_tensors(path, tensors, {"run": progress["run"]})
    with pytest.raises(TrainingError, match=r"not a whole member"):
        train_members(make_member, noise(), running(job, resume=True))
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(TrainingError, match=r"member-0\.safetensors: not a checkpoint"):
        train_members(make_member, noise(), running(job, resume=True))


def test_an_unwritable_folder_is_a_warning_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    job = running(replace(JOB, members=1), folder=tmp_path / "file" / "run")
    assert_same(
        train_members(make_member, noise(), job),
        train_members(make_member, noise(), replace(JOB, members=1)),
    )
    (message,) = caplog.messages
    assert re.search(
        r"member-0\.safetensors: cannot write the checkpoint \([^\n]*\)\. Training goes on\.$",
        message,
    )
    assert names(tmp_path) == ["file"]


# ---- killed in mid training

KILLABLE = """
import sys
import time
from pathlib import Path
import torch
from tests.support.ensembles import KILLED, make_member, noise, running
from tszoo.training.members import train_members

torch.set_num_threads(1)

def say(k, report, _):
    print(k, report.epoch, flush=True)
    if (k, report.epoch) == (1, KILLED.recipe.epochs):
        time.sleep(60)  # a run that is to be killed does not end by itself, however late that is

job = running(KILLED, folder=Path(sys.argv[1]), resume=True, watchers=[say])
train_members(make_member, noise(), job)
"""
MEMBERS = [
    f"member-{k}.{kind}" for k in range(2) for kind in ("safetensors", "partial.safetensors")
]
MAY_BE_LEFT = {*MEMBERS, *(f"{name}.tmp" for name in MEMBERS)}


def train_until_killed(folder: Path, moment: tuple[int, int], delay: float) -> tuple[int, int]:
    """Run until a member reaches an epoch, then SIGKILL.

    The first (member, epoch) that the run reported.
    """
    command = [sys.executable, "-W", "ignore", "-c", KILLABLE, str(folder)]
    root = ROOT
    with warm.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        reports = []
        for line in process.stdout:
            reports.append(tuple(int(word) for word in line.split()))
            if reports[-1] >= moment:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    return reports[0]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    draw = random.Random(0)
    starts = []
    for moment in [(0, 4), (1, 5)]:
        starts.append(train_until_killed(tmp_path, moment, draw.uniform(0, 0.02)))
        assert set(names(tmp_path)) <= MAY_BE_LEFT
    assert starts[0] == (0, 1)
    assert starts[1] >= (0, 4)  # the epoch that was reported may not have been saved any more
    assert "member-0.safetensors" in names(tmp_path)
    seen: list[tuple[int, int]] = []
    resumed = train_members(
        make_member, noise(), running(KILLED, folder=tmp_path, resume=True, watchers=[note(seen)])
    )
    assert seen[0] >= (1, 5)
    assert_same(resumed, train_members(make_member, noise(), KILLED))
    # whatever was half-written at a kill has been written over and given its name
    assert names(tmp_path) == ["member-0.safetensors", "member-1.safetensors"]
