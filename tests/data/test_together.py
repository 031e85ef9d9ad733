"""Several files, read as one data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.toys import make_toy
from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.data.together import load_together
from tszoo.errors import DataError


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_it_is_what_one_file_of_all_lines_would_be(tmp_path):
    first, second = ("a,1,2,5", "b,3,4,5.5", "a,2,1,7"), ("b,3,3,1", "c,1,2,2.5")
    one = write(tmp_path / "one.csv", *first, *second)
    several = [write(tmp_path / "x.csv", *first), write(tmp_path / "y.csv", *second)]
    whole, together = load_dataset(one), load_together(several, name="both")
    assert together.name == "both"
    assert together.sha256 == whole.sha256
    assert together.classes == whole.classes == ("a", "b", "c")
    np.testing.assert_array_equal(together.series, whole.series)


def test_labels_are_counted_over_all_files(tmp_path):
    """Whole numbers in one file, and a text in another: all of them are texts."""
    first = write(tmp_path / "x.csv", "1,1,2,5", "2,3,4,5")
    second = write(tmp_path / "y.csv", "none,3,3,1", "1.0,1,2,2")
    assert load_together([first, second], name="both").classes == ("1", "2", "none")
    third = write(tmp_path / "z.csv", "2.0,3,3,1")
    assert load_together([first, third], name="both").classes == (1, 2)


def test_formats_go_together_and_one_file_keeps_its_name(tmp_path):
    toy = make_toy(8)
    labels = [toy.classes[k] for k in toy.labels]
    data = Dataset.from_arrays(toy.series, labels, name="Toy")
    save_dataset(data, tmp_path / "Toy_TRAIN.ts")
    save_dataset(data, tmp_path / "more.npz")
    both = load_together([tmp_path / "Toy_TRAIN.ts", tmp_path / "more.npz"], name="both")
    assert (both.n_series, both.classes) == (16, toy.classes)
    np.testing.assert_allclose(both.series[8:], toy.series, rtol=1e-6)
    assert load_together([tmp_path / "Toy_TRAIN.ts"], name="both").name == "Toy"


def test_what_does_not_go_together_is_named(tmp_path):
    first = write(tmp_path / "x.csv", "a,1,2,5", "b,3,4,5.5")
    longer = write(tmp_path / "y.csv", "a,1,2,5,7", "b,3,4,5.5,6")
    with pytest.raises(DataError, match=r"^y.csv: 4 values a series, and x.csv has 3. Pass"):
        load_together([first, longer], name="both")
    assert load_together([first, longer], name="both", unequal=True).lengths.tolist() == [
        3,
        3,
        4,
        4,
    ]
    np.save(tmp_path / "bare.npy", np.ones((2, 3)))
    with pytest.raises(DataError, match=r"^bare.npy: no labels, and x.csv has them"):
        load_together([first, tmp_path / "bare.npy"], name="both")
    two = make_toy(4, length=3, n_channels=2)
    save_dataset(two, tmp_path / "two.npz")
    with pytest.raises(DataError, match=r"^two.npz: 2 channel\(s\), and x.csv has 1"):
        load_together([first, tmp_path / "two.npz"], name="both")
