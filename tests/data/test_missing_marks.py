"""Values that programs write for missing ones are told, and stay what they are."""

import json

import numpy as np
import pytest

from tests.support.command_line import run
from tszoo.data import Dataset
from tszoo.data.missing_marks import find_mark

NOISE = np.random.default_rng(0).standard_normal((12, 8)).round(3)
LABELS = ["a", "b"] * 6


def with_value(value, n=3):
    X = NOISE.copy()
    X[:n, 2] = value
    return X


@pytest.mark.parametrize("value", [-99, -999, 9999, -9999.0, 99999, -32768, 1e30, -1e20, -999.99])
def test_a_value_that_marks_missing_ones_is_noticed(value):
    marked = find_mark(Dataset.from_arrays(with_value(value)))
    assert marked == (np.float32(value), 3)
    assert marked.told().startswith(f"{value:g} stands 3 times, far from all other values.")


@pytest.mark.parametrize("value", [9, 0, -1, 100, -998])
def test_other_values_are_none(value):
    assert find_mark(Dataset.from_arrays(with_value(value))) is None


def test_a_value_among_others_is_none():
    assert find_mark(Dataset.from_arrays(with_value(99, n=1))) is None
    assert find_mark(Dataset.from_arrays(with_value(99) * 50)) is None
    counts = np.arange(60.0, 156.0).reshape(12, 8)
    assert find_mark(Dataset.from_arrays(np.minimum(counts, 99))) is None
    assert find_mark(Dataset.from_arrays(np.full((2, 3), 99.0))) is None


def test_commands_say_so(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{y}," + ",".join(map(str, x)) for y, x in zip(LABELS, with_value(-999), strict=True)]
    path.write_text("\n".join(rows) + "\n")
    told = "-999 stands 3 times, far from all other values. If it marks missing values, leave"
    assert told in " ".join(run("datasets", "info", path).output.split())
    document = json.loads(run("datasets", "info", path, "--json").stdout)
    assert document["marked"].startswith(told)
    written = run("datasets", "convert", path, tmp_path / "b.csv")
    assert f"a: {told} those cells empty." in written.stderr
