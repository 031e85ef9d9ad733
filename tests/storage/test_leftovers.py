"""What killed writers leave is swept by the next one; what is being written is not."""

import signal
import subprocess
import sys
import threading

import pytest

from tszoo.storage import leftovers
from tszoo.storage.files import build_folder, open_atomically, write_file, write_folder
from tszoo.storage.leftovers import hold, sibling, sweep

pytestmark = pytest.mark.skipif(leftovers.fcntl is None, reason="nothing is swept here")

WRITER = """
import sys, time
from pathlib import Path
from tszoo.storage.files import build_folder, open_atomically

path = Path(sys.argv[1])
with open_atomically(path / "a") as file, build_folder(path / "m", replace=True) as folder:
    (folder / "config.json").write_text("half")
    file.write(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def writer(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    yield process
    process.kill()
    process.communicate()


def test_what_a_killed_writer_left_is_swept(tmp_path, writer):
    assert len(names(tmp_path)) == 2
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(names(tmp_path)) == 2
    write_file(tmp_path / "a", b"new")
    write_folder(tmp_path / "m", {"config.json": b"{}"}, replace=True)
    assert names(tmp_path) == ["a", "m"]


def test_what_another_process_writes_is_left_alone(tmp_path, writer):
    before = names(tmp_path)
    write_file(tmp_path / "a", b"new")
    write_folder(tmp_path / "m", {"config.json": b"{}"}, replace=True)
    assert names(tmp_path) == sorted([*before, "a", "m"])
    assert writer.poll() is None


def test_what_this_process_writes_is_left_alone(tmp_path):
    path = tmp_path / "m"
    with build_folder(path, replace=True) as first:
        with build_folder(path, replace=True):
            assert first.exists()
        assert first.exists()
    with open_atomically(tmp_path / "a") as file:
        sweep(tmp_path / "a")
        file.write(b"whole")
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert names(tmp_path) == ["a", "m"]


def test_only_our_own_names_are_swept(tmp_path):
    others = (".m.tmp", ".m.0123456789abc.tmp", ".other.0123456789ab.tmp", ".m.0123456789ab.old")
    for name in (*others, ".m.0123456789ab.tmp"):
        (tmp_path / name).touch()
    (tmp_path / ".m.ba9876543210.tmp").mkdir()
    sweep(tmp_path / "m")
    assert names(tmp_path) == sorted(others)
    sweep(tmp_path / "none" / "m")


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").touch()
    (tmp_path / ".m.0123456789ab.tmp").symlink_to(tmp_path / "theirs")
    sweep(tmp_path / "m")
    assert names(tmp_path / "theirs") == ["file"]


def test_a_writer_notices_that_its_file_is_gone(tmp_path):
    path = sibling(tmp_path / "a")
    with path.open("xb") as file:
        assert hold(file.fileno(), path)
        path.unlink()
        assert not hold(file.fileno(), path)


def test_many_writers_of_one_name(tmp_path):
    write_folder(tmp_path / "m", {}, replace=False)
    failures = []

    def write(number):
        try:
            for _ in range(25):
                write_file(tmp_path / "a", b"%d" % number)
                write_folder(tmp_path / "m", {"n": b"%d" % number}, replace=True)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == ["a", "m"]
