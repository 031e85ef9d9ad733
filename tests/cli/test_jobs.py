"""``--jobs N`` says how fast, and not what; one Ctrl-C stops all processes, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.command_line import process, run, write_folder
from tests.support.spread import ends
from tszoo.training.watch.runlog import read_runlog

# enough for a Ctrl-C to come in between
MANY = 400
MLP = ("--source", "none", "--arch", "mlp", "--members", 2, "--device", "cpu")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "Mine")


def weights(model: Path) -> bytes:
    return (model / "model.safetensors").read_bytes()


@pytest.mark.usefixtures("warm_children")
def test_any_number_of_jobs_gives_the_same_file(mine: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        out = ("--out", tmp_path / f"m{jobs}", "--log", tmp_path / f"m{jobs}.jsonl")
        run("finetune", mine, *MLP, "--epochs", 3, *out, "--jobs", jobs, "--validation", "0.25")
    assert weights(tmp_path / "m1") == weights(tmp_path / "m2")
    logs = [read_runlog(tmp_path / f"m{jobs}.jsonl") for jobs in (1, 2)]
    for ours, theirs in zip(*(log.members for log in logs), strict=True):
        assert ours.epoch.tolist() == theirs.epoch.tolist() == [1, 2, 3]
        assert ours.loss.tolist() == theirs.loss.tolist()
        assert ours.validation_loss.tolist() == theirs.validation_loss.tolist()


@pytest.mark.usefixtures("warm_children")
def test_members_are_spread_over_devices(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    options = ("--source", "none", "--arch", "mlp", "--members", 2, "--epochs", 2)
    for device in ("cpu", "cpu,cpu"):
        run("finetune", mine, *options, "--device", device, "--out", tmp_path / device)
    assert weights(tmp_path / "cpu") == weights(tmp_path / "cpu,cpu")
    problems = {
        "cpu,gpu": "error: --device must be auto, cpu, cuda or cuda:N, not 'gpu'.",
        "cuda:all": "error: device cuda:all: this machine has no CUDA device. Use --device cpu.",
    }
    for device, problem in problems.items():
        told = run("finetune", mine, *options, "--device", device, "--out", "no", status=1).stderr
        assert told.splitlines()[-1] == problem


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="children are listed in /proc")
def test_ctrl_c_stops_all_and_the_run_goes_on_with_another_number(
    mine: Path, tmp_path: Path
) -> None:
    log, out = tmp_path / "run.jsonl", tmp_path / "m"
    command = ("finetune", mine, *MLP, "--epochs", MANY)
    kept = ("--out", out, "--log", log)
    words = [sys.executable, "-m", "tszoo", *map(str, (*command, *kept)), "--jobs", "2"]
    with warm.Popen(
        words, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=Path.cwd()
    ) as child:
        while not log.exists() or log.read_bytes().count(b"\n") < 20:
            assert child.poll() is None
            time.sleep(0.02)
        listed = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        os.killpg(child.pid, signal.SIGINT)  # a terminal sends it to all of them
        assert child.stderr is not None
        said = child.stderr.read()
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].endswith("the same command with --resume goes on from there.")
    assert len(listed) == 2
    assert all(ends(int(worker)) for worker in listed)
    reached = {int(line["member"]): line["epoch"] for line in epochs(log)}
    assert max(reached.values()) < MANY
    run(*command, *kept, "--jobs", 1, "--resume")
    run(*command, "--out", tmp_path / "whole", "--jobs", 1)
    assert weights(out) == weights(tmp_path / "whole")
    assert [member.epoch[-1] for member in read_runlog(log).members] == [MANY, MANY]


def epochs(log: Path) -> list[dict[str, int]]:
    return [json.loads(line) for line in log.read_text().splitlines()[1:]]


def test_a_number_that_is_none(mine: Path, tmp_path: Path) -> None:
    refused = process("finetune", mine, *MLP, "--out", tmp_path / "m", "--jobs", 0)
    assert refused.returncode == 2
    assert "--jobs" in refused.stderr
