"""Archives.

What is in one, and fetching into one from a real server that serves what the real one would, or
worse.
"""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from tests.support import warm
from tszoo.data import Dataset, download, load_dataset, save_dataset
from tszoo.data.archive import describe, fetch, list_archive
from tszoo.errors import DataError, OptionError

TXT = {"X_TRAIN.txt": "  1 1.5 2\n  2 3 4\n", "X_TEST.txt": "  2 5 6\n  1 7 8\n  1 0 1\n"}
TS_HEAD = "@timeStamps false\n@classLabel true a b\n@equalLength "
UNEQUAL = {
    "X_TRAIN.ts": TS_HEAD + "false\n@data\n1,2,?:a\n3,4,5,6:b\n",
    "X_TEST.ts": TS_HEAD + "false\n@data\n1:b\n",
    "X_TRAIN.txt": "1 1 2 0\n2 3 4 5\n",  # the same in a poorer format
    "X_TEST.txt": "2 1 0 0\n",
}
CHANNELS = {
    "X_TRAIN.ts": TS_HEAD + "true\n@data\n1,2:3,4:a\n3,4:5,6:b\n",
    "X_TEST.ts": TS_HEAD + "true\n@data\n1,1:1,1:b\n",
}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class Site:
    """A small stand-in for the UCR/UEA site.

    ``files`` maps a path to bytes, or to a function that writes them.
    """

    def __init__(self):
        site = self
        self.files = {}
        self.released = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                content = site.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                if callable(content):
                    content(self)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def half(self, content):
        """Promise all of ``content``, send half of it, hang up."""

        def send(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            with contextlib.suppress(ConnectionError):  # the client may be gone by now
                handler.wfile.write(content[: len(content) // 2])

        return send

    def stuck(self, content):
        """Send half of ``content`` and then nothing until released."""

        def send(handler):
            self.half(content)(handler)
            handler.wfile.flush()
            self.released.wait(30)

        return send


@pytest.fixture
def site(monkeypatch):
    own = Site()
    thread = threading.Thread(target=own.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setattr(download, "SITES", (own.url,))
    yield own
    own.released.set()
    own.server.shutdown()
    own.server.server_close()
    thread.join()


def test_fetch(site, tmp_path):
    site.files["/X.zip"] = zipped(TXT)
    folder = fetch("X", tmp_path / "archive")
    assert folder == tmp_path / "archive" / "X"
    assert sorted(path.name for path in folder.iterdir()) == ["X_TEST.tsv", "X_TRAIN.tsv"]
    train = load_dataset("X", archive=tmp_path / "archive")
    assert train.series[:, 0].tolist() == [[1.5, 2], [3, 4]]
    assert train.classes == (1, 2)
    assert load_dataset(folder, split="test").n_series == 3
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["X"]


@pytest.mark.parametrize(("files", "suffix"), [(UNEQUAL, "ts"), (CHANNELS, "ts")])
def test_fetch_keeps_what_the_richest_format_says(site, tmp_path, files, suffix):
    site.files["/X.zip"] = zipped(files)
    fetch("X", tmp_path)
    assert sorted(path.name for path in (tmp_path / "X").iterdir()) == [
        f"X_TEST.{suffix}",
        f"X_TRAIN.{suffix}",
    ]
    for split in ("train", "test"):
        (tmp_path / f"own_{split.upper()}.ts").write_text(files[f"X_{split.upper()}.ts"])
        assert load_dataset("X", archive=tmp_path, split=split).sha256 == (
            load_dataset(tmp_path / f"own_{split.upper()}.ts").sha256
        )


def test_fetch_leaves_what_is_there_unless_told(site, tmp_path):
    site.files["/X.zip"] = zipped(TXT)
    (tmp_path / "X").mkdir()
    (tmp_path / "X" / "mine").write_text("mine")
    with pytest.raises(
        DataError, match=r"X: already there\. Pass overwrite=True to download it again\.$"
    ):
        fetch("X", tmp_path)
    fetch("X", tmp_path, overwrite=True)
    assert sorted(path.name for path in (tmp_path / "X").iterdir()) == ["X_TEST.tsv", "X_TRAIN.tsv"]
    assert [path.name for path in tmp_path.iterdir()] == ["X"]


BROKEN = {
    "half a zip, honestly counted": (
        zipped(TXT)[:150],
        r"X: what the UCR/UEA site sent cannot be used \(",
    ),
    "not a zip": (b"<html>moved</html>", r"cannot be used \("),
    "an empty zip": (zipped({}), r"cannot be used \("),
    "no test split": (
        zipped({"X_TRAIN.txt": TXT["X_TRAIN.txt"]}),
        r"cannot be used \(.*X_TEST\.txt: no such file\.\)",
    ),
    "an empty split": (
        zipped(TXT | {"X_TEST.txt": ""}),
        r"cannot be used \(X_TEST\.txt: the file is empty\.\)",
    ),
    "text for numbers": (
        zipped(TXT | {"X_TEST.txt": "1 2 x\n"}),
        r"X_TEST\.txt, line 1, column 3: 'x' is not a number",
    ),
    "an infinite value": (zipped(TXT | {"X_TEST.txt": "1 2 inf\n"}), "'inf' is infinite"),
    "splits of other channels": (
        zipped(
            {"X_TRAIN.ts": CHANNELS["X_TRAIN.ts"], "X_TEST.ts": TS_HEAD + "true\n@data\n1,1:b\n"}
        ),
        r"cannot be used \(",
    ),
    "formats that disagree": (
        zipped(
            TXT
            | {
                "X_TRAIN.ts": TS_HEAD + "true\n@data\n1,2:a\n",
                "X_TEST.ts": TS_HEAD + "true\n@data\n1,2:a\n",
            }
        ),
        "the train split has 1 series in one file and 2 in another; not kept",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_download_leaves_nothing(site, tmp_path, case):
    site.files["/X.zip"], message = BROKEN[case]
    with pytest.raises(DataError, match=message) as caught:
        fetch("X", tmp_path / "archive")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "archive").exists() or list((tmp_path / "archive").iterdir()) == []


def test_a_cut_connection(site, tmp_path):
    site.files["/X.zip"] = site.half(zipped(TXT))
    with pytest.raises(
        DataError, match=r"^X: the download from the UCR/UEA site failed \(.*\)\. Try again"
    ):
        fetch("X", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server(site, tmp_path):
    site.files["/X.zip"] = site.stuck(zipped(TXT))
    start = time.monotonic()
    with pytest.raises(DataError, match="the download from the UCR/UEA site failed"):
        fetch("X", tmp_path, timeout=0.5)
    assert time.monotonic() - start < 20
    assert list(tmp_path.iterdir()) == []


def test_a_set_whose_file_has_another_name(site, tmp_path):
    site.files["/NonInvasiveFatalECGThorax1.zip"] = zipped(TXT)
    name = "NonInvasiveFetalECGThorax1"
    fetch(name, tmp_path)
    assert load_dataset(name, archive=tmp_path).n_series == 2


def test_nothing_of_the_process_is_changed(site, tmp_path):
    seen = []

    def send(handler):
        seen.append((socket.getdefaulttimeout(), tempfile.tempdir))
        site.half(zipped(TXT))(handler)

    site.files["/X.zip"] = send
    tempfile.gettempdir()  # looked up once
    before = socket.getdefaulttimeout(), tempfile.tempdir
    with pytest.raises(DataError, match=r"only [0-9]+ of [0-9]+ bytes came"):
        fetch("X", tmp_path)
    assert seen == [before]


def test_a_second_site_is_asked_where_the_first_fails(site, tmp_path, monkeypatch):
    site.files["/X.zip"] = zipped(TXT)
    monkeypatch.setattr(download, "SITES", ("http://127.0.0.1:9/", site.url))
    assert fetch("X", tmp_path) == tmp_path / "X"
    with pytest.raises(DataError, match="refused"):
        fetch("Y", tmp_path)


def test_unknown_names_and_unreachable_sites(site, tmp_path, monkeypatch):
    with pytest.raises(
        DataError,
        match=r"^Nope: the UCR/UEA site has no data set of that name \(HTTP status 404\)\.$",
    ):
        fetch("Nope", tmp_path)
    monkeypatch.setattr(download, "SITES", ("http://127.0.0.1:9/",))
    with pytest.raises(
        DataError,
        match=r"^X: the download from the UCR/UEA site failed \(.*refused.*\)\. Try again",
    ):
        fetch("X", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../X", "a/b", "/X", "-X", "X Y", "X\0", "X?"])
def test_names_that_are_paths(name, tmp_path):
    with pytest.raises(OptionError, match="is not the name of a data set"):
        fetch(name, tmp_path)


def test_entries_that_climb_out_of_the_zip_stay_inside(site, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    site.files["/X.zip"] = zipped(
        TXT | {"../../../../evil.txt": "!", f"{tmp_path}/evil.txt": "!", "..\\evil.txt": "!"}
    )
    fetch("X", tmp_path / "archive")
    assert list(tmp_path.rglob("*evil*")) == []  # the scratch folder they were unpacked in is gone
    assert [
        path.name for path in (tmp_path / "archive" / "X").iterdir() if "X_" not in path.name
    ] == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_fetch_leaves_nothing(site, tmp_path, how):
    begun = threading.Event()
    content = zipped(TXT)

    def send(handler):
        begun.set()
        site.stuck(content)(handler)

    site.files["/X.zip"] = send
    code = (
        "import sys\nfrom tszoo.data import download\nfrom tszoo.data.archive import fetch\n"
        "download.SITES = (sys.argv[1],)\nfetch('X', sys.argv[2])"
    )
    out = tmp_path / "archive"
    out.mkdir()
    process = warm.Popen(
        [sys.executable, "-c", code, site.url, str(out)],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert begun.wait(60)
    process.send_signal(how)
    assert process.wait(30) != 0
    assert list(out.iterdir()) == []
    if how == signal.SIGINT:
        assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_failed_write_leaves_nothing(site, tmp_path, monkeypatch):
    site.files["/X.zip"] = zipped(TXT)

    def full(dataset, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tszoo.data.archive.save_dataset", full)
    with pytest.raises(DataError, match=r"X: cannot be written \(No space left on device\)\.$"):
        fetch("X", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_list_archive(tmp_path):
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], [1, 2])
    for name, files in (
        ("B", ["B_TRAIN.tsv", "B_TEST.tsv"]),
        ("A", ["A_TRAIN.ts.gz"]),
        ("Empty", []),
        (".C.0.part", ["C_TRAIN.tsv"]),
        ("T", ["T_TEST.csv"]),
    ):
        (tmp_path / name).mkdir()
        for file in files:
            save_dataset(dataset, tmp_path / name / file)
    (tmp_path / "README").write_text("not a folder")
    entries = list_archive(tmp_path)
    assert [(entry.name, entry.splits) for entry in entries] == [
        ("A", ("train",)),
        ("B", ("train", "test")),
        ("T", ("test",)),
    ]
    assert entries[1].n_bytes == sum(path.stat().st_size for path in (tmp_path / "B").iterdir())
    with pytest.raises(
        DataError, match=r"nowhere: cannot be read as an archive \(No such file or directory\)\.$"
    ):
        list_archive(tmp_path / "nowhere")


def test_describe(tmp_path):
    (tmp_path / "X").mkdir()
    save_dataset(Dataset.from_arrays([[1, 2, 3], [3]], ["a", "b"]), tmp_path / "X" / "X_TRAIN.ts")
    one = describe("X", archive=tmp_path)
    assert (one.n_train, one.n_test, one.length, one.shortest, one.unequal) == (2, None, 3, 1, True)
    gap = Dataset.from_arrays([[1, 2, np.nan, 4, 5]] * 3, list("aab"), unequal=False)
    save_dataset(gap, tmp_path / "X" / "X_TEST.ts")
    both = describe(tmp_path / "X")
    assert (both.n_test, both.length, both.n_missing, both.n_channels) == (3, 5, 3, 1)
    assert both.classes == ("a", "b")


def test_the_archive_itself(archive):
    entries = {entry.name: entry.splits for entry in list_archive(archive)}
    assert entries["GunPoint"] == ("train", "test")
    gun = describe("GunPoint", archive=archive)
    assert (gun.n_train, gun.n_test, gun.length, gun.classes, gun.unequal) == (
        50,
        150,
        150,
        (1, 2),
        False,
    )
    assert describe("PLAID", archive=archive).unequal
