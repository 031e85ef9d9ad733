from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from tests.support.small import SMALL
from tszoo.errors import OptionError
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.spread import KIND_COUNTS, Prior, feature_kinds, shared_variances


def test_variances_are_those_of_a_slow_twin() -> None:
    rng = np.random.default_rng(0)
    variances, kinds, n_series = rng.uniform(0, 9, 10), (3, 1, 6), 4
    slow, first = [], 0
    for width in kinds:
        kind = [float(value) for value in variances[first : first + width]]
        mean = sum(kind) / width
        slow += [
            (n_series * value + KIND_COUNTS * mean) / (n_series + KIND_COUNTS) for value in kind
        ]
        first += width
    np.testing.assert_allclose(shared_variances(variances, n_series, kinds), slow, rtol=1e-12)


@pytest.mark.parametrize("n_series", [5, 40])
def test_a_ridge_stands_on_the_shared_spreads(n_series: int) -> None:
    """Its decision values are scikit-learn's, on features that are scaled beforehand."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n_series, 12)) * rng.uniform(0.1, 10, 12)
    labels, kinds = np.arange(n_series) % 2, (4, 8)
    fit = fit_ridge(features, labels, 2, [2.0], Prior(kinds))
    spread = np.sqrt(shared_variances(features.var(axis=0), n_series, kinds))
    np.testing.assert_allclose(fit.spread, spread, rtol=1e-9)
    theirs = Ridge(alpha=2.0).fit(features / spread, 2 * labels - 1)
    unseen = rng.normal(size=(9, 12))
    values = unseen @ fit.weight[1] + fit.bias[1]
    np.testing.assert_allclose(values, theirs.predict(unseen / spread), rtol=1e-6, atol=1e-9)


def test_a_constant_feature_still_weighs_nothing() -> None:
    features = np.array([[1.0, 0.1], [2.0, 0.1], [3.0, 0.1 + 1e-9]])
    fit = fit_ridge(features, np.array([0, 0, 1]), 2, prior=Prior((2,)))
    assert (fit.weight[:, 1] == 0).all()
    assert fit.spread[1] == 1


def test_kinds_must_be_those_of_the_features() -> None:
    for kinds in ((), (3,), (2, 0), (3, -1)):
        with pytest.raises(OptionError, match=r"add up to 2, the features"):
            fit_ridge(np.eye(2), np.array([0, 1]), 2, prior=Prior(kinds))


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_a_network_has_as_many_features_as_its_kinds(architecture: str) -> None:
    network = build(architecture, SMALL[architecture], 1, 2, length=30).eval()
    network.channels_apart = 3
    with torch.inference_mode():
        n_features = network.stage_features(torch.randn(1, 3, 30)).shape[1]
    assert sum(feature_kinds(network, 3)) == n_features
