from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tszoo.transfer.options import FitOptions

import tszoo
from tests.support.sources import TINY, make_zoo
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import OptionError, ZooError
from tszoo.recommendation import METHODS, Recommendation, advise, recommend
from tszoo.recommendation.probe import Probe, probe_random, probe_sources
from tszoo.recommendation.weigh import rank_probed, weigh_choices
from tszoo.similarity import Prototypes, dataset_distance
from tszoo.training.recipe import Recipe
from tszoo.transfer.plan import _of_one_shape, make_plan
from tszoo.transfer.pretrain import pretrain
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo"))


def near(model: str, rank: int = 1, **changes) -> Recommendation:
    values = {
        "dataset": model.partition(".")[2],
        "distance": float(rank),
        "target_class": "a",
        "source_class": "b",
    }
    values |= {"n_series": 9, "n_classes": 2, "length": 8, "accuracy": None, "is_target": False}
    return Recommendation(rank=rank, model=model, **(values | changes))


def probed(model: str, error: float | None, accuracy: float | None = 0.5) -> Probe:
    return Probe(
        model, 10, ridge=None if error is None else accuracy, ridge_error=error, problem="too wide"
    )


THREE = [near("i.A", 1), near("i.B", 2), near("i.C", 3)]
PROBES = {
    "i.A": probed("i.A", 0.4, 0.7),
    "i.B": probed("i.B", 0.1, 0.9),
    "i.C": probed("i.C", 0.3, 0.8),
}


def test_sources_are_ranked_by_what_they_get_wrong_left_out():
    ranked = rank_probed(THREE, PROBES, probed("random", 0.35, 0.6))
    assert [(one.rank, one.model, one.score) for one in ranked] == [
        (1, "i.B", 0.9),
        (2, "i.C", 0.8),
        (3, "i.A", 0.7),
    ]
    assert ranked[0].why == (
        "it gets 90% of your series right, each left out in turn (error 0.100; random filters "
        "60%, 0.350)."
    )


def test_equal_sources_stay_in_the_order_of_nearness_and_those_without_scores_go_behind():
    probes = {"i.A": probed("i.A", None), "i.B": probed("i.B", 0.2), "i.C": probed("i.C", 0.2)}
    ranked = rank_probed(THREE, probes, probed("random", 0.1))
    assert [one.model for one in ranked] == ["i.B", "i.C", "i.A"]
    assert ranked[2].why == "it cannot be probed: too wide"
    assert ranked[2].score is None


@pytest.mark.parametrize(
    ("random", "wanted"),
    [
        (0.35, ["i.B", "i.C", None, "i.A"]),
        (0.05, [None, "i.B", "i.C", "i.A"]),
        (0.10, [None, "i.B", "i.C", "i.A"]),  # no better: it has not earned its place
        (0.90, ["i.B", "i.C", "i.A", None]),
    ],
)
def test_a_source_has_to_earn_its_place_before_random_filters(random, wanted):
    body = probed("random", random, 0.6)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 5)
    assert [one.source for one in choices if one.head == "ridge"] == wanted
    assert {one.source for one in choices if one.head == "softmax"} == {"i.B", None}
    assert all(one.measured == (one.head == "ridge") for one in choices)
    assert all(one.expected is not None and one.why for one in choices)


def test_the_target_itself_and_what_cannot_be_probed_are_no_choice():
    body, probes = probed("random", 0.9), {**PROBES, "i.C": probed("i.C", None)}
    ranked = rank_probed([replace(THREE[1], is_target=True), THREE[0], THREE[2]], probes, body)
    assert {one.source for one in weigh_choices(ranked, probes, body, 5)} == {"i.A", None}


def test_one_series_a_class_tells_no_source_from_another():
    body = probed("random", 0.9)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 1)
    assert (choices[0].source, choices[0].expected, choices[0].measured) == (None, None, False)
    assert "one series only" in choices[0].why


def test_sources_only():
    body = probed("random", 0.01)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 5, sources_only=True)
    assert [one.source for one in choices] == ["i.B", "i.C", "i.A", "i.B"]


def test_advice_is_what_probing_and_nearness_say(zoo, toy):
    by_nearness = advise(toy, zoo, method="dtw")
    names = [one.model for one in by_nearness.sources]
    probes, random = probe_sources(toy, names, zoo), probe_random(toy)
    advice = advise(toy, zoo)
    errors = {probe.model: probe.ridge_error for probe in probes}
    assert [one.model for one in advice.sources] == sorted(names, key=errors.__getitem__)
    best = min(errors, key=errors.__getitem__)
    assert advice.best().source == (best if errors[best] < random.ridge_error else None)
    assert advise(toy, zoo, method="probe").best().source == best
    assert by_nearness.best() == by_nearness.choices[0]
    assert (by_nearness.best().source, by_nearness.best().head) == (names[0], "softmax")


def test_top_bounds_the_sources_but_not_what_is_probed(zoo, toy):
    for method in METHODS:
        assert len(recommend(toy, zoo, method=method, top=1)) == 1
        assert recommend(toy, zoo, method=method, top=1) == recommend(toy, zoo, method=method)[:1]


def test_sources_of_one_channel_serve_a_target_of_two(zoo):
    own = make_toy(16, length=64, seed=4)
    labels = [own.classes[k] for k in own.labels]
    x = np.stack([np.random.default_rng(0).normal(size=(16, 64)), own.series[:, 0]], axis=1)
    target = Dataset.from_arrays(x, labels, name="two channels")
    advice = advise(target, zoo, method="dtw")
    catalogue = open_zoo(zoo)
    for one in advice.sources:
        source = catalogue.prototypes(one.model)
        mine = advice.prototypes
        apart = [
            Prototypes(mine.classes, tuple(series[k : k + 1] for series in mine.series))
            for k in (0, 1)
        ]
        assert one.distance == pytest.approx(
            min(dataset_distance(own, source).distance for own in apart)
        )
    model = tszoo.finetune(
        target, advise(target, zoo, method="probe").best().source, zoo=zoo, head="ridge", members=1
    )
    assert model.config.n_channels == 2
    assert (model.predict(target) == labels).mean() > 0.9


def test_hard_targets(zoo):
    rng = np.random.default_rng(0)

    def target(x, y, **how):
        return Dataset.from_arrays(x, y, name="hard", **how)

    holes = make_toy(12, length=20).series.copy()
    holes[:, :, 3:6] = np.nan
    for one in (
        target(np.zeros((6, 10)), [0, 1] * 3),  # constant
        target(rng.normal(size=(6, 1)), [0, 1] * 3),  # one point
        target(holes, [0, 1] * 6),
        target(rng.normal(size=(3, 30)), [0, 1, 2]),  # one series a class
        target(rng.normal(size=(200, 8)), list(range(100)) * 2),  # many classes
        target([rng.normal(size=9 + k) for k in range(8)], [0, 1] * 4, unequal=True),
    ):
        for method in METHODS:
            advice = advise(one, zoo, method=method)
            assert len(advice.sources) == 3
            assert advice.best().why


def test_what_is_wrong_is_said_in_one_line(zoo, toy):
    with pytest.raises(
        OptionError, match=r"^unknown method 'magic'; there are: auto, probe, dtw\.$"
    ):
        recommend(toy, zoo, method="magic")
    with pytest.raises(OptionError, match="top must be 1 or more, not 0"):
        recommend(toy, zoo, top=0)
    with pytest.raises(ZooError, match="all excluded by incep"):
        advise(toy, zoo, exclude=["incep*"])
    same = Dataset.from_arrays(toy.series, [toy.classes[k] for k in toy.labels], name="bumps")
    alone = advise(same, zoo, method="dtw", exclude=["Long", "Steps"])
    with pytest.raises(
        ZooError, match=r"inception\.Bumps learnt these very data\. Name one with --source"
    ):
        alone.best()


def test_a_plan_takes_what_is_named(zoo, toy):
    assert make_plan(toy, "none").sources == ()
    assert (make_plan(toy, "none").head, make_plan(toy, "none", "ridge").head) == (
        "softmax",
        "ridge",
    )
    plan = make_plan(toy, ["inception.Long", "inception.Bumps"], zoo=zoo)
    assert [one.config.name for one in plan.sources] == ["inception.Long", "inception.Bumps"]
    assert (plan.default_members, plan.advice, plan.choice) == (5, None, None)
    # of a ridge head no more members than there are bodies
    assert (
        make_plan(toy, ["inception.Long", "inception.Bumps"], "ridge", zoo=zoo).default_members == 4
    )


def test_thousands_of_series_have_one_ridge_head_a_source(zoo):
    many = Dataset.from_arrays(np.arange(4002.0).reshape(2001, 2) % 7, [0, 1, 1] * 667, name="many")
    assert [make_plan(many, "none", head).default_members for head in ("ridge", "softmax")] == [
        1,
        5,
    ]
    assert (
        make_plan(many, ["inception.Long", "inception.Bumps"], "ridge", zoo=zoo).default_members
        == 2
    )
    assert make_plan(many.take(range(2000)), "none", "ridge").default_members == 5


def test_a_plan_follows_the_advice(zoo, toy):
    advice = advise(toy, zoo)
    for head in (None, "ridge", "softmax"):
        plan = make_plan(toy, "auto", head, zoo=zoo)
        assert plan.choice == advice.best(head)
        names = [one.config.name for one in plan.sources]
        assert names[:1] == [name for name in [plan.choice.source] if name is not None]
        if plan.head != "softmax":  # the best, and then others, for several are better together
            assert names == [
                one.source
                for one in advice.choices
                if one.head == "ridge" and one.source is not None
            ]
        else:
            assert len(names) <= 1
        assert make_plan(toy, "auto", head, zoo=zoo, diverse=1).sources[1:] == ()
        several = make_plan(toy, "auto", head, zoo=zoo, diverse=3)
        names = [one.config.name for one in several.sources]
        assert names[0] == several.choice.source == advice.best(head, sources_only=True).source
        assert len(set(names)) == len(names) == 3


def test_training_is_weighed_from_scratch_first(zoo, toy):
    assert (advise(toy, zoo).best("softmax").source, advise(toy, zoo).best("softmax").measured) == (
        None,
        False,
    )
    assert advise(toy, zoo, method="probe").best("softmax").source is not None


def test_a_plan_that_makes_no_sense(zoo, toy):
    with pytest.raises(OptionError, match="head must be one of softmax, ridge, both, not 'svm'"):
        make_plan(toy, "none", "svm")
    with pytest.raises(OptionError, match="'none' cannot be one of several sources"):
        make_plan(toy, ["inception.Long", "none"], zoo=zoo)
    with pytest.raises(OptionError, match="no source is named"):
        make_plan(toy, [], zoo=zoo)
    with pytest.raises(OptionError, match="diverse must be 1 or more, not 0"):
        make_plan(toy, "auto", zoo=zoo, diverse=0)


def test_several_sources_are_of_the_shape_that_has_enough_of_them(tmp_path):
    root = make_zoo(tmp_path)
    odd = Dataset.from_arrays(make_toy(8).series, ["a", "b"] * 4, name="Odd")
    add_model(
        root,
        pretrain(odd, FitOptions(Recipe(epochs=1), members=1), arguments={**TINY, "filters": 2}),
    )
    names = [f"inception.{name}" for name in ("Odd", "Long", "Steps", "Bumps")]

    def chosen(most):
        return [one.config.name for one in _of_one_shape(names, most, root)]

    assert [chosen(most) for most in (1, 2, 3, 5)] == [names[:1], names[1:3], names[1:], names[1:]]
    assert _of_one_shape([], 5, root) == ()
