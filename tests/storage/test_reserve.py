"""Space for the end of a run is held from its beginning."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.support.full_disk import full_disk
from tszoo.errors import TrainingError
from tszoo.storage.reserve import reserved

SIZE = 64 << 20


def used(folder) -> int:
    return shutil.disk_usage(folder).used


@pytest.mark.parametrize("system", ["allocates", "writes"])
def test_space_is_held_by_no_name_until_the_block_ends(tmp_path, monkeypatch, system):
    if system == "writes":
        monkeypatch.delattr(os, "posix_fallocate")
    folder = tmp_path / "run"
    before = used(tmp_path)
    with reserved(folder, SIZE):
        held = used(tmp_path) - before
        assert list(folder.iterdir()) == []
    # others write to this disk, too
    assert held > SIZE / 2
    assert used(tmp_path) - before < SIZE / 2


@pytest.mark.parametrize("system", ["allocates", "writes"])
def test_too_little_space_is_said_before_the_work(tmp_path, monkeypatch, system):
    if system == "writes":
        monkeypatch.delattr(os, "posix_fallocate")
    said = r"run: no space for the model, about 64\.0 MiB \(File too large\)\. Make room, or choose"
    with (
        full_disk(SIZE // 2),
        pytest.raises(TrainingError, match=said),
        reserved(tmp_path / "run", SIZE),
    ):
        pytest.fail("the work began")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_held_without_a_folder_or_where_none_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (None, tmp_path / "file" / "run"):
        with reserved(folder, SIZE):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
