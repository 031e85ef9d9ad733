"""A full disk ends no training, and loses none."""

from __future__ import annotations

import errno
import re

import pytest

from tests.support.command_line import run, write_folder
from tests.support.full_disk import full_disk
from tszoo.models import save
from tszoo.models.model import Model
from tszoo.training.watch.runlog import read_runlog

TINY = ("depth=1", "filters=2", "kernel_lengths=[8,4]", "bottleneck=2")
QUICK = ("--members", "1", "--epochs", "3", *(word for set_ in TINY for word in ("--set", set_)))


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


def test_a_model_that_cannot_be_written_is_kept_elsewhere(mine, tmp_path, monkeypatch):
    write = save.write_folder

    def write_elsewhere(path, files, replace):
        if path.name == "model" and path.parent == tmp_path:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, files, replace)

    monkeypatch.setattr(save, "write_folder", write_elsewhere)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = run("finetune", mine, "--source", "none", "--out", tmp_path / "model", *QUICK, status=1)
    kept = re.search(
        r"error: \S+model: the model cannot be written \(No space left on device\)\. The model is "
        r"kept in (\S+/model): make room, and move that folder\.\n$",
        done.stderr,
    )
    assert kept is not None, done.stderr
    assert Model.load(kept[1]).config.members == 1
    # and so are its members, for --resume
    assert [path.name for path in (tmp_path / "model.training").iterdir()] == [
        "member-0.safetensors"
    ]


def test_a_run_without_space_for_its_model_does_not_begin(mine, tmp_path):
    with full_disk(1000):
        done = run(
            "finetune", mine, "--source", "none", "--out", tmp_path / "model", *QUICK, status=1
        )
    last = done.stderr.splitlines()[-1]
    assert re.search(r"error: .*no space for the model, about 0\.\d MiB \(File too large\)", last)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("full_from", ["the beginning", "the second epoch"])
def test_a_log_on_a_full_disk_costs_no_model(mine, tmp_path, monkeypatch, full_from):
    from tszoo.training.watch import runlog

    calls = []

    def full(*arguments):
        calls.append(arguments)
        if full_from == "the beginning" or len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(*arguments)

    append = runlog.append
    name = "write_file" if full_from == "the beginning" else "append"
    monkeypatch.setattr(runlog, name, full)
    model, log = tmp_path / "model", tmp_path / "run.jsonl"
    done = run("finetune", mine, "--source", "none", "--out", model, "--log", log, *QUICK)
    assert Model.load(model).config.members == 1
    if full_from == "the beginning":
        said = f"{log}: cannot write the run log (No space left on device). Training goes on"
        assert done.stderr.count(said) == 1
        assert not log.exists()
    else:
        assert len(calls) == 2
        assert read_runlog(log).members[0].epoch.tolist() == [1]
