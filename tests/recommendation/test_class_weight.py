"""Sources are judged by the head that will be fitted, class weights included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.data.weights import weigh_series, with_class_weight
from tszoo.readout.features import extract
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.spread import prior_of
from tszoo.recommendation.advice import advise
from tszoo.recommendation.probe import probe_sources
from tszoo.transfer.planning import make_plan
from tszoo.zoo.find import load_model
from tszoo.zoo.local import add_model

MODEL = "inception.Coffee"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: Any) -> Any:
    root = tmp_path_factory.mktemp("weighted") / "zoo"
    for seed, name in enumerate(("Coffee", "GunPoint")):
        add_model(root, make_model(replace(make_toy(seed=seed), name=name), 1, seed=seed))
    return root


@pytest.fixture
def imbalanced() -> Dataset:
    """A class of four series beside one of twenty, in noise that hides much of them."""
    toy = make_toy(40, n_classes=2, seed=3)
    rare = np.flatnonzero(toy.require_labels() == 1)[4:]
    toy = toy.take(np.setdiff1d(np.arange(40), rare))
    noise = np.random.default_rng(0).standard_normal(toy.series.shape).astype(np.float32)
    return replace(toy, series=toy.series + 0.8 * noise)


def refitted_error(zoo: Any, target: Dataset, weights: NDArray[np.float64]) -> float:
    """Fit a weighted head anew for each series that is left out, and score what it gives that."""
    network = load_model(MODEL, zoo).networks[0]
    features = extract(network, target, choose_preprocessing(target)).stages
    labels = target.require_labels()
    fit = fit_ridge(features, labels, 2, prior=prior_of(network, 1), weights=weights)
    x = np.column_stack(((features - fit.centre) / fit.spread, np.ones(len(features))))
    y, penalties = 2.0 * np.eye(2)[labels] - 1, np.full(x.shape[1], fit.penalty)
    penalties[-1] = 0  # the intercept is free
    errors = []
    for k in range(len(x)):
        rest = np.arange(len(x)) != k
        gram = (x[rest].T * weights[rest]) @ x[rest] + np.diag(penalties)
        head = np.linalg.solve(gram, (x[rest].T * weights[rest]) @ y[rest])
        shares = np.clip((x[k] @ head + 1) / 2, 0, 1)
        errors.append(np.square(shares - np.eye(2)[labels[k]]).sum())
    return float(np.sum(weights * errors) / weights.sum())


def test_the_error_is_that_of_weighted_heads_that_are_fitted_anew(
    zoo: Any, imbalanced: Dataset
) -> None:
    weights = weigh_series(imbalanced, "balanced")
    assert weights is not None
    advice = advise(with_class_weight(imbalanced, "balanced"), zoo)
    errors = {source.model: source.error for source in advice.sources}
    assert errors[MODEL] == pytest.approx(refitted_error(zoo, imbalanced, weights), rel=1e-6)
    (plain,) = probe_sources(imbalanced, [MODEL], zoo)
    assert plain.ridge_error == pytest.approx(
        refitted_error(zoo, imbalanced, np.ones(24)), rel=1e-6
    )
    assert errors[MODEL] > 1.2 * plain.ridge_error  # the rare class is the hard one


def test_a_plan_goes_by_the_weighted_errors(zoo: Any, imbalanced: Dataset) -> None:
    def errors(**options: Any) -> dict[str, float | None]:
        plan = make_plan(imbalanced, zoo=zoo, head="ridge", **options)
        return {source.model: source.error for source in plan.considered}

    weighted = {
        source.model: source.error
        for source in advise(with_class_weight(imbalanced, "balanced"), zoo).sources
    }
    assert errors(class_weight="balanced") == weighted
    assert errors(class_weight={"c0": 1, "c1": 5}) == pytest.approx(weighted)  # 20 series to 4
    assert errors() != weighted


def test_a_source_that_has_learnt_the_target_is_known_by_other_weights(
    zoo: Any, imbalanced: Dataset
) -> None:
    learnt = replace(make_toy(seed=0), name="Other")  # as inception.Coffee has
    advice = advise(with_class_weight(learnt, {"c0": 3}), zoo)
    assert [source.model for source in advice.sources if source.is_target] == [MODEL]
