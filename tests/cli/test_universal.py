"""``tszoo pretrain --universal``, as people run it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.command_line import run, write_folder
from tszoo.models.load import load_config

TINY = ("--set", "depth=1", "--set", "filters=4", "--set", "lengths=[16,32]", "--points", "1024")
DREAMT = ("--universal", "dreamt", "--synthetic", "1")


def test_a_body_of_data_sets(tmp_path: Path) -> None:
    data = [write_folder(tmp_path / name, name) for name in ("A", "B")]
    command = ["pretrain", *data, "--universal", "ab", "--steps", 2, "--held-out", "B", *TINY]
    out = tmp_path / "zoo"
    done = run(*command, "--out", out, "--json")
    (model,) = json.loads(done.stdout)["models"]
    assert (model["model"], model["written"], model["steps"]) == ("inception.ab", True, 2)
    assert (model["datasets"], model["held_out"]) == (["A"], ["B"])
    assert 0 <= model["held_out_accuracy"] <= 1
    assert not (out / ".training").exists()
    refused = run(*command, "--out", out, status=1)
    assert "there is a model already" in refused.stderr
    again = run(*command, "--out", out, "--resume")
    assert "inception.ab: already in" in again.stderr


def test_a_source_is_trained_on(tmp_path: Path) -> None:
    out = tmp_path / "zoo"
    done = run("pretrain", *DREAMT, "--steps", 1, *TINY, "--out", out)
    assert re.fullmatch(
        r"inception\.dreamt: made-up tasks, 1 step, loss [\d.]+, \d+ s\n", done.stdout
    )
    more = ("--universal", "more", "--synthetic", "1", "--source", out / "inception.dreamt")
    run("pretrain", *more, "--steps", 1, *TINY[4:], "--out", out)
    assert load_config(out / "inception.more").base.model == "inception.dreamt"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((*DREAMT, "--members", "3"), "--members says nothing of a universal body"),
        ((*DREAMT, "--recipe", "paper"), "--recipe says nothing of a universal body"),
        ((*DREAMT, "--joint", "x"), "--joint says nothing of a universal body"),
        ((*DREAMT, "--log", "x"), "--log says nothing of a universal body"),
        ((*DREAMT, "--budget", "soon"), "--budget must be a whole number of steps"),
        ((*DREAMT, "--budget", "8m", "--steps", "8"), "--steps and --budget both say"),
        ((*DREAMT, "--arch", "mlp"), "mlp takes series of one length only"),
        ((*DREAMT, "--set", "depht=1"), "depht"),
        ((*DREAMT, "--held-out", "Tea"), "--held-out Tea: no data set of that name"),
        (("--universal", "x"), "make all episodes up with --synthetic 1"),
        (("--universal", "no/name", "--synthetic", "1"), "cannot name a model"),
        (("--steps", "8"), "--steps goes with --universal NAME only"),
    ],
)
def test_what_cannot_be_is_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    refused = run("pretrain", *options, "--out", tmp_path / "zoo", status=1)
    (line,) = refused.stderr.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not (tmp_path / "zoo").exists()


def test_no_data_is_wrong_usage(tmp_path: Path) -> None:
    assert "DATA" in run("pretrain", "--out", tmp_path / "zoo", status=2).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as POSIX sends it")
def test_ctrl_c_keeps_a_body_and_resume_goes_on(tmp_path: Path) -> None:
    steps, out = 100, tmp_path / "zoo"
    options = [*DREAMT, "--steps", str(steps), *TINY, "--checkpoint-seconds", "0"]
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tszoo",
        "pretrain",
        *options,
        "--out",
        str(out),
    ]
    with warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        kept = out / ".training" / "inception.dreamt" / "member-0.partial.safetensors"
        deadline = time.monotonic() + 120
        while not kept.exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=120)
    assert child.returncode == 130, stderr
    last = re.fullmatch(
        r"interrupted: stopped early after (\d+) steps; the same command with --resume goes on\.",
        stderr.splitlines()[-1],
    )
    assert last is not None, stderr
    config = load_config(out / "inception.dreamt")
    assert config.recipe.episodic.steps == int(last[1]) < steps
    assert kept.exists()
    run("pretrain", *options, "--out", out, "--resume")
    assert load_config(out / "inception.dreamt").recipe.episodic.steps == steps
    assert not kept.exists()
