"""Directions in which series of one class differ: found on made-up tasks, damped before a ridge."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from tests.support.small import SMALL
from tszoo.data.synthetic import draw_tasks
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.readout import directions as room
from tszoo.readout.directions import CLASSES, SERIES, find_nuisance, with_nuisance
from tszoo.readout.nuisance import KEPT
from tszoo.readout.ridge import fit_ridge, gram_of_series
from tszoo.readout.spread import Prior, mean_of_kind, prior_of, shared_variances

KINDS = (3, 5)


def slow_damped(features, directions, kinds, n_channels):
    """Standardise and damp channel by channel, by an orthonormal basis from QR."""
    variances = shared_variances(features.var(axis=0), len(features), kinds * n_channels)
    spread = np.sqrt(variances)
    standardised = (features - features.mean(axis=0)) / spread
    relative = np.sqrt(mean_of_kind(variances, kinds * n_channels)) / spread
    width = sum(kinds)
    for k in range(n_channels):
        some = slice(k * width, (k + 1) * width)
        basis = np.linalg.qr((directions * relative[some]).T)[0]
        along = standardised[:, some] @ basis
        standardised[:, some] += (KEPT**0.5 - 1) * along @ basis.T
    return standardised, features.mean(axis=0), spread


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("n_series", [7, 60])
def test_a_ridge_on_damped_features_is_scikit_learns(n_series: int, n_channels: int) -> None:
    """Whether series or features are more; what the weights give is the same for unseen series."""
    rng = np.random.default_rng(n_series)
    directions = rng.normal(size=(2, sum(KINDS)))
    features = rng.normal(3, 2, (n_series + 5, n_channels * sum(KINDS)))
    features *= rng.uniform(0.1, 10, features.shape[1])
    seen, labels = features[:n_series], np.arange(n_series) % 2
    prior = Prior(KINDS * n_channels, nuisance=directions)
    fit = fit_ridge(seen, labels, 2, [3.0], prior)
    damped, centre, spread = slow_damped(seen, directions, KINDS, n_channels)
    np.testing.assert_allclose(gram_of_series(seen, prior), damped @ damped.T, rtol=1e-5, atol=1e-5)
    theirs = Ridge(alpha=3.0).fit(damped, 2 * labels - 1)
    np.testing.assert_allclose(fit.fitted[:, 1], theirs.predict(damped), rtol=1e-4, atol=1e-5)
    # the map is symmetric, so that weights for features that are not damped are damped weights
    unseen = (features[n_series:] - centre) / spread
    plain = np.linalg.lstsq((seen - centre) / spread, damped, rcond=None)[0]
    if n_series > features.shape[1]:
        expected = theirs.predict(unseen @ plain)
        values = features[n_series:] @ fit.weight[1] + fit.bias[1]
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-4)
    values = seen @ fit.weight[1] + fit.bias[1]
    np.testing.assert_allclose(values, fit.fitted[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_series", [6, 30])
def test_weighted_series_are_repeated_ones(n_series: int) -> None:
    """A series of twice the weight counts as two, damped features too."""
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(n_series, 8)), np.arange(n_series) % 2
    twice = np.arange(n_series) < 2
    repeated = np.concatenate((features, features[twice]))
    # the spreads of the two must be of as many series: one kind, which counts for much more
    prior = Prior((8,), 2.0, rng.normal(size=(2, 8)))
    weights = np.where(twice, 2.0, 1.0)
    scale = weights.mean()
    fit = fit_ridge(features, labels, 2, [1.0], prior, weights=weights / scale)
    other = fit_ridge(repeated, np.concatenate((labels, labels[twice])), 2, [scale], prior)
    np.testing.assert_allclose(fit.fitted, other.fitted[:n_series], atol=1e-2)


def test_levels_behind_the_features_are_not_damped() -> None:
    rng = np.random.default_rng(0)
    features, levels = rng.normal(size=(9, 8)), rng.normal(size=(9, 3))
    prior = Prior(KINDS, nuisance=rng.normal(size=(1, 8)))
    both = gram_of_series(np.concatenate((features, levels), axis=1), prior.beside(3, 0.5))
    apart = gram_of_series(features, prior) + gram_of_series(levels, Prior((3,), 0.5))
    np.testing.assert_allclose(both, apart, atol=1e-9)


def test_directions_of_constant_features_damp_nothing() -> None:
    rng = np.random.default_rng(0)
    features = np.concatenate((np.ones((9, 3)), rng.normal(size=(9, 5))), axis=1)
    directions = np.eye(1, 8)
    labels = np.arange(9) % 2
    fit = fit_ridge(features, labels, 2, [1.0], Prior(KINDS, nuisance=directions))
    plain = fit_ridge(features, labels, 2, [1.0], Prior(KINDS))
    np.testing.assert_array_equal(fit.weight, plain.weight)


def test_few_series_are_told_apart_better_where_the_nuisance_is_known() -> None:
    """Classes differ a little in one feature; series of a class differ much in one direction."""
    rng = np.random.default_rng(0)
    direction = np.linalg.qr(rng.normal(size=(8, 2)))[0].T
    labels = np.arange(400) % 2
    features = rng.normal(size=(400, 8)) * 0.3
    features += np.outer(2 * labels - 1, direction[0]) * 0.5
    features += np.outer(rng.normal(size=400), direction[1]) * 3
    shares = {}
    for name, known in (("plain", None), ("damped", direction[1:])):
        right = 0
        for start in range(0, 40, 4):
            drawn = slice(start, start + 4)
            prior = Prior((8,), nuisance=known)
            fit = fit_ridge(features[drawn], labels[drawn], 2, [0.8], prior)
            values = features[40:] @ fit.weight.T + fit.bias
            right += (values.argmax(axis=1) == labels[40:]).mean()
        shares[name] = right / 10
    assert shares["damped"] > shares["plain"] + 0.02


@pytest.fixture(scope="module")
def few_tasks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "TASKS", 8)
        patch.setattr(room, "LENGTHS", (16, 24))
        yield


def body(nuisances: int = 3, seed: int = 0):
    args = {**SMALL["inception"], "readout": "stages", "nuisances": nuisances}
    network = build("inception", args, 1, 0)
    initialize(network, torch.Generator().manual_seed(seed))
    return network.eval()


def slow_directions(network, seed: int = 0):
    """Go through tasks and classes one by one, and decompose the distances themselves."""
    tasks = []
    for length in (16, 24):
        for task in draw_tasks(8, CLASSES, SERIES, length, torch.Generator().manual_seed(seed)):
            gaps = []
            for series in task:
                x = (series - series.mean(-1, keepdim=True)) / series.std(
                    -1, keepdim=True, unbiased=False
                )
                with torch.inference_mode():
                    features = network.stage_features(x[:, None]).double().numpy()
                gaps.append(features - features.mean(axis=0))
            tasks.append(np.concatenate(gaps))
    degrees = CLASSES * (SERIES - 1)
    variances = np.mean([np.square(task).sum(axis=0) / degrees for task in tasks], axis=0)
    spread = np.maximum(np.sqrt(variances), 1e-6 * np.sqrt(variances.max()))
    rows = np.concatenate(
        [task / spread / np.sqrt(np.square(task / spread).mean()) for task in tasks]
    )
    main = np.linalg.svd(rows, full_matrices=False)[2]
    kinds = prior_of(network, 1).kinds
    return main * (spread / np.sqrt(mean_of_kind(spread**2, kinds)))


def test_directions_are_principal_components_of_what_series_of_a_class_differ_by(
    few_tasks: None,
) -> None:
    network = body()
    found, slow = find_nuisance(network, 3), slow_directions(network)[:3]
    for mine, theirs in zip(found, slow, strict=True):
        np.testing.assert_allclose(mine * np.sign(mine @ theirs), theirs, atol=2e-3)
    np.testing.assert_array_equal(found, find_nuisance(network, 3))


def test_more_directions_than_there_are_end_in_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TASKS", 1)
    monkeypatch.setattr(room, "LENGTHS", (16,))
    network = with_nuisance(body(nuisances=30))
    prior = prior_of(network, 1)
    assert prior.nuisance is not None
    there = CLASSES * (SERIES - 1)
    assert prior.nuisance[:there].any(axis=1).all()
    assert not prior.nuisance[there:].any()
    features = np.random.default_rng(0).normal(size=(5, prior.nuisance.shape[1]))
    damped, plain = gram_of_series(features, prior), gram_of_series(features, Prior(prior.kinds))
    assert KEPT * np.trace(plain) <= np.trace(damped) < np.trace(plain)


def test_a_network_forgets_its_directions_with_a_head(few_tasks: None) -> None:
    network = with_nuisance(body())
    assert network.nuisance is not None
    assert network.nuisance.abs().sum(dim=1).min() > 0
    assert "nuisance" in network.state_dict()
    network.set_head(2, "stages")
    assert network.nuisance is None
    assert "nuisance" not in network.state_dict()
    assert prior_of(network, 1).nuisance is None
