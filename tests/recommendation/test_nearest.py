from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from tests.support.slow_dtw import slow_dtw
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, OptionError, ZooError
from tszoo.models.record import TrainedPart
from tszoo.recommendation import METHODS, Recommendation, advice, rank_sources
from tszoo.recommendation import recommend as recommend_by
from tszoo.similarity import Comparison, PrototypePool, Prototypes, compute_prototypes
from tszoo.training.run import Run

recommend = partial(recommend_by, method="dtw")


@dataclass(frozen=True)
class Entry:
    model: str
    dataset: str
    n_classes: int
    length: int
    n_channels: int = 1
    n_series: int | None = 24
    accuracy: float | None = 0.9
    sha256: str | None = None
    parts: tuple[TrainedPart, ...] = ()
    is_universal: bool = False


@dataclass(frozen=True)
class Zoo:
    """A zoo in memory: prototypes by model."""

    models: Sequence[Entry]
    held: dict[str, Prototypes] = field(default_factory=dict)
    broken: Sequence[object] = ()

    def prototypes(self, model: str, /) -> Prototypes:
        return self.held[model]

    def pool(self, models: Sequence[str]) -> PrototypePool:
        return PrototypePool.of({model: self.held[model] for model in models})


@pytest.fixture(autouse=True)
def _zoos_in_memory_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "open_zoo", lambda zoo: zoo)


def zoo_of(*datasets: Dataset, architectures: Sequence[str] = ("inception",)) -> Zoo:
    entries, held = [], {}
    for dataset in datasets:
        for architecture in architectures:
            model = f"{architecture}.{dataset.name}"
            shape = dataset.n_classes, dataset.length, dataset.n_channels, dataset.n_series
            entries.append(Entry(model, dataset.name, *shape, sha256=dataset.sha256))
            held[model] = compute_prototypes(dataset)
    return Zoo(tuple(entries), held)


def named(name: str, **kwargs: int) -> Dataset:
    toy = make_toy(**kwargs)
    labels = [toy.classes[k] for k in toy.require_labels()]
    return Dataset.from_arrays(toy.series, labels, name=name)


def read_training(archive: Path, name: str) -> Dataset:
    table = np.loadtxt(archive / name / f"{name}_TRAIN.tsv")
    return Dataset.from_arrays(table[:, 1:], table[:, 0].astype(int), name=name)


@pytest.fixture(scope="module")
def zoo() -> Zoo:
    sets = [
        named(f"Set{k}", n_series=12, length=20 + 6 * k, n_classes=2 + k % 2, seed=k)
        for k in range(5)
    ]
    return zoo_of(*sets, named("Wide", n_channels=2, seed=9))


def test_ranking_is_algorithm_1() -> None:
    rng = np.random.default_rng(0)

    def some(lengths: Sequence[int]) -> Prototypes:
        series = tuple(rng.standard_normal((1, length)).astype(np.float32) for length in lengths)
        return Prototypes(tuple(f"class {length}" for length in lengths), series)

    target, sources = some((9, 12)), {f"source{k}": some((5 + k, 14 - k, 8)) for k in range(6)}
    expected = []
    for name, source in sources.items():
        pairs = [
            (
                slow_dtw(x.astype(np.float64), y.astype(np.float64)),
                name,
                target.classes[i],
                source.classes[j],
            )
            for i, x in enumerate(target.series)
            for j, y in enumerate(source.series)
        ]
        expected.append(min(pairs))
    ranking = rank_sources(target, sources)
    assert [(one.name, one.target_class, one.source_class) for one in ranking] == [
        row[1:] for row in sorted(expected)
    ]
    assert_allclose(
        [one.distance for one in ranking], [row[0] for row in sorted(expected)], rtol=1e-6
    )


def test_equally_near_sources_stand_in_the_order_of_names() -> None:
    same = compute_prototypes(make_toy())
    assert [one.name for one in rank_sources(same, {"b": same, "c": same, "a": same})] == [
        "a",
        "b",
        "c",
    ]
    assert rank_sources(same, {"a": same})[0].distance == 0.0
    assert rank_sources(same, {}) == []


def test_recommendation_says_all_there_is_to_say(zoo: Zoo) -> None:
    target = named("Mine", length=33, seed=7)
    ranking = recommend(target, zoo)
    assert [one.rank for one in ranking] == [1, 2, 3, 4, 5]
    distances = [one.distance for one in ranking]
    assert distances == sorted(distances)
    first = ranking[0]
    entry = next(one for one in zoo.models if one.model == first.model)
    nearest = rank_sources(compute_prototypes(target), {first.model: zoo.prototypes(first.model)})[
        0
    ]
    assert replace(first, why=None) == Recommendation(
        1, entry.model, entry.dataset, nearest.distance, nearest.target_class, nearest.source_class,
        entry.n_series, entry.n_classes, entry.length, entry.accuracy, is_target=False,
        models=(entry.model,),
    )  # fmt: skip
    assert first.score is None


def test_top_cuts_the_ranking(zoo: Zoo) -> None:
    target = named("Mine", seed=7)
    assert recommend(target, zoo, top=2) == recommend(target, zoo)[:2]
    assert len(recommend(target, zoo, top=99)) == 5


def test_models_of_other_channels_are_left_out(zoo: Zoo) -> None:
    assert all(one.dataset != "Wide" for one in recommend(named("Mine"), zoo))
    assert [one.dataset for one in recommend(named("Mine", n_channels=2), zoo)] == ["Wide"]


def test_sources_of_one_channel_see_each_channel_where_there_are_no_others(zoo: Zoo) -> None:
    target = named("Mine", n_channels=3)
    own = compute_prototypes(target)
    apart = Prototypes(
        ("c0",) * 3 + ("c1",) * 3, tuple(one[k : k + 1] for one in own.series for k in range(3))
    )
    sources = {
        entry.model: zoo.prototypes(entry.model) for entry in zoo.models if entry.n_channels == 1
    }
    expected = rank_sources(apart, sources)
    found = recommend(target, zoo)
    assert [(one.model, one.distance, one.target_class) for one in found] == [
        row[:3] for row in expected
    ]


def test_target_in_the_zoo_is_known_by_content_or_name(zoo: Zoo) -> None:
    copy = named("Copy", n_series=12, length=20, n_classes=2, seed=0)
    known = recommend(copy, zoo)
    assert [one.dataset for one in known if one.is_target] == ["Set0"]
    assert (known[0].dataset, known[0].distance) == ("Set0", 0.0)
    assert [one.dataset for one in recommend(named("set3", seed=50), zoo) if one.is_target] == [
        "Set3"
    ]


def test_a_joint_model_counts_as_each_of_its_data_sets(zoo: Zoo) -> None:
    parts = tuple(TrainedPart(f"Part{k}", 12, 1, 20, f"{k}" * 64) for k in range(2))
    joint = Zoo((replace(zoo.models[0], parts=parts), *zoo.models[1:]), zoo.held)
    by_name = recommend(named("part1", seed=50), joint)
    assert {(one.dataset, one.n_datasets) for one in by_name if one.is_target} == {
        ("Part0", 2),
        ("Part1", 2),
    }
    assert {one.n_datasets for one in by_name if not one.is_target} == {1}
    copy = named("Copy", seed=50)
    alike = replace(parts[1], sha256=copy.sha256)
    joint = Zoo((replace(zoo.models[0], parts=(parts[0], alike)), *zoo.models[1:]), zoo.held)
    known = {one.dataset for one in recommend(copy, joint) if one.is_target}
    assert known == {"Part0", "Part1"}
    left = {one.dataset for one in recommend(copy, joint, exclude=["PART0"])}
    assert left == {"Set1", "Set2", "Set3", "Set4"}


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ((), {"Set0", "Set1", "Set2", "Set3", "Set4"}),
        (("Set1",), {"Set0", "Set2", "Set3", "Set4"}),
        (("set1", "inception.Set2"), {"Set0", "Set3", "Set4"}),
        (("Set[0-3]", "nothing"), {"Set4"}),
        (("*.Set?", "!"), set()),
    ],
)
def test_names_and_patterns_are_excluded(
    zoo: Zoo, exclude: tuple[str, ...], left: set[str]
) -> None:
    if left:
        assert {one.dataset for one in recommend(named("Mine"), zoo, exclude=exclude)} == left
    else:
        with pytest.raises(ZooError, match="no model fits: Mine has 1"):
            recommend(named("Mine"), zoo, exclude=exclude)


def test_nothing_left_is_an_error(zoo: Zoo) -> None:
    with pytest.raises(
        ZooError, match=r"no model is left: the zoo's 6 are all excluded by Set\*, wide"
    ):
        recommend(named("Mine"), zoo, exclude=["Set*", "wide"])
    with pytest.raises(ZooError, match="the zoo holds no models"):
        recommend(named("Mine"), Zoo(()))


def test_models_of_one_source_stand_in_one_line() -> None:
    zoo = zoo_of(named("Set0", seed=1), named("Set1", seed=2), architectures=("inception", "fcn"))
    ranking = recommend(named("Mine", seed=3), zoo)
    assert ranking[0].distance < ranking[1].distance
    for one in ranking:
        assert one.models == (f"fcn.{one.dataset}", f"inception.{one.dataset}")


def test_senseless_options_are_refused(zoo: Zoo) -> None:
    target = named("Mine")
    with pytest.raises(OptionError, match="top must be 1 or more, not 0"):
        recommend(target, zoo, top=0)
    with pytest.raises(OptionError, match="window must be a whole number of points, 0 or more"):
        recommend(target, zoo, comparison=Comparison(window=-1))
    with pytest.raises(OptionError, match=r"unknown method 'oracle'; there are: .*dtw"):
        recommend(target, zoo, method="oracle")
    with pytest.raises(DataError, match="Mine: no labels"):
        recommend(Dataset.from_arrays(target.series, name="Mine"), zoo)
    assert "dtw" in METHODS


def test_window_and_progress_reach_the_work(zoo: Zoo) -> None:
    target = named("Mine", seed=7)
    reports: list[tuple[int, int]] = []
    run = Run(progress=lambda *at: reports.append(at))
    narrow = recommend(target, zoo, comparison=Comparison(window=0), run=run)
    assert reports[-1][0] == reports[-1][1]
    assert sum(one.distance for one in narrow) > sum(one.distance for one in recommend(target, zoo))


def test_smallest_targets_are_served(zoo: Zoo) -> None:
    for series in ([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]):
        ranking = recommend(Dataset.from_arrays(series, ["a", "b"], name="Tiny"), zoo)
        assert len(ranking) == 5
        assert all(np.isfinite(one.distance) for one in ranking)


def test_kin_of_the_archive_find_each_other(archive: Path) -> None:
    names = (
        "GunPointMaleVersusFemale",
        "GunPointOldVersusYoung",
        "Coffee",
        "ItalyPowerDemand",
        "Trace",
        "CBF",
    )
    zoo = zoo_of(*(read_training(archive, name) for name in names))
    ranking = recommend(read_training(archive, "GunPointAgeSpan"), zoo)
    assert {one.dataset for one in ranking[:2]} == set(names[:2])
    assert not ranking[0].is_target
    itself = recommend(read_training(archive, "Trace"), zoo, top=1)[0]
    assert (itself.dataset, itself.distance, itself.is_target) == ("Trace", 0.0, True)


# targets that are not what one expects: each is served, or told in one line why it cannot be


def odd(series: object, labels: Sequence[str]) -> Dataset:
    return Dataset.from_arrays(np.asarray(series), list(labels), name="Odd")


def some_series(n: int, length: int, n_channels: int = 1, seed: int = 3) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((n, n_channels, length))


def with_gaps() -> NDArray[np.float64]:
    series = some_series(6, 30)
    series[0, 0, 4:9] = np.nan
    series[3, 0, 0] = np.nan
    return series


WORKABLE = {
    "one series a class": odd(some_series(3, 30), "abc"),
    "length 2": odd(some_series(4, 2), "aabb"),
    "missing values": odd(with_gaps(), "aabbcc"),
    "200 classes": odd(some_series(400, 12), [f"c{k % 200}" for k in range(400)]),
}


@pytest.mark.parametrize("case", WORKABLE)
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"comparison": Comparison(normalized=True, window=2)},
        {"comparison": Comparison(length=16), "per_class": 2},
    ],
)
def test_odd_targets_are_ranked(zoo: Zoo, case: str, how: dict[str, Any]) -> None:
    ranking = recommend(WORKABLE[case], zoo, **how)
    assert len(ranking) == 5
    assert all(np.isfinite(one.distance) and one.distance >= 0 for one in ranking)
    assert recommend(WORKABLE[case], zoo, top=2, **how) == ranking[:2]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (odd(np.full((4, 1, 20), 7.0), "aabb"), r"^Odd: every series is constant\."),
        (odd(some_series(4, 1), "aabb"), r"^Odd: series of one point"),
        (odd(np.tile(some_series(1, 30), (4, 1, 1)), "aabb"), r"^Odd: of 4 series 1 differ, and"),
        (odd(some_series(12, 9), "abcdefghijkl"), r"^Odd: 12 series, 12 classes \(a, b, c, …\)"),
    ],
)
def test_what_is_no_classification_problem_is_refused(
    zoo: Zoo, target: Dataset, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        recommend(target, zoo)


def test_a_target_of_20000_points_is_ranked(zoo: Zoo) -> None:
    target = odd(np.cumsum(some_series(2, 20_000), axis=2), "ab")
    ranking = recommend(target, zoo, top=1, comparison=Comparison(normalized=True))
    assert np.isfinite(ranking[0].distance)


def test_targets_that_cannot_be_ranked_are_refused_in_one_line(zoo: Zoo) -> None:
    with pytest.raises(DataError, match=r"Odd: .*one class"):
        recommend(odd(some_series(4, 20), "aaaa"), zoo)
    wide = Zoo([entry for entry in zoo.models if entry.n_channels == 2], zoo.held)
    with pytest.raises(
        ZooError, match=r"no model fits: Odd has 4 channel\(s\), the zoo's sources have 2"
    ):
        recommend(odd(some_series(4, 20, 4), "aabb"), wide)


def test_options_of_the_comparison_reach_the_distances(zoo: Zoo) -> None:
    target = named("Mine", seed=7)
    for comparison in (
        Comparison(normalized=True),
        Comparison(length=40),
        Comparison(window=1, length=25),
    ):
        own = compute_prototypes(target, comparison.window)
        sources = {
            entry.model: zoo.prototypes(entry.model)
            for entry in zoo.models
            if entry.n_channels == 1
        }
        expected = rank_sources(own, sources, comparison=comparison)
        found = recommend(target, zoo, comparison=comparison)
        assert [(one.model, one.distance) for one in found] == [
            (one.name, one.distance) for one in expected
        ]
        assert [one.distance for one in found] != [one.distance for one in recommend(target, zoo)]
    several = recommend(target, zoo, per_class=3)
    assert sum(one.distance for one in several) != sum(
        one.distance for one in recommend(target, zoo)
    )


def test_senseless_options_of_the_comparison_are_refused(zoo: Zoo) -> None:
    target = named("Mine")
    with pytest.raises(OptionError, match="length must be a whole number of points from 1 to"):
        recommend(target, zoo, comparison=Comparison(length=0))
    with pytest.raises(OptionError, match="per_class must be 1 or more, not 0"):
        recommend(target, zoo, per_class=0)
    with pytest.raises(OptionError, match="normalized must be True or False, not 2"):
        recommend(target, zoo, comparison=Comparison(normalized=2))  # type: ignore[arg-type]


def test_a_ranking_may_be_cut_before_it_is_computed(zoo: Zoo) -> None:
    own = compute_prototypes(named("Mine", seed=7))
    sources = {
        entry.model: zoo.prototypes(entry.model) for entry in zoo.models if entry.n_channels == 1
    }
    every = rank_sources(own, sources)
    assert rank_sources(own, PrototypePool.of(sources), top=2) == every[:2]
    assert rank_sources(own, sources, window=0, top=99) == rank_sources(
        own, sources, comparison=Comparison(window=0)
    )
