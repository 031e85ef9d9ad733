from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tszoo
from tests.support.sources import make_zoo
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, OptionError, ZooError
from tszoo.recommendation import METHODS, Recommendation, advise, recommend
from tszoo.recommendation.probe import Probe, probe_random, probe_sources
from tszoo.recommendation.weigh import (
    TRAINED_FROM_SCRATCH,
    TRAINED_FROM_SOURCE,
    rank_probed,
    weigh_choices,
)
from tszoo.similarity import Prototypes, dataset_distance
from tszoo.training.run import Run
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
    assert [(source.rank, source.model, source.score) for source in ranked] == [
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
    assert [source.model for source in ranked] == ["i.B", "i.C", "i.A"]
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
    assert [source.source for source in choices if source.head == "ridge"] == wanted
    assert {source.source for source in choices if source.head == "softmax"} == {"i.B", None}
    assert all(source.measured == (source.head == "ridge") for source in choices)
    assert all(source.expected is not None and source.why for source in choices)


def test_the_target_itself_and_what_cannot_be_probed_are_no_choice():
    body, probes = probed("random", 0.9), {**PROBES, "i.C": probed("i.C", None)}
    ranked = rank_probed([replace(THREE[1], is_target=True), THREE[0], THREE[2]], probes, body)
    assert {source.source for source in weigh_choices(ranked, probes, body, 5)} == {"i.A", None}


def test_one_series_a_class_tells_no_source_from_another():
    body = probed("random", 0.9)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 1)
    assert (choices[0].source, choices[0].expected, choices[0].measured) == (None, None, False)
    assert "one series only" in choices[0].why


def test_with_one_series_a_class_universal_bodies_come_before_random_filters():
    ranked = [*THREE, near("i.U", 4, n_classes=0), near("i.V", 5, n_classes=0)]
    probes = {**PROBES, "i.U": probed("i.U", 0.9), "i.V": probed("i.V", 0.8)}
    choices = weigh_choices(ranked, probes, probed("random", 0.1), 1)
    frozen = [choice for choice in choices if choice.head == "ridge"]
    assert [choice.source for choice in frozen] == ["i.U", "i.V", None, "i.A", "i.B", "i.C"]
    assert not any(choice.measured for choice in choices)
    assert "universal bodies got 59% right" in frozen[0].why


def test_sources_only():
    body = probed("random", 0.01)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 5, sources_only=True)
    assert [source.source for source in choices] == ["i.B", "i.C", "i.A", "i.B"]


def test_advice_is_what_probing_and_nearness_say(zoo, toy):
    by_nearness = advise(toy, zoo, method="dtw")
    names = [source.model for source in by_nearness.sources]
    probes, random = probe_sources(toy, names, zoo), probe_random(toy)
    advice = advise(toy, zoo)
    errors = {probe.model: probe.ridge_error for probe in probes}
    assert [source.model for source in advice.sources] == sorted(names, key=errors.__getitem__)
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
    for source in advice.sources:
        theirs = catalogue.prototypes(source.model)
        mine = advice.prototypes
        apart = [
            Prototypes(mine.classes, tuple(series[k : k + 1] for series in mine.series))
            for k in (0, 1)
        ]
        assert source.distance == pytest.approx(
            min(dataset_distance(channel, theirs).distance for channel in apart)
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
    for data in (
        target(holes, [0, 1] * 6),
        target(rng.normal(size=(3, 30)), [0, 1, 2]),  # one series a class
        target(rng.normal(size=(200, 8)), list(range(100)) * 2),  # many classes
        target([rng.normal(size=9 + k) for k in range(8)], [0, 1] * 4, unequal=True),
    ):
        for method in METHODS:
            advice = advise(data, zoo, method=method)
            assert len(advice.sources) == 3
            assert advice.best().why
    constant = target(np.zeros((6, 10)), [0, 1] * 3)
    with pytest.raises(DataError, match=r"^hard: every series is constant\."):
        advise(constant, zoo)
    with pytest.raises(DataError, match=r"^hard: series of one point"):
        advise(target(rng.normal(size=(6, 1)), [0, 1] * 3), zoo)


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
        ZooError,
        match=r"inception\.Bumps learnt these very data\. Name one, or start without: source=",
    ):
        alone.best()


@pytest.mark.parametrize(
    ("source", "scratch", "wanted"),
    [
        (0.917, 0.792, ["i.B", None]),  # FaceFour: trained on 0.898, from scratch 0.777
        (0.792, 0.917, [None, "i.B"]),
        (0.9, 0.9, [None, "i.B"]),  # equal readouts: training on is expected to lose more
        (0.5 + TRAINED_FROM_SOURCE, 0.5 + TRAINED_FROM_SCRATCH, [None, "i.B"]),  # a tie
        (0.0, 0.0, [None, "i.B"]),
    ],
)
def test_training_is_ordered_by_what_it_may_be_expected_to_reach(source, scratch, wanted):
    body = probed("random", 0.2, scratch)
    probes = {**PROBES, "i.B": probed("i.B", 0.1, source)}
    choices = weigh_choices(rank_probed(THREE, probes, body), probes, body, 5)
    trained = choices[-2:]
    assert [(choice.source, choice.head) for choice in trained] == [
        (name, "softmax") for name in wanted
    ]
    expected = {choice.source: choice.expected for choice in trained}
    assert expected[None] == max(0.0, scratch - TRAINED_FROM_SCRATCH)
    assert expected["i.B"] == max(0.0, source - TRAINED_FROM_SOURCE)
    assert {choice.head for choice in choices[:-2]} == {"ridge"}
    assert not any(choice.measured for choice in trained)


def test_training_from_scratch_comes_first_where_nothing_says_what_to_expect():
    body = probed("random", 0.9, 0.1)
    choices = weigh_choices(rank_probed(THREE, PROBES, body), PROBES, body, 1)
    assert [choice.source for choice in choices if choice.head == "softmax"] == [None, "i.B"]
    assert all(choice.expected is None for choice in choices)


def test_the_best_trained_start_is_that_of_the_choices(zoo, toy):
    advice = advise(toy, zoo)
    trained = [choice for choice in advice.choices if choice.head == "softmax"]
    assert advice.best("softmax") == trained[0]
    assert not advice.best("softmax").measured
    assert trained[0].expected >= trained[1].expected
    assert advise(toy, zoo, method="probe").best("softmax").source is not None


def test_a_run_says_where_results_are_kept_and_who_is_told(zoo, toy, tmp_path):
    reports = []
    run = Run(device="cpu", cache=tmp_path, progress=lambda *at: reports.append(at))
    first = advise(toy, zoo, run=run)
    assert len(list(tmp_path.iterdir())) == 4  # three sources and the untrained body
    assert reports[-3:] == [(1, 3), (2, 3), (3, 3)]
    again = advise(toy, zoo, run=run)
    assert (again.sources, again.choices) == (first.sources, first.choices)
    with pytest.raises(OptionError, match=r"^device must be auto, cpu, cuda or cuda:N, not 'tpu'"):
        advise(toy, zoo, run=Run(device="tpu"))


def test_a_zoo_whose_models_are_all_broken_says_so(tmp_path):
    root = tmp_path / "zoo"
    add_model(root, make_model(members=1), "inception.Toy")
    (root / "inception.Toy" / "config.json").write_text("{")
    for method in METHODS:
        with pytest.raises(ZooError, match=r"no model of the zoo can be used.*inception\.Toy"):
            recommend(make_toy(), zoo=root, method=method)
