"""What a run keeps until its model is whole, and that nothing else is ever removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.ensembles import JOB, assert_same, make_member, names, noise, running
from tszoo.errors import TrainingError
from tszoo.training.members import train_members
from tszoo.training.run_folder import check_kept, forget_run, holds_run, member_path, partial_path

OURS = ("member-0.safetensors", "member-12.safetensors.tmp", "member-0.partial.safetensors",
        "member-0-4.partial.safetensors.tmp")  # fmt: skip
OTHERS = ("notes.txt", "member-0.safetensors.old", "member-x.safetensors", "member-0-4.safetensors")


def fill(folder: Path, *files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in files:
        (folder / name).write_text("x")
    return folder


def test_files_of_a_run_are_told_from_others(tmp_path: Path) -> None:
    assert member_path(tmp_path, 0).name == OURS[0]
    assert partial_path(tmp_path, [0]).name == OURS[2]
    assert partial_path(tmp_path, [0, 1, 2, 3, 4]).name + ".tmp" == OURS[3]
    check_kept(tmp_path / "nowhere")
    check_kept(fill(tmp_path / "run", *OURS))
    for name in OTHERS:
        with pytest.raises(TrainingError, match=rf"holds {name}, which no training put there"):
            check_kept(fill(tmp_path / name.replace(".", "_"), *OURS, name))
    with pytest.raises(TrainingError, match=r"exists and is no folder"):
        check_kept(tmp_path / "run" / OURS[0])


def test_only_files_of_a_run_are_removed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "run", *OURS, *OTHERS)
    (folder / "member-1.safetensors").mkdir()
    assert holds_run(folder)
    forget_run(folder)
    assert names(folder) == sorted([*OTHERS, "member-1.safetensors"])
    assert not holds_run(folder)
    forget_run(tmp_path / "nowhere")


def test_a_run_that_begins_anew_leaves_no_member_of_the_run_before(tmp_path: Path) -> None:
    """Or a run that is interrupted and goes on would meet members that are not its own."""
    train_members(make_member, noise(), running(replace(JOB, seed=40), folder=tmp_path))
    job = running(folder=tmp_path)

    def interrupt(member: int, *_: object) -> None:
        if member == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_members(make_member, noise(), running(job, watchers=[interrupt]))
    assert names(tmp_path) == ["member-0.safetensors", "member-1.partial.safetensors"]
    resumed = train_members(make_member, noise(), running(job, resume=True))
    assert_same(resumed, train_members(make_member, noise(), JOB))
