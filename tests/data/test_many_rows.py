"""Long tables of one line a point are read block by block, in memory that is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tszoo.data import load_dataset
from tszoo.data.readers import lines

COLUMNS = {"id_column": "id", "time_column": "time", "label_column": "label"}


def write_rows(path: Path, n_series: int, length: int) -> None:
    values = np.random.default_rng(0).normal(size=length).round(4).tolist()
    with path.open("w") as file:
        file.write("id,time,label,value\n")
        for i in range(n_series):
            rows = (f"{i},{t},{'ab'[i % 2]},{value}\n" for t, value in enumerate(values))
            file.writelines(rows)


def test_a_row_costs_few_bytes_beside_the_block_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 2**18)  # some 10,000 rows
    peaks = []
    for n_series in (1000, 4000):
        write_rows(tmp_path / "rows.csv", n_series, 50)
        tracemalloc.start()
        data = load_dataset(tmp_path / "rows.csv", **COLUMNS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (data.n_series, data.length, data.n_classes) == (n_series, 50, 2)
    assert (peaks[1] - peaks[0]) / (3000 * 50) < 130  # an id, a label, a time and a value, twice


MEASURED = """
import json, resource
import tszoo
data = tszoo.load_dataset("rows.csv", id_column="id", time_column="time", label_column="label")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([data.n_series, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@pytest.mark.slow
def test_ten_million_rows_are_read_in_minutes_and_little_memory(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", 20_000, 500)
    command = [sys.executable, "-c", MEASURED]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    n_series, seconds, kilobytes = json.loads(done.stdout)
    assert n_series == 20_000
    assert seconds < 150
    assert kilobytes < 1.5 * 2**20
