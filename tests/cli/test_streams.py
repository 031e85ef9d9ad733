"""Stdout as it is outside: narrow encodings, closed pipes, full disks, names that are not UTF-8."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support import warm
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset

FULL = Path("/dev/full")
WORDS = ("日本", "Ü")


def start(*arguments, stdout=subprocess.PIPE, encoding="utf-8"):
    return warm.Popen(
        [sys.executable, "-W", "error", "-m", "tszoo", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )


def finish(*arguments, **options):
    """Run a command; return its status and what it says on stdout and stderr."""
    process = start(*arguments, **options)
    out, err = process.communicate()
    return process.returncode, out, err.decode("utf-8", "replace")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize("command", [("--help",), ("list", "--json")])
def test_a_full_disk_is_one_line(command):
    with FULL.open("w") as full:
        status, _, err = finish(*command, stdout=full)
    assert status == 1
    assert err == "error: stdout cannot be written (No space left on device).\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise here")
@pytest.mark.parametrize("command", [("--version",), ("list",)])
def test_a_closed_pipe_ends_quietly(command):
    process = start(*command)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert err == b""


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_what_an_encoding_lacks_is_spelled_out(encoding):
    status, out, err = finish("info", "inception.GunPoint", encoding=encoding)
    assert (status, err) == (0, "")
    assert "image:" in out.decode(encoding)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    toy = make_toy()
    foreign = Dataset.from_arrays(
        toy.series, np.array(WORDS)[toy.labels % 2], name="Toy", unequal=False
    )
    folder = tmp_path_factory.mktemp("model")
    make_model(foreign, members=1).save(folder / "m")
    rows = [",".join(f"{value:.4g}" for value in series[0]) for series in toy.series]
    data = folder / "new.csv"
    data.write_text("".join(f"{WORDS[i % 2]},{row}\n" for i, row in enumerate(rows)), "utf-8")
    return folder


def test_labels_outside_a_code_page_are_predicted(model):
    arguments = ("predict", str(model / "m"), str(model / "new.csv"))
    status, out, err = finish(*arguments, encoding="cp1252")
    assert (status, err) == (0, "new: no header; label: column 1; values: columns 2 to 33\n")
    table = list(csv.DictReader(out.decode("utf-8").splitlines()))
    assert {row["label"] for row in table} <= set(WORDS)


def test_json_is_ascii_where_stdout_is_not_utf8(model):
    arguments = ("datasets", "info", str(model / "new.csv"), "--json")
    status, out, err = finish(*arguments, encoding="cp1252")
    assert (status, err) == (0, "")
    assert json.loads(out.decode("ascii"))["classes"] == sorted(WORDS)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text here")
def test_a_name_that_is_not_utf8_is_spelled_out(tmp_path):
    name = os.fsdecode(b"m\xfc.csv")
    (tmp_path / name).write_text("1,2,3\n2,3,4\n")
    target = tmp_path / os.fsdecode(b"c\xfc.ts")
    status, out, err = finish("datasets", "convert", str(tmp_path / name), str(target))
    assert status == 0
    assert err.endswith(": no header; label: column 1; values: columns 2 to 3\n")
    assert out.decode("ascii").count("\\xfc") >= 1
    assert target.exists()
