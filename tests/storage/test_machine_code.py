"""Kernels are compiled once: where nothing can be written, among the temporary files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tszoo.storage.machine_code import private_folder

# a kernel of a package that lies where nobody may write, as numba sees it
KERNEL = """
import logging, sys
from numba.core import caching
{places}
logging.basicConfig(format="%(message)s", stream=sys.stdout)
logging.getLogger("tszoo.storage.machine_code").setLevel(logging.INFO)
import numba
from tszoo.storage.machine_code import kept

def double(x):
    return 2 * x

double.__module__ = "tszoo.made_up"
sys.modules["tszoo.made_up"] = sys.modules["__main__"]
kernel = kept(lambda cache: numba.njit("int64(int64)", cache=cache)(double))
print(kernel(21), sum(kernel.stats.cache_hits.values()), numba.config.CACHE_DIR)
"""
NOWHERE = (
    "caching.CacheImpl._locator_classes = ["
    "name for name in caching.CacheImpl._locator_classes if 'UserProvided' in str(name)]"
)


def told(script, temporary, places) -> list[str]:
    script.write_text(KERNEL.format(places=places))
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "TMPDIR": str(temporary)},
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners are POSIX's")
def test_a_private_temporary_folder_keeps_what_nothing_else_can(tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = tmp_path / "kernel.py"
    first, second = (told(script, temporary, NOWHERE) for _ in range(2))
    assert first[0] == "compiling kernels, about 20 s on an idle machine, once"
    assert first[1].split() == ["42", "0"]  # and numba's own setting is as it was
    assert [line.split() for line in second] == [["42", "1"]]
    (folder,) = temporary.iterdir()
    assert folder.name == f"tszoo-kernels-{os.geteuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_where_nothing_at_all_can_be_kept_it_is_said(tmp_path):
    everywhere_closed = "caching.CacheImpl._locator_classes = []"
    said, answer = told(tmp_path / "kernel.py", tmp_path, everywhere_closed)
    assert said.startswith("compiling kernels, about 20 s on an idle machine, every time: ")
    assert answer.split()[0] == "42"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners are POSIX's")
@pytest.mark.parametrize("made", ["by others", "open to others", "a link", "a file"])
def test_a_folder_that_others_may_write_is_not_used(tmp_path, monkeypatch, made):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    user = os.geteuid()
    folder = tmp_path / f"tszoo-kernels-{user}"
    if made == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    elif made == "a file":
        folder.write_text("")
    else:
        folder.mkdir(mode=0o700)
    if made == "open to others":
        folder.chmod(0o770)
    if made == "by others":
        monkeypatch.setattr("os.geteuid", lambda: user + 1)
        folder.rename(tmp_path / f"tszoo-kernels-{user + 1}")
    assert private_folder() is None
