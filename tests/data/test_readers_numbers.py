"""Numbers that pyarrow reads are those that Python reads, cell by cell, or are left to it."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.data.readers import quick_numbers
from tszoo.data.readers.numbers import parse_rows
from tszoo.data.readers.quick_numbers import parse_quickly
from tszoo.data.spellings import MISSING, to_number

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = ["1.", ".5", "+1", "1e5", "1E+05", "-0", "-0.0", "007", "1e400", "1e-400", "5e-324"]
WORDS = [
    "inf",
    "-Infinity",
    "nan(7)",
    "NaN",
    "+nan",
    "1_0",
    "0x1p3",
    "0x10",
    "1d5",
    "1,5",
    "1e",
    "-",
]
CELLS = st.one_of(
    FLOATS.map(repr),
    FLOATS.map("{:.3g}".format),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(sorted(MISSING)).flatmap(
        lambda word: st.sampled_from([word, word.upper(), word.title(), f" {word}"])
    ),
    st.sampled_from(NUMBERS + WORDS),
    st.sampled_from([" 1", "1 ", "\t1", "1\x0b", "1\xa0", '"1"', "'1'", "\\N", "1 2"]),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@pytest.fixture
def of_any_size(monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(quick_numbers, "LEAST_CHARACTERS", 0)
    monkeypatch.setattr(quick_numbers, "CHARACTERS_AT_A_TIME", 8)


def test_every_number_is_the_float_that_python_reads(of_any_size):
    @settings(max_examples=500, derandomize=True, deadline=None)
    @given(TABLES)
    def check(table):
        fast = parse_quickly([";".join(row) for row in table], ";")
        if fast is not None:
            slow = np.array([[to_number(cell) for cell in row] for row in table])
            np.testing.assert_array_equal(fast.view(np.int64), slow.view(np.int64))

    check()


def test_digits_of_all_lengths_are_rounded_alike(of_any_size):
    random = np.random.default_rng(0)
    numbers = random.integers(0, 2**63, 5000).view(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    cells = [f"{number:.{digits}e}" for digits in range(1, 25) for number in numbers[:200]]
    fast = parse_quickly(cells, ",")
    np.testing.assert_array_equal(fast[:, 0], [float(cell) for cell in cells])


@pytest.mark.parametrize("word", ["", "NaN", "nan", "NA", "N/A", "?", "null", "None", "#N/A"])
def test_missing_values_are_read_in_the_fast_pass(of_any_size, word):
    np.testing.assert_array_equal(
        parse_quickly([f"1,{word},2", f"{word},3,{word}"], ","),
        [[1, np.nan, 2], [np.nan, 3, np.nan]],
    )


@pytest.mark.parametrize(
    ("rows", "delimiter"),
    [
        (["1,2", "3"], ","),
        (["1 2"], None),
        (["1,x"], ","),
        (["1,nan(7)"], ","),
        (["1,\t2\t3"], ","),
        (["1,\x1f2"], ","),
        (["1,١"], ","),
    ],
)
def test_what_is_not_certain_is_left_to_the_exact_pass(of_any_size, rows, delimiter):
    assert parse_quickly(rows, delimiter) is None


def test_small_files_do_not_load_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert parse_quickly(["1,2"], ",") is None


def test_large_blocks_are_read_alike_with_and_without_pyarrow(monkeypatch):
    pytest.importorskip("pyarrow")
    random = np.random.default_rng(1)
    rows = [",".join(map(repr, row)) for row in random.normal(size=(240, 1000)).tolist()]
    assert parse_quickly(rows, ",") is not None
    fast = parse_rows(rows, ",", str)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert parse_quickly(rows, ",") is None
    np.testing.assert_array_equal(fast, parse_rows(rows, ",", str))
