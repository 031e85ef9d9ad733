"""Series coloured by relevance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import PNG, size_of, words_of
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, OptionError
from tszoo.explanation.explain import Explanation
from tszoo.figures import plot_explanation
from tszoo.models.model import Model
from tszoo.similarity import Prototypes, dtw


def random_explanation(data: Dataset) -> Explanation:
    rng = np.random.default_rng(2)
    relevance = rng.standard_normal(data.series.shape).astype(np.float32)
    for k, length in enumerate(data.lengths):
        relevance[k, :, length:] = np.nan
    explained = np.arange(data.n_series) % data.n_classes
    probabilities = np.full((data.n_series, data.n_classes), 1 / data.n_classes)
    return Explanation(relevance, explained, probabilities, "cam")


def words(data: Dataset, model: Model, path: Path) -> str:
    return words_of(
        lambda place: plot_explanation(random_explanation(data), model, data, place), path
    )


def test_a_series_stands_beside_the_prototype_of_its_class(tmp_path: Path) -> None:
    data, typical = make_toy(2, seed=1), make_toy(2, length=27, seed=2)
    prototypes = Prototypes(("c0", "c1"), tuple(typical.series))
    text = words(data, make_model(data, prototypes=prototypes), tmp_path / "a.svg")
    for k, label in enumerate(("c0", "c1")):
        assert f"series {k}: class {label}, probability 0.500" in text
        series = (data.series[k] - data.series[k].mean()) / data.series[k].std()
        assert f"distance {dtw(series, typical.series[k]):.2f}" in text
    assert "speaks for the class" in text
    assert "not drawn" not in text


def test_series_that_are_not_drawn_are_counted(tmp_path: Path) -> None:
    data = make_toy(10, length=12)
    text = words(data, make_model(data), tmp_path / "a.svg")
    assert "series 7" in text
    assert "series 8" not in text
    assert "The first 8 series; 2 more are not drawn." in text
    assert "channels" not in text


def test_channels_that_are_not_drawn_are_counted(tmp_path: Path) -> None:
    data = make_toy(2, length=12, n_channels=5)
    text = words(data, make_model(data), tmp_path / "a.svg")
    assert "channel 4" in text
    assert "channel 5" not in text
    assert "The first 4 channels; 1 more are not drawn." in text
    assert "more are not drawn" not in text.replace("1 more are not drawn", "")


def test_a_class_without_prototype_and_series_with_ends_and_gaps(tmp_path: Path) -> None:
    toy = make_toy(3, length=20)
    rows = [toy.series[0], toy.series[1, :, :1], toy.series[2].copy()]
    rows[2][0, 4:6] = np.nan
    data = Dataset.from_arrays(rows, ["c0", "c1", "c0"], name="Ragged", layout="NCT", unequal=True)
    prototypes = Prototypes(("c0",), (toy.series[0],))
    text = words(data, make_model(toy, prototypes=prototypes), tmp_path / "a.svg")
    assert "no prototype of class c1" in text


def test_a_png_is_the_same_again_and_grows_with_its_series(tmp_path: Path) -> None:
    few, many = tmp_path / "few.png", tmp_path / "many.png"
    model = make_model(make_toy())
    for n_series, path in ((1, few), (3, many)):
        data = make_toy(n_series)
        plot_explanation(random_explanation(data), model, data, path)
    assert few.read_bytes().startswith(PNG)
    assert size_of(few)[0] == size_of(many)[0]
    assert size_of(few)[1] < size_of(many)[1]
    data, again = make_toy(3), tmp_path / "again.png"
    plot_explanation(random_explanation(data), model, data, again)
    assert again.read_bytes() == many.read_bytes()


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    data = make_toy(3)
    what, model = random_explanation(data), make_model(data)
    with pytest.raises(DataError, match="the same shape"):
        plot_explanation(what, model, data.take([0]), tmp_path / "a.png")
    with pytest.raises(OptionError, match=r"\.png, \.svg, \.pdf"):
        plot_explanation(what, model, data, tmp_path / "a.gif")
