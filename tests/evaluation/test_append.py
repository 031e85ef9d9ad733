"""A table of results that several processes write to."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support import warm
from tests.support.toys import make_toy
from tszoo.errors import DataError
from tszoo.evaluation.append import COLUMNS, append_result, check_appendable
from tszoo.evaluation.metrics import score
from tszoo.evaluation.read_results import read_results
from tszoo.storage.lock import held_lock

EVALUATION = score(np.array([0, 1, 1]), np.eye(2)[[0, 1, 0]], ("a", "b"), "m", make_toy(3))
WRITER = """
import sys
from tests.evaluation.test_append import EVALUATION
from tszoo.evaluation.append import append_result
for k in range(int(sys.argv[3])):
    append_result(sys.argv[1], f"{sys.argv[2]}{k}", EVALUATION)
    print(k, flush=True)
"""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def writer(path: Path, name: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(times)]
    return warm.Popen(command, stdout=subprocess.PIPE, text=True)


def test_rows_that_compare_reads(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    for name in ("mine", 'odd, "name"'):
        append_result(path, name, EVALUATION)
    header, *rows = csv.reader(path.read_text().splitlines())
    assert tuple(header) == COLUMNS
    assert rows[1][:5] == ['odd, "name"', "Toy", "0.666667", "", "3"]
    table = read_results([path])
    assert table.classifiers == ("mine", 'odd, "name"')
    assert table.accuracy == pytest.approx(np.full((1, 2), 2 / 3), abs=1e-6)


def test_a_table_keeps_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("Seed,Accuracy,Model,Dataset\n0,0.5,theirs,Toy")  # a last line without an end
    append_result(path, "mine", EVALUATION)
    assert path.read_text() == (
        "Seed,Accuracy,Model,Dataset\n0,0.5,theirs,Toy\n,0.666667,mine,Toy\n"
    )


@pytest.mark.parametrize("text", ["dataset,A,B\nToy,1,1\n", "classifier,dataset\nA,Toy\n"])
def test_another_table_stays_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text(text)
    for refuse in (check_appendable, lambda path: append_result(path, "mine", EVALUATION)):
        with pytest.raises(DataError, match=r"results.csv: no column (classifier|accuracy);"):
            refuse(path)
    assert path.read_text() == text


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no results can be added"):
        append_result(tmp_path / "missing" / "a.csv", "mine", EVALUATION)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"b.csv: no results can be added"):
        check_appendable(tmp_path / "b.csv")


def test_two_writers_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    writers = [writer(path, name, 15) for name in "ab"]
    assert [process.communicate() and process.returncode for process in writers] == [0, 0]
    wanted = {f"{name}{k}" for name in "ab" for k in range(15)}
    assert {row["classifier"] for row in rows_of(path)} == wanted
    assert len(rows_of(path)) == 30


def test_a_killed_writer_leaves_whole_rows_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    process = writer(path, "a", 100_000)
    assert process.stdout is not None
    while process.stdout.readline() != "5\n":
        pass
    process.kill()
    process.communicate()
    before = rows_of(path)
    assert len(before) >= 6
    assert path.read_text().endswith("\n")
    assert all(None not in row.values() for row in before)  # as csv has a row that is too short
    append_result(path, "b", EVALUATION)
    assert rows_of(path)[:-1] == before
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_writer_that_waits_too_long_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.csv"
    impatient = lambda lock: held_lock(lock, timeout=0.1)  # noqa: E731
    monkeypatch.setattr("tszoo.evaluation.append.held_lock", impatient)
    told = pytest.raises(DataError, match="another process has been writing to it")
    with held_lock(tmp_path / ".results.csv.lock"), told:
        append_result(path, "mine", EVALUATION)
