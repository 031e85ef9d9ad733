"""The estimator takes series as sktime and aeon hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tszoo import TransferClassifier
from tszoo.data import Dataset
from tszoo.errors import DataError, DataWarning

pd = pytest.importorskip("pandas")

N_SERIES, N_CHANNELS, N_POINTS = 12, 2, 24
SMALL = {"depth": 1, "filters": 4, "kernel_lengths": [8, 4]}


def waves() -> tuple[Any, list[str]]:
    rng = np.random.default_rng(0)
    speed = 0.3 + 0.7 * (np.arange(N_SERIES) % 2)
    at = np.arange(N_POINTS) * speed[:, None, None] + rng.uniform(0, 6, (N_SERIES, N_CHANNELS, 1))
    return np.sin(at).astype(np.float32), [("slow", "fast")[k % 2] for k in range(N_SERIES)]


def multi_index(X: Any) -> Any:
    frames = {f"s{k:02}": pd.DataFrame(series.T, columns=["a", "b"]) for k, series in enumerate(X)}
    return pd.concat(frames, names=["instances", "timepoints"])


def nested(X: Any) -> Any:
    cells = {f"dim_{k}": [pd.Series(series[k]) for series in X] for k in range(N_CHANNELS)}
    return pd.DataFrame(cells)


FORMS: dict[str, Callable[[Any], Any]] = {
    "numpy3D": lambda X: X,
    "np-list": list,
    "pd-multiindex": multi_index,
    "nested_univ": nested,
    "df-list": lambda X: [pd.DataFrame(series.T) for series in X],
}


@pytest.fixture(scope="module")
def fitted() -> TransferClassifier:
    X, y = waves()
    classifier = TransferClassifier("none", head="ridge", members=1, network=SMALL)
    return classifier.fit(X, y)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_fitted_and_predicted_as_the_array_is(
    fitted: TransferClassifier, form: str
) -> None:
    X, y = waves()
    given = FORMS[form](X)
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(given), expected)
    again = TransferClassifier("none", head="ridge", members=1, network=SMALL).fit(given, y)
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    assert Dataset.from_arrays(given, y).sha256 == Dataset.from_arrays(X, y).sha256


@pytest.mark.parametrize("form", [form for form in FORMS if form != "numpy3D"])
def test_series_of_unequal_lengths_are_taken_in_every_form(form: str) -> None:
    X, y = waves()
    cut = [series[:, : N_POINTS - k % 3] for k, series in enumerate(X)]
    classifier = TransferClassifier("none", head="ridge", members=1, network=SMALL)
    classifier.fit(FORMS[form](cut), y)
    assert classifier.model_.config.preprocessing.unequal
    expected = classifier.predict_proba(cut)
    np.testing.assert_array_equal(classifier.predict_proba(FORMS[form](cut)), expected)


def wide(names: Any) -> Any:
    X, _ = waves()
    return pd.DataFrame(X[:, 0], columns=names)


NUMBERED = [f"t{k}" for k in range(N_POINTS)]


@pytest.mark.parametrize("other", ["label", "subject", "id"])
@pytest.mark.parametrize("names", [NUMBERED, list(range(N_POINTS))])
def test_a_column_of_another_kind_is_no_value(other: str, names: list[Any]) -> None:
    """The label would be a point of the series that it is the class of."""
    _, y = waves()
    frame = wide(names).assign(**{other: range(N_SERIES)})
    for take in (
        lambda: Dataset.from_arrays(frame, y),
        lambda: TransferClassifier("none", network=SMALL).fit(frame, y),
    ):
        with pytest.raises(DataError, match=f"the column '{other}' is not of the kind"):
            take()
    assert Dataset.from_arrays(frame.drop(columns=other), y).length == N_POINTS
    assert Dataset.from_arrays(frame.to_numpy(), y).length == N_POINTS + 1


def test_columns_that_stand_as_text_is_sorted_are_told() -> None:
    _, y = waves()
    with pytest.warns(DataWarning, match="neither rise nor fall"):
        Dataset.from_arrays(wide(NUMBERED)[sorted(NUMBERED)], y)


def test_a_column_of_series_and_missing_numbers_are_taken(fitted: TransferClassifier) -> None:
    X, y = waves()
    ridge = TransferClassifier("none", head="ridge", members=1, network=SMALL).fit(X[:, 0], y)
    expected = ridge.predict_proba(X[:, 0])
    np.testing.assert_array_equal(ridge.predict_proba(pd.Series(list(X[:, 0]))), expected)
    gaps = X.copy()
    gaps[0, 0, 3] = np.nan
    objects = gaps.astype(object)
    objects[0, 0, 3] = pd.NA
    np.testing.assert_array_equal(fitted.predict_proba(objects), fitted.predict_proba(gaps))


@pytest.mark.parametrize(("dtype", "plain"), [("Int64", "int64"), ("boolean", "bool")])
def test_labels_that_may_be_missing_keep_their_kind(dtype: str, plain: str) -> None:
    X, _ = waves()
    y = pd.array([k % 2 for k in range(N_SERIES)], dtype=dtype)
    ridge = TransferClassifier("none", head="ridge", members=1, network=SMALL).fit(X, y)
    assert ridge.classes_.dtype == plain
    assert ridge.predict(X).dtype == plain
