"""What graphs do to series against what NumPy does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tszoo.data import Dataset, Preprocessing
from tszoo.data.levels import level_numbers as numpy_level_numbers
from tszoo.data.preprocess import prepare
from tszoo.exporting.inside import level_numbers, normalized


def padded(kind: str) -> tuple[Dataset, torch.Tensor, torch.Tensor]:
    """Series of 1 to 20 points in two channels, as a data set and as a graph has them."""
    rng = np.random.default_rng(0)
    series = rng.standard_normal((6, 2, 20))
    if kind == "large":
        series = 1e5 + series
    elif kind == "constant":
        series[:, 0] = 0.1 + np.arange(6)[:, None]
        series[0] = 0.0
    elif kind == "small":
        series *= 1e-12
    lengths = np.array([20, 1, 2, 7, 19, 20])
    narrow = series.astype(np.float32)
    dataset = Dataset.from_arrays(
        [values[:, :n] for values, n in zip(narrow, lengths, strict=True)],
        unequal=True,
        layout="NCT",
    )
    is_point = torch.arange(20) < torch.from_numpy(lengths)[:, None, None]
    x = torch.from_numpy(narrow).double().where(is_point, 0.0)
    return dataset, x, is_point


@pytest.mark.parametrize("kind", ["usual", "large", "constant", "small"])
def test_normalisation_is_that_of_models(kind: str) -> None:
    dataset, x, is_point = padded(kind)
    expected = prepare(dataset, Preprocessing(unequal=True))
    np.testing.assert_allclose(normalized(x, is_point).float().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["usual", "large", "constant", "small"])
def test_level_numbers_are_those_of_models(kind: str) -> None:
    dataset, x, is_point = padded(kind)
    expected = numpy_level_numbers(dataset)
    measured = level_numbers(x, is_point).numpy()
    np.testing.assert_allclose(measured, expected, rtol=1e-6, atol=1e-9)
