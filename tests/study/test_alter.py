"""Fewer series, and series of another length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.study.alter import stretch, take_some


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    share=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_so_many_are_drawn_and_every_class_has_one(
    sizes: list[int], share: float, seed: int
) -> None:
    labels = [k for k, size in enumerate(sizes) for _ in range(size)]
    series = np.arange(len(labels), dtype=float)[:, None] + np.arange(4.0)
    data = Dataset.from_arrays(series, labels)
    wanted = round(len(sizes) + share * (len(labels) - len(sizes)))
    some = take_some(data, wanted, seed)
    assert some.n_series == wanted
    assert len(set(some.series[:, 0, 0].tolist())) == wanted
    counts = np.bincount(some.require_labels(), minlength=len(sizes))
    assert (counts >= 1).all()
    for count, size in zip(counts, sizes, strict=True):
        assert count <= size
        assert count == 1 or count < size * wanted / len(labels) + 1


def test_too_few_or_too_many() -> None:
    for n_series in (1, 25, 3.0):
        with pytest.raises(OptionError, match="n_series must be a whole number from 2 to 24"):
            take_some(make_toy(), n_series, 0)


def test_a_line_stays_a_line() -> None:
    data = Dataset.from_arrays([[0.0, 1, 2, 3], [8.0, 6, np.nan, np.nan]], [0, 1], unequal=True)
    long = stretch(data, 7)
    np.testing.assert_allclose(long.series[0, 0], np.linspace(0, 3, 7))
    np.testing.assert_allclose(long.series[1, 0], np.linspace(8, 6, 7))
    assert long.lengths.tolist() == [7, 7]


def test_what_is_missing_is_passed_over() -> None:
    data = Dataset.from_arrays([[0.0, np.nan, 2, 3], [1.0, 2, 3, 4]], [0, 1], unequal=False)
    np.testing.assert_allclose(stretch(data, 4).series[0, 0], [0, 1, 2, 3])


def test_no_length() -> None:
    for length in (1, "long", True):
        with pytest.raises(OptionError, match="length must be a whole number from 2"):
            stretch(make_toy(), length)
