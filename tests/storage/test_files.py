"""Files and folders that appear whole or not at all."""

import errno
import os
import subprocess
import sys

import pytest

from tszoo.storage import exchange, files
from tszoo.storage.files import build_folder, open_atomically, sibling, write_file, write_folder


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with open_atomically(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
        assert all(name == "a" or name.startswith(".a.") for name in names(tmp_path))
    assert path.read_bytes() == b"new"
    write_file(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("temporary", [None, "a.tmp"])
@pytest.mark.parametrize("kind", [OSError, ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_what_was_there(tmp_path, kind, temporary):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    other = None if temporary is None else tmp_path / temporary

    def fail():
        with open_atomically(path, other) as file:
            file.write(b"half")
            raise kind

    with pytest.raises(kind):
        fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, fails):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    owner = files.os if fails == "fsync" else files.Path
    monkeypatch.setattr(owner, fails, full)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "none" / "a", b"new")
    with pytest.raises(FileNotFoundError):
        write_folder(tmp_path / "none" / "a", {}, replace=False)


def test_a_temporary_file_with_a_name_is_written_over(tmp_path):
    path, temporary = tmp_path / "a", tmp_path / "a.tmp"
    temporary.write_bytes(b"left by a process that was killed, and longer than what is written")
    write_file(path, b"new", temporary=temporary)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


KILLED = """
import os, signal, sys
from pathlib import Path
from tszoo.storage import files

files.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
path = Path(sys.argv[1]) / "a"
files.write_file(path, b"new", temporary=path.with_name("a.tmp"))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_killed_processes_leave_one_file_of_a_given_name(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
        assert done.returncode < 0
        assert names(tmp_path) == ["a", "a.tmp"]
        assert (tmp_path / "a").read_bytes() == b"old"


def test_what_cannot_be_removed_does_not_hide_the_reason(tmp_path):
    temporary = tmp_path / "a.tmp"
    temporary.mkdir()
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path / "a", b"new", temporary=temporary)
    assert names(tmp_path) == ["a.tmp"]


def test_a_folder_is_written_at_once(tmp_path):
    path = tmp_path / "m"
    write_folder(path, {"a": b"1", "b": b"2"}, replace=False)
    assert names(path) == ["a", "b"]
    with pytest.raises(OSError, match=r"not empty|exists"):
        write_folder(path, {"c": b"3"}, replace=False)
    assert names(path) == ["a", "b"]
    write_folder(path, {"c": b"3"}, replace=True)
    assert names(path) == ["c"]
    assert names(tmp_path) == ["m"]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_folder_that_is_built_takes_its_place_at_the_end(tmp_path, monkeypatch, in_one_step):
    if not in_one_step:
        monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    path = tmp_path / "m"
    path.mkdir()
    (path / "old").touch()
    with build_folder(path, replace=True) as folder:
        (folder / "new").touch()
        assert names(path) == ["old"]
    assert names(path) == ["new"]

    def fail():
        with build_folder(path, replace=True) as folder:
            (folder / "newer").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(path) == ["new"]
    assert names(tmp_path) == ["m"]


def test_names_made_up_are_hidden_and_differ(tmp_path):
    first, second = sibling(tmp_path / ("x" * 250)), sibling(tmp_path / ("x" * 250))
    assert first != second
    assert first.parent == tmp_path
    assert first.name.startswith(".")
    assert len(first.name) < 255
