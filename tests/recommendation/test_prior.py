from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tszoo.recommendation import Recommendation, prior, weigh
from tszoo.recommendation.prior import (
    NOISE,
    SPREAD,
    Worth,
    posterior_log_errors,
    read_worths,
    weight_of_probe,
    worths,
)
from tszoo.recommendation.probe import Probe
from tszoo.recommendation.weigh import rank_probed, weigh_choices
from tszoo.zoo.find import open_zoo

ELSEWHERE = {"A": Worth(-0.2, 8), "B": Worth(0.1, 3), "C": Worth(-0.6, 1)}
ERRORS = {"A": 0.30, "B": 0.27, "C": 0.33, "D": 0.25}
THREE = [
    Recommendation(k + 1, name, name, 1.0 + k, "a", "b", 9, 2, 8, None, is_target=False)
    for k, name in enumerate("ABC")
]
RANDOM = Probe("random", 10, 0.6, 0.5)


def slow_posterior(n_series: int) -> dict[str, float]:
    """Weigh prior and probe by their precisions, in numpy's float64."""
    names = list(ERRORS)
    y = np.log(np.array([ERRORS[name] for name in names]))
    y -= y.mean()
    means = {"A": -0.2 * 8 / 10, "B": 0.1 * 3 / 5, "C": -0.6 / 3, "D": 0.0}
    p = np.array([means[name] for name in names])
    of_probe, of_prior = n_series / NOISE, 1 / SPREAD
    values = (of_probe * y + of_prior * p) / (of_probe + of_prior)
    return dict(zip(names, values.tolist(), strict=True))


@pytest.mark.parametrize("n_series", [2, 10, 500])
def test_probe_and_prior_are_weighed_by_their_precisions(n_series: int) -> None:
    weight = weight_of_probe(n_series, 2)
    assert posterior_log_errors(ERRORS, weight, ELSEWHERE) == pytest.approx(
        slow_posterior(n_series)
    )


def test_a_probe_of_more_series_counts_more_and_one_of_one_series_a_class_not_at_all() -> None:
    weights = [weight_of_probe(n, 2) for n in (2, 10, 100, 500)]
    assert weights == sorted(weights)
    assert 0 < weights[0] < 0.2
    assert 0.9 < weights[-1] < 1
    assert weight_of_probe(500, 1) == 0


def test_errors_of_nothing_are_equal_and_no_errors_are_none() -> None:
    posterior = posterior_log_errors({"D": 0.0, "E": 1e-9, "F": 0.1}, 0.5, ELSEWHERE)
    assert posterior["D"] == posterior["E"] < posterior["F"]
    assert posterior_log_errors({}, 0.5, ELSEWHERE) == {}


def test_what_ships_is_of_models_that_ship() -> None:
    table = worths()
    assert set(table) <= {entry.model for entry in open_zoo().models}
    assert all(math.isfinite(worth.log_error) and worth.targets > 0 for worth in table.values())
    assert min(worth.log_error for worth in table.values()) < 0
    assert table == read_worths(prior._TABLE)


def ranked_with(monkeypatch: pytest.MonkeyPatch, least: int) -> list[Recommendation]:
    monkeypatch.setattr(weigh, "worths", lambda: ELSEWHERE)
    errors = {"A": 0.30, "B": 0.29, "C": None}
    probes = {
        name: Probe(name, 10, None if error is None else 0.7, error, "too wide")
        for name, error in errors.items()
    }
    return rank_probed(THREE, probes, RANDOM, least)


def test_where_few_series_hardly_differ_what_sources_did_elsewhere_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranked = ranked_with(monkeypatch, 2)
    assert [(source.rank, source.model) for source in ranked] == [(1, "A"), (2, "B"), (3, "C")]
    assert [source.elsewhere for source in ranked] == pytest.approx(
        [1 - math.exp(-0.2), 1 - math.exp(0.1), 1 - math.exp(-0.6)]
    )
    assert ranked[0].why is not None
    assert ranked[0].why.endswith(" It did well elsewhere (mean gain 18% over 8 data sets).")
    assert ranked[1].why is not None
    assert ranked[1].why.endswith(" It did badly elsewhere (mean loss 11% over 3 data sets).")
    monkeypatch.setattr(weigh, "worths", lambda: {"A": Worth(0.01, 5)})
    assert "elsewhere" not in (rank_probed(THREE[:1], {"A": RANDOM}, RANDOM)[0].why or "")


def test_of_one_series_a_class_only_what_sources_did_elsewhere_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weigh, "worths", lambda: ELSEWHERE)
    probes = {name: Probe(name, 10, 0.5, ERRORS[name]) for name in "ABC"}
    shrunk = {name: ELSEWHERE[name].shrunk for name in "ABC"}
    ranked = rank_probed(THREE, probes, RANDOM, 1)
    assert [source.model for source in ranked] == sorted("ABC", key=shrunk.__getitem__)


def test_a_source_that_is_no_better_than_random_filters_stays_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weigh, "worths", lambda: ELSEWHERE)
    probes = {"A": Probe("A", 10, 0.7, 0.31), "B": Probe("B", 10, 0.7, 0.29)}
    ranked = rank_probed(THREE[:2], probes, RANDOM)
    assert [source.model for source in ranked] == ["A", "B"]
    choices = weigh_choices(ranked, probes, replace(RANDOM, ridge_error=0.30), 5)
    assert [choice.source for choice in choices if choice.head == "ridge"] == ["B", None, "A"]
