from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.levels import make_levels
from tests.support.small import SMALL
from tszoo.data import Preprocessing, prepare
from tszoo.data.levels import level_numbers
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.readout.head import fit_head
from tszoo.readout.levels import SHARES, level_knots, read, weigh_levels
from tszoo.readout.ridge import fit_ridge, gram_of_series, left_out_residuals
from tszoo.readout.spread import Prior


@pytest.mark.parametrize("n_series", [12, 40])
def test_gram_matrices_side_by_side_add_up(n_series: int) -> None:
    """Residuals of their sum are those of a fit to all features, whichever are more."""
    rng = np.random.default_rng(0)
    features, levels = rng.normal(3, 2, (n_series, 20)), rng.normal(0, 5, (n_series, 6))
    labels, kinds, spread = np.arange(n_series) % 3, (8, 12), 0.7
    prior = Prior(kinds)
    gram = gram_of_series(features, prior)
    gram += gram_of_series(levels, Prior((6,), 1.0)) / spread**2
    both = np.concatenate((features, levels), axis=1)
    fit = fit_ridge(both, labels, 3, prior=prior.beside(6, spread))
    targets = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
    left_out = left_out_residuals(gram, labels, 3)
    np.testing.assert_allclose(left_out, targets - fit.left_out, atol=1e-6)
    np.testing.assert_array_equal(fit.spread[20:], spread)


@pytest.mark.parametrize("seed", range(8))
def test_levels_that_tell_nothing_do_not_help(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_series = int(rng.integers(8, 80))
    features = rng.standard_normal((n_series, 60)).astype(np.float32)
    labels = np.arange(n_series) % 2
    features[:, :5] += labels[:, None]
    numbers = level_numbers(make_levels("nothing", n_series, seed=seed))
    levels = read(numbers, level_knots(numbers, 24))
    assert not weigh_levels(features, levels, labels, 2, Prior((60,))).helps


@pytest.mark.parametrize("kind", ["level", "scale", "slope"])
def test_levels_that_tell_classes_apart_help(kind: str) -> None:
    dataset = make_levels(kind)
    numbers = level_numbers(dataset)
    levels = read(numbers, level_knots(numbers, 24))
    features = np.random.default_rng(0).standard_normal((24, 60)).astype(np.float32)
    weighed = weigh_levels(features, levels, dataset.require_labels(), 2, Prior((60,)))
    assert weighed.helps
    assert weighed.error < 0.2 < weighed.without


def test_the_weight_is_that_of_the_least_error() -> None:
    dataset = make_levels("level", n_classes=3)
    labels, numbers = dataset.require_labels(), level_numbers(dataset)
    levels = read(numbers, level_knots(numbers, 24))
    features = np.random.default_rng(0).standard_normal((24, 60)).astype(np.float32)
    both = np.concatenate((features, levels), axis=1)
    targets = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
    errors = {}
    for share in SHARES:
        spread = np.sqrt(levels.var(axis=0, dtype=np.float64).sum() / (share * 60))
        prior = Prior((60,)).beside(levels.shape[1], spread)
        fit = fit_ridge(both, labels, 3, prior=prior)
        errors[float(np.square(targets - fit.left_out).mean())] = spread
    weighed = weigh_levels(features, levels, labels, 3, Prior((60,)))
    assert weighed.error == pytest.approx(min(errors), rel=1e-6)
    assert weighed.spread == pytest.approx(errors[min(errors)])


def test_classes_of_one_or_two_series_say_nothing_of_levels() -> None:
    dataset = make_levels("level", n_series=4)
    levels = np.eye(4, 16, dtype=np.float32)
    weighed = weigh_levels(levels, levels, dataset.require_labels(), 2, Prior((16,)))
    assert not weighed.helps
    assert weighed.spread > 0


@pytest.mark.parametrize("channels_apart", [False, True])
def test_a_head_that_is_fitted_gives_the_fit_its_decision_values(channels_apart: bool) -> None:
    dataset = make_levels("level", n_classes=3, n_channels=2)
    args = {**SMALL["inception"], "channels_apart": channels_apart, "level": True}
    network = build("inception", args, 2, 3)
    initialize(network, torch.Generator().manual_seed(0))
    head = fit_head(network, dataset, Preprocessing())
    x, numbers = torch.from_numpy(prepare(dataset, Preprocessing())), level_numbers(dataset)
    with torch.no_grad():
        probabilities = network.eval()(x, None, torch.from_numpy(numbers)).softmax(dim=1)
    np.testing.assert_allclose(probabilities, head.probabilities, atol=2e-4)
    assert (head.left_out.argmax(axis=1) == dataset.labels).all()
