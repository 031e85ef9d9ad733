"""Series that 32-bit numbers cannot hold are refused, and no others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.data.narrow import narrow
from tszoo.errors import DataError

WAVE = np.sin(np.arange(60) / 3)
REMEDY = (
    r"are too near each other for 32-bit numbers, which are \S+ apart there\. "
    r"Subtract an offset from the series"
)


def refuse(wide, message):
    with pytest.raises(DataError, match=message) as caught:
        Dataset.from_arrays(wide, name="mine")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("offset", [1e8, -1e8, 1e9, 1e13])
def test_an_offset_that_swallows_a_series_is_refused(offset):
    refuse([WAVE, WAVE + offset], "^mine, series 1: values from .*" + REMEDY)
    refuse([WAVE[:9], WAVE + offset], "^mine, series 1: values from .*" + REMEDY)
    refuse(np.stack([WAVE, WAVE + offset]), "^mine, series 1: values from .*" + REMEDY)
    refuse(np.stack([WAVE, WAVE + offset]).astype(str), "^mine, series 1: values from .*" + REMEDY)
    refuse(
        np.stack([[WAVE, WAVE], [WAVE, WAVE + offset]]),
        "^mine, series 1, channel 1: values from .*" + REMEDY,
    )
    refuse(
        [np.stack([WAVE, WAVE + offset]), WAVE[None, :9].repeat(2, axis=0)],
        "^mine, series 0, channel 1: values",
    )


def test_gaps_do_not_hide_it_and_do_not_cause_it():
    holed = WAVE.copy()
    holed[[0, 7, 59]] = np.nan
    refuse([holed + 1e9], "^mine, series 0: values from 999999999")
    assert Dataset.from_arrays([holed]).n_missing == 3
    assert Dataset.from_arrays([[np.nan, 1e9 + 0.1, np.nan, 1e9 + 0.1]]).n_series == 1


def test_whole_numbers_are_told_apart_to_the_last():
    for start in (2**60, -(2**60), 10**18):
        refuse(
            np.arange(50)[None] + start,
            f"^mine, series 0: values from {start} to {start + 49} " + REMEDY,
        )
    refuse(
        np.arange(50, dtype=np.uint64)[None] + np.uint64(2**63),
        "^mine, series 0: values from 9223372036854775808 ",
    )
    assert (
        Dataset.from_arrays(np.array([[-(2**63), 2**63 - 1, 5]])).n_series == 1
    )  # the range is beyond the type
    assert Dataset.from_arrays(np.arange(9)[None] + 2**23).n_series == 1  # 32 bits hold each


@pytest.mark.parametrize(
    "wide",
    [
        WAVE + 1e5,
        1.6e9 + 3600 * np.arange(60),  # hours
        (1_600_000_000 + 3600 * np.arange(60)).astype(np.int64),
        np.full(60, 0.1) + 1.4e-17 * (np.arange(60) % 9),  # the rounding of a constant
        np.full(60, 123456789.123),
        (WAVE.astype(np.float32) + np.float32(1e8)).astype(np.float64),  # nothing is lost any more
        np.array([1e39, 1.0]) * 1e-10,
        np.zeros(60),
    ],
)
def test_what_says_the_same_in_32_bits_is_taken(wide):
    assert np.array_equal(Dataset.from_arrays([wide]).series[0, 0], wide.astype(np.float32))


def test_what_vanishes_near_zero_is_refused_too():
    refuse([WAVE * 1e-46], "Subtract an offset from the series first, or scale it")


@given(
    st.lists(
        st.one_of(st.floats(width=32, allow_infinity=False), st.just(1e8), st.just(1e8 + 8)),
        min_size=1,
    )
)
def test_32_bit_numbers_are_never_refused_whatever_their_type(values):
    exact = np.array(values, dtype=np.float32)
    for wide in (
        exact,
        exact.astype(np.float64),
        np.array([float(f"{v:.9g}") for v in exact.tolist()]),
    ):
        assert np.array_equal(narrow(wide, str), exact, equal_nan=True)


def cells(offset):
    return [f"{v:.6f}" for v in WAVE[:12] + offset]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("a.csv", "line 4"),
        ("gap.csv", "line 4"),
        ("ragged.csv", "line 4"),
        ("a.tsv", "line 2"),
        ("a.ts", "line 4, channel 2"),
        ("a.arff", r"line 16"),
        ("a.npz", "X, series 1"),
        ("lengths.npz", "X, series 1"),
    ],
)
def test_files_are_refused_by_line(tmp_path, name, where):
    path, good, bad = tmp_path / name, cells(0), cells(1e9)
    if name.endswith(".npz"):
        own = {"lengths": [12, 11]} if name == "lengths.npz" else {}
        X = np.array([good, bad], dtype=float)
        X[1, len(bad) - bool(own) :] = 0  # padding, which is not the series' own
        np.savez(path, X=X, **own)
    elif name == "a.ts":
        path.write_text(
            f"@classLabel true a\n@data\n{','.join(good)}:{','.join(good)}:a\n"
            f"{','.join(good)}:{','.join(bad)}:a\n"
        )
    elif name == "a.arff":
        head = "@relation x\n" + "@attribute a numeric\n" * 12 + "@data\n"
        path.write_text(head + ",".join(good) + "\n" + ",".join(bad) + "\n")
    elif name == "a.tsv":
        path.write_text("\t".join(["1", *good]) + "\n" + "\t".join(["2", *bad]) + "\n")
    else:
        rows = [
            "label," + ",".join(f"t{t}" for t in range(12)),
            "",
            ",".join(["1", *good]),
            ",".join(["2", *bad]),
        ]
        if name == "gap.csv":  # not for the fast parser
            rows[2] = rows[2].replace(good[3], "?")
        if name == "ragged.csv":
            rows[2] = rows[2].rpartition(",")[0]
        path.write_text("\n".join(rows))
    with pytest.raises(DataError, match=f"^{name}, {where}: values from .*" + REMEDY):
        load_dataset(path, unequal=True if name == "ragged.csv" else None)


def test_what_is_written_in_32_bits_reads_back_however_narrow_its_range(tmp_path):
    near = np.nextafter(np.float32(1), np.float32(2), dtype=np.float32)
    dataset = Dataset.from_arrays(
        np.array([[1, near, 1, near], [1e8, 1e8 + 8, 1e8, 1e8]], dtype=np.float32), [1, 2]
    )
    for suffix in (".csv", ".tsv", ".ts", ".arff", ".npz"):
        assert load_dataset(save_dataset(dataset, tmp_path / f"x{suffix}")).sha256 == dataset.sha256
