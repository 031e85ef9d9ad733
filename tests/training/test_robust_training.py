"""What goes wrong in a run, and what becomes of it: losses, memory, disks, files, kills."""

from __future__ import annotations

import errno
import math
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import CliRunner

from tests.support import warm
from tests.support.places import ROOT
from tests.support.robust import FCN, RECIPE, fresh, noise
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.storage import files as storage_files
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, EpochReport, Watcher
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.members import Job, train_members
from tszoo.training.run import Run
from tszoo.transfer.finetune import finetune

State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums over threads are added in the order of their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def copied(network: Network) -> State:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def assert_same(ours: State, theirs: State) -> None:
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


# ---- a loss that explodes


def spoil(member: int, epoch: int, value: float) -> Watcher:
    """After an epoch, put a weight into a member's head that no loss survives."""

    def watch(number: int, report: EpochReport, network: Network) -> None:
        if (number, report.epoch) == (member, epoch):
            with torch.no_grad():
                network.head.weight[0, 0] = value

    return watch


@pytest.mark.parametrize(
    ("value", "said"), [(math.nan, "nan"), (math.inf, "nan"), (1e9, r"\d\.\d+e\+\d+")]
)
@pytest.mark.parametrize("side_by_side", [1, 3])
def test_a_member_whose_loss_explodes_stops_and_the_others_go_on(
    value: float, said: str, side_by_side: int, caplog: pytest.LogCaptureFixture
) -> None:
    def members(watchers: list[Watcher]) -> list[tuple[Network, History]]:
        run = Run(watchers=watchers, side_by_side=side_by_side)
        job = Job(RECIPE, 0, 3, torch.device("cpu"), run=run)
        return train_members(lambda k, _: fresh(k), [noise()], job)

    plain, spoiled = members([]), members([spoil(1, 3, value)])
    history = spoiled[1][1]
    assert history.stopped is not None
    text = (
        rf"the training loss is {said} in epoch 4; the weights of epoch {history.best_epoch} are "
        r"kept; try a lower learning rate"
    )
    assert re.fullmatch(text, history.stopped), history.stopped
    assert caplog.messages == [f"member 1: {history.stopped}"]
    assert history.loss[:3] == plain[1][1].loss[:3]
    assert len(history.loss) == 4
    assert history.best_epoch == 1 + int(np.argmin(history.loss[:3]))
    assert all(tensor.isfinite().all() for tensor in spoiled[1][0].state_dict().values())
    for k in (0, 2):
        assert len(spoiled[k][1].loss) == 6
        assert spoiled[k][1].stopped is None
        assert spoiled[k][1].loss == pytest.approx(plain[k][1].loss, rel=1e-4)
        if side_by_side == 1:
            assert_same(spoiled[k][0].state_dict(), plain[k][0].state_dict())


def test_the_weights_that_a_stopped_member_keeps_are_those_of_its_best_epoch() -> None:
    network, after = fresh(), []
    watchers = [lambda _, __, network: after.append(copied(network)), spoil(0, 4, math.nan)]
    (history,) = train([network], [noise()], RECIPE, seeds=[0], audience=Audience(watchers))
    assert history.stopped is not None
    kept = {name: tensor for name, tensor in network.state_dict().items() if "running" not in name}
    assert_same(kept, after[history.best_epoch - 1])
    assert not network.training


@pytest.mark.parametrize("n", [1, 2])
def test_a_loss_that_is_never_finite_is_an_error(n: int) -> None:
    networks = [fresh(k) for k in range(n)]
    networks[-1].head.weight.data[0, 0] = math.nan
    expected = (
        r"^the training loss is nan in epoch 1; "
        r"try a lower learning rate: recipe=\{'learning_rate': \.\.\.\}\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        train(networks, [noise()], RECIPE, seeds=range(n))


def test_a_stopped_member_resumes_as_stopped(tmp_path: Path) -> None:
    run = Run(
        folder=tmp_path,
        checkpoint_seconds=0,
        side_by_side=2,
        watchers=[spoil(0, 2, math.nan)],
    )
    job = Job(RECIPE, 0, 2, torch.device("cpu"), run=run)

    def trained(**changes: Any) -> list[tuple[Network, History]]:
        changed = replace(job, run=replace(run, **changes))
        return train_members(lambda k, _: fresh(k), [noise()], changed)

    whole = trained(folder=None)

    def interrupt(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(watchers=[*run.watchers, interrupt])
    resumed = trained(resume=True)
    for (network, history), (other, expected) in zip(resumed, whole, strict=True):
        assert_same(network.state_dict(), other.state_dict())
        assert history.stopped == expected.stopped
        assert history.best_epoch == expected.best_epoch


# ---- too little memory


def room_for(network: Network, most: int, seen: list[list[int]], data: TrainingData) -> Network:
    """Let a network run out of memory when it is to train on more than ``most`` series.

    Note which it was given.
    """
    forward = network.forward

    def limited(x: Tensor, *more: Tensor | None) -> Tensor:
        if network.training and torch.is_grad_enabled():
            if len(x) > most:
                msg = "CUDA out of memory. Tried to allocate 20.00 MiB."
                raise torch.OutOfMemoryError(msg)
            seen.append([int((data.x == one).flatten(1).all(dim=1).nonzero()) for one in x])
        return forward(x, *more)

    network.forward = limited  # type: ignore[method-assign]
    return network


@pytest.mark.parametrize(("most", "batch"), [(9, 9), (6, 5), (4, 3), (1, 1)])
def test_out_of_memory_halves_the_batch(
    most: int, batch: int, caplog: pytest.LogCaptureFixture
) -> None:
    data, seen = noise(), []
    network = room_for(fresh(), most, seen, data)
    (history,) = train([network], [data], replace(RECIPE, epochs=3, batch_size=18), seeds=[0])
    assert history.batch_size == batch
    first = caplog.messages[0]
    assert first == "out of memory with 18 series a step; going on with 9"
    assert caplog.messages[-1].endswith(f"going on with {batch}")
    assert len(history.loss) == 3
    assert all(map(math.isfinite, history.loss))
    at = 0
    for number in range(3):  # every series once an epoch
        epoch: list[int] = []
        while len(epoch) < 18:
            assert number == 0 or len(seen[at]) <= batch
            epoch += seen[at]
            at += 1
        assert sorted(epoch) == list(range(18))
    assert at == len(seen)
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


def test_one_series_too_large_for_the_memory_is_an_error() -> None:
    data = noise()
    expected = (
        r"^the device's memory does not hold the network and one series\. Try device=\"cpu\"\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        train([room_for(fresh(), 0, [], data)], [data], RECIPE, seeds=[0])


def test_a_smaller_batch_is_remembered_by_the_checkpoint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data, checkpoint = noise(), Checkpoint(tmp_path / "run.safetensors", "a run", 0.0)
    recipe = replace(RECIPE, batch_size=18)

    def interrupt(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 3:
            raise KeyboardInterrupt

    whole = room_for(fresh(), 6, [], data)
    train([whole], [data], recipe, seeds=[0])
    with pytest.raises(KeyboardInterrupt):
        train(
            [room_for(fresh(), 6, [], data)],
            [data],
            recipe,
            seeds=[0],
            audience=Audience([interrupt]),
            checkpoint=checkpoint,
        )
    caplog.clear()
    resumed = room_for(fresh(), 6, [], data)
    train([resumed], [data], recipe, seeds=[0], checkpoint=replace(checkpoint, resume=True))
    assert caplog.messages == []
    assert_same(resumed.state_dict(), whole.state_dict())


# ---- a full disk


def test_a_disk_that_is_full_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = fresh()
    train([whole], [noise()], RECIPE, seeds=[0])
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", 0.0)
    calls, files = 0, []

    sync = storage_files._sync

    def sync_or_fail(file: BinaryIO) -> None:
        nonlocal calls
        calls += 1
        files.append(checkpoint.path.read_bytes() if checkpoint.path.exists() else b"")
        if calls % 2 == 0:  # what a full disk says when the buffers are written out
            file.truncate(11)
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    monkeypatch.setattr(storage_files, "_sync", sync_or_fail)
    network = fresh()
    train([network], [noise()], RECIPE, seeds=[0], checkpoint=checkpoint)
    assert_same(network.state_dict(), whole.state_dict())
    assert calls == 6
    said = (
        f"{checkpoint.path}: cannot write the checkpoint ([Errno 28] No space left on device). "
        "Training goes on."
    )
    assert caplog.messages == [said] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]
    assert files[1] == files[2]  # what failed left the file before it
    assert files[2] != files[3]
    resumed = fresh()  # from the fifth epoch: the sixth was not saved
    seen: list[int] = []
    train(
        [resumed],
        [noise()],
        RECIPE,
        seeds=[0],
        checkpoint=replace(checkpoint, resume=True),
        audience=Audience([lambda _, report, __: seen.append(report.epoch)]),
    )
    assert seen == [6]
    assert_same(resumed.state_dict(), whole.state_dict())


LIMITED = """
import logging, resource, signal, sys
from pathlib import Path
from tests.support.robust import LIMIT, RECIPE, fresh, noise
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.epoch import Audience
from tszoo.training.loop import train

def limit(_, report, __):
    most = LIMIT if report.epoch >= 3 else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

logging.basicConfig()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
network = fresh()
checkpoint = Checkpoint(Path(sys.argv[1]), "a run", 0.0)
audience = Audience([limit])
train([network], [noise()], RECIPE, seeds=[0], audience=audience, checkpoint=checkpoint)
print("done", network.head.weight.double().sum().item().hex())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    command = [sys.executable, "-W", "ignore", "-c", LIMITED, str(path)]
    ended = warm.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("cannot write the checkpoint") == 4
    assert ended.stderr.count("Training goes on.") == 4
    whole, resumed = fresh(), fresh()
    train([whole], [noise()], RECIPE, seeds=[0])
    assert ended.stdout.split() == ["done", whole.head.weight.double().sum().item().hex()]
    assert [one.name for one in tmp_path.iterdir()] == ["run.safetensors"]
    seen: list[int] = []
    train(
        [resumed],
        [noise()],
        RECIPE,
        seeds=[0],
        checkpoint=Checkpoint(path, "a run", resume=True),
        audience=Audience([lambda _, report, __: seen.append(report.epoch)]),
    )
    assert seen == [3, 4, 5, 6]
    assert_same(resumed.state_dict(), whole.state_dict())


# ---- files of other runs


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        {"target": make_toy(seed=1)},
        {"recipe": {"epochs": 4}},
        {"recipe": {"epochs": 3, "learning_rate": 2e-3}},
        {"seed": 1},
        {"architecture": "resnet", "network": {"widths": [4], "kernel_lengths": [3]}},
        {"network": {"filters": [4, 5], "kernel_lengths": [5, 3]}},
        {"run": {"precision": "bfloat16"}},
    ],
    ids=["data", "epochs", "learning_rate", "seed", "architecture", "arguments", "precision"],
)
def test_a_run_with_another_description_is_refused(
    tmp_path: Path, change: dict[str, Any], done: bool
) -> None:
    def interrupt(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 2 and not done:
            raise KeyboardInterrupt

    run = Run(precision="float32", device="cpu", folder=tmp_path, watchers=[interrupt])
    asked: dict[str, Any] = {
        "target": make_toy(),
        "source": "none",
        "architecture": "fcn",
        "network": FCN,
        "recipe": {"epochs": 3},
        "members": 2,
    }
    try:
        finetune(**asked, run=run)
    except KeyboardInterrupt:
        assert not done
    changed = dict(change)
    resumed = replace(run, resume=True, **changed.pop("run", {}))
    expected = (
        r"member-0(-1\.partial)?\.safetensors: belongs to another run "
        r"\(its data, recipe, seed or source differ\)\. "
        r"Repeat the command that began it, or train without resume=True\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        finetune(**{**asked, **changed}, run=resumed)


# ---- killed, and killed again


def table(folder: Path, length: int) -> Path:
    toy = make_toy(24, length=length)
    rows = [
        [label, *series]
        for label, series in zip(toy.labels, toy.series[:, 0].tolist(), strict=True)
    ]
    path = folder / f"toy{length}.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def command(data: Path, out: Path, epochs: int) -> list[str]:
    """Train from scratch.

    Members side by side if series are short, one after another if they are long.
    """
    network = [
        "--source",
        "none",
        "--arch",
        "fcn",
        "--set",
        "filters=[4,4]",
        "--set",
        "kernel_lengths=[5,3]",
    ]
    run = [
        "--members",
        "2",
        "--epochs",
        str(epochs),
        "--batch-size",
        "24",
        "--precision",
        "float32",
        "--quiet",
    ]
    return ["finetune", str(data), "--out", str(out), *network, *run, "--checkpoint-seconds", "0"]


def finish(arguments: list[str]) -> None:
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output


def kill_again_and_again(tmp_path: Path, length: int, kills: int) -> None:
    data, draw = table(tmp_path, length), random.Random(length)
    epochs = 50 + 4 * kills
    finish(command(data, tmp_path / "whole", epochs))
    resumed = [*command(data, tmp_path / "killed", epochs), "--resume"]
    kept = tmp_path / "killed.training"
    found: set[str] = set()
    for _ in range(kills):
        before = newest(kept)
        with warm.Popen(
            [sys.executable, "-m", "tszoo", *resumed], stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as run:
            while (
                run.poll() is None and newest(kept) == before
            ):  # it takes a while before an epoch is over
                time.sleep(0.005)
            time.sleep(draw.uniform(0, min(0.3, 1.0 / kills)))
            run.kill()
            _, errors = run.communicate()
        if run.returncode == 0:  # it came to its end before it was killed
            break
        assert run.returncode == -signal.SIGKILL, errors
        found |= {path.name for path in kept.iterdir()}
    partial = {
        "member-0-1.partial.safetensors",
        "member-0.partial.safetensors",
        "member-1.partial.safetensors",
    }
    assert found & partial, "every kill came too late: this run tests nothing"
    if run.returncode != 0:
        finish(resumed)
    assert not kept.exists()
    whole, killed = (tmp_path / name / "model.safetensors" for name in ("whole", "killed"))
    assert_same(load_file(whole), load_file(killed))
    assert whole.read_bytes() == killed.read_bytes()


def newest(folder: Path) -> float:
    """When something was last put into place there."""
    try:
        return max((path.stat().st_mtime for path in folder.glob("*.safetensors")), default=0.0)
    except FileNotFoundError:  # replaced meanwhile
        return 0.0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize(
    "length",
    [
        pytest.param(32, id="side by side", marks=pytest.mark.slow),
        pytest.param(120, id="one after another"),
    ],
)
def test_a_run_that_is_killed_twice_ends_with_the_same_bytes(tmp_path: Path, length: int) -> None:
    kill_again_and_again(tmp_path, length, 2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("length", [32, 120], ids=["side by side", "one after another"])
def test_a_run_that_is_killed_twenty_times_ends_with_the_same_bytes(
    tmp_path: Path, length: int
) -> None:
    kill_again_and_again(tmp_path, length, 20)
