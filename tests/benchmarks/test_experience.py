import experience as module
import numpy as np
import pytest
from experience import Experience, normal_scores, with_nearness
from scipy.stats import norm

from tszoo.errors import DataError


def make(n_sources=6, n_targets=8, seed=0, missing=0.1) -> Experience:
    rng = np.random.default_rng(seed)
    sources, targets = rng.normal(size=(n_sources, 4)), rng.normal(size=(n_targets, 4))
    accuracy = rng.uniform(0.5, 1, (n_sources, n_targets))
    accuracy[rng.uniform(size=accuracy.shape) < missing] = np.nan
    return Experience(
        tuple(f"s{k}" for k in range(n_sources)),
        tuple(f"t{k}" for k in range(n_targets)),
        accuracy,
        sources,
        targets,
    )


def slow_prediction(own: Experience, target, names) -> list[float]:
    """The posterior mean of a Gaussian process, cell by cell."""
    centre, spread = own.source_traits.mean(axis=0), own.source_traits.std(axis=0)
    traits = {name: (own.source_traits[k] - centre) / spread for k, name in enumerate(own.sources)}
    columns = {name: (own.target_traits[k] - centre) / spread for k, name in enumerate(own.targets)}
    columns["new"] = (target - centre) / spread

    def alike(a, b, scale):
        return np.exp(-np.mean((a - b) ** 2) / (2 * scale**2))

    def covariance(one, other):
        (s, t), (u, v) = one, other
        near = alike(columns[t], columns[v], module.TARGET_SCALE)
        close = alike(traits[s], traits[u], module.SOURCE_SCALE)
        same = float(s == u)
        return (
            module.OWN * same
            + module.ALIKE * close
            + module.JOINT * near * (close + module.HALF * same)
        )

    scores, cells = [], []
    for j, t in enumerate(own.targets):
        known = [i for i in range(len(own.sources)) if np.isfinite(own.accuracy[i, j])]
        column = own.accuracy[known, j]
        for i in known:
            rank = np.mean(column < own.accuracy[i, j]) + np.mean(column == own.accuracy[i, j]) / 2
            scores.append(norm.ppf(rank))
            cells.append((own.sources[i], t))
    gram = np.array([[covariance(a, b) for b in cells] for a in cells]) + np.eye(len(cells))
    weights = np.linalg.solve(gram, scores)
    sums = (
        (w * covariance((name, "new"), cell) for w, cell in zip(weights, cells, strict=True))
        for name in names
    )
    return [float(sum(one)) for one in sums]


def test_predictions_are_the_posterior_mean():
    own, target = make(), np.array([0.3, -1.0, 0.2, 0.9])
    found = own.predict(target, dict.fromkeys(own.sources))
    np.testing.assert_allclose(
        list(found.values()), slow_prediction(own, target, own.sources), rtol=1e-9, atol=1e-12
    )


def test_a_source_that_does_well_on_targets_like_this_is_put_first():
    rng = np.random.default_rng(1)
    smooth, rough = rng.normal(-2, 0.2, (10, 3)), rng.normal(2, 0.2, (10, 3))
    # the first ten sources are smooth; smooth targets like rough sources and the other way round
    sources = np.concatenate([smooth, rough])
    targets = np.concatenate([rng.normal(-2, 0.2, (6, 3)), rng.normal(2, 0.2, (6, 3))])
    accuracy = (
        0.7
        + 0.1 * (np.sign(sources[:, :1]) != np.sign(targets[None, :, 0]))
        + rng.normal(0, 0.02, (20, 12))
    )
    own = Experience(
        tuple(map(str, range(20))), tuple(f"t{k}" for k in range(12)), accuracy, sources, targets
    )
    for target, good in ((np.full(3, -2.0), range(10, 20)), (np.full(3, 2.0), range(10))):
        found = own.predict(
            target, {**dict.fromkeys(own.sources), "new rough": np.full(3, 2.1), "unknown": None}
        )
        best = sorted(own.sources, key=lambda name: -found[name])[:10]
        assert set(best) == set(map(str, good))
        assert (found["new rough"] > 0) == (
            10 in good
        )  # carried over to a source that never was tried
        assert found["unknown"] == 0


def test_a_forgotten_target_has_no_part_in_the_answer():
    own = make(seed=3)
    changed = own.accuracy.copy()
    changed[:, 2] = 1 - changed[:, 2]
    other = Experience(own.sources, own.targets, changed, own.source_traits, own.target_traits)
    target, names = own.target_traits[2], dict.fromkeys(own.sources)
    assert own.without("t2").predict(target, names) == other.without("t2").predict(target, names)
    assert own.predict(target, names) != other.predict(target, names)


def test_without_traits_of_the_target_a_sources_own_merit_is_left():
    own = make(missing=0.0)
    accuracy = np.tile(np.linspace(0.5, 0.9, len(own.sources))[:, None], (1, len(own.targets)))
    own = Experience(own.sources, own.targets, accuracy, own.source_traits, own.target_traits)
    found = own.predict(None, dict.fromkeys(own.sources))
    assert found["s5"] > found["s0"]


def test_the_nearest_source_is_worth_more_and_the_next_ones_less_and_less():
    predicted = {"a": 3.0, "b": 1.0, "c": -1.0, "d": -3.0}
    found = with_nearness(predicted, ["d", "c", "b", "a"])
    spread = np.sqrt(5.0)
    wanted = [
        value / spread + 1.5 * np.exp(-place / 2)
        for value, place in zip(predicted.values(), (3, 2, 1, 0), strict=True)
    ]
    np.testing.assert_allclose(list(found.values()), wanted)
    level = with_nearness(dict.fromkeys("abcd", 0.5), ["b", "a"])
    assert max(level, key=level.__getitem__) == "b"
    assert level["c"] == level["d"] < level["a"]


def test_only_the_order_within_a_target_counts():
    scores = normal_scores(np.array([[0.1, 5.0], [0.2, np.nan], [0.9, 7.0], [0.2, 7.0]]))
    np.testing.assert_allclose(scores[:, 0], norm.ppf([0.125, 0.5, 0.875, 0.5]))
    assert np.isnan(scores[1, 1])
    np.testing.assert_allclose(scores[[0, 2, 3], 1], norm.ppf([1 / 6, 2 / 3, 2 / 3]))


def test_what_cannot_be_used_is_refused():
    own = make()
    with pytest.raises(DataError, match="6 source"):
        Experience(own.sources, own.targets, own.accuracy[1:], own.source_traits, own.target_traits)
    with pytest.raises(DataError, match="not one accuracy is known"):
        Experience(
            own.sources, own.targets, own.accuracy * np.nan, own.source_traits, own.target_traits
        )
    with pytest.raises(DataError, match="not a finite number"):
        Experience(
            own.sources, own.targets, own.accuracy, own.source_traits * np.nan, own.target_traits
        )
