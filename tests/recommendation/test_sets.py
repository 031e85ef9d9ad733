from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.support.slow_dtw import slow_dtw
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError
from tszoo.models.record import TrainedPart
from tszoo.recommendation.sets import learnt_sets, nearest_set, prototypes_of, rank_sets
from tszoo.recommendation.weigh import choose_nearest
from tszoo.similarity import PrototypePool, Prototypes

LENGTHS = {"A": (9, 12), "B": (5, 14, 8), "C": (11, 7), "D": (6, 10)}


@dataclass(frozen=True)
class Entry:
    model: str
    dataset: str
    sha256: str
    n_classes: int
    parts: tuple[TrainedPart, ...] = ()
    n_series: int = 24
    length: int = 14
    accuracy: float | None = 0.9
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Zoo:
    """A zoo in memory."""

    models: dict[str, Entry] = field(default_factory=dict)
    stored: dict[str, Prototypes] = field(default_factory=dict)

    def entry(self, name: str) -> Entry:
        return self.models[name]

    def prototypes(self, name: str) -> Prototypes:
        return self.stored[name]

    def pool(self, names: Sequence[str]) -> PrototypePool:
        return PrototypePool.of({name: self.stored[name] for name in names})


def walks(lengths: Sequence[int], seed: int) -> Prototypes:
    rng = np.random.default_rng(seed)
    series = tuple(rng.standard_normal((1, n)).cumsum(axis=1).astype(np.float32) for n in lengths)
    return Prototypes(tuple(f"class {n}" for n in lengths), series)


def part(name: str) -> TrainedPart:
    return TrainedPart(name, 30, len(LENGTHS[name]), max(LENGTHS[name]), name.lower() * 64)


def zoo_of(joint: Sequence[str], *single: str, shift: float = 0.0) -> Zoo:
    """Single sources, and two joint models whose prototypes may be others than the singles'."""
    zoo = Zoo()
    stored = {name: walks(lengths, ord(name)) for name, lengths in LENGTHS.items()}
    for name in single:
        zoo.models[f"z.{name}"] = Entry(f"z.{name}", name, part(name).sha256, len(LENGTHS[name]))
        zoo.stored[f"z.{name}"] = stored[name]
    labels = tuple(f"{name}: {label}" for name in joint for label in stored[name].classes)
    series = tuple(series + np.float32(shift) for name in joint for series in stored[name].series)
    for model in ("a.joint", "b.joint"):
        parts = tuple(part(name) for name in joint)
        zoo.models[model] = Entry(model, "joint", "f" * 64, len(labels), parts, classes=labels)
        zoo.stored[model] = Prototypes(labels, series)
    return zoo


def mine(name: str = "Mine") -> Dataset:
    toy = make_toy(8)
    return Dataset.from_arrays(toy.series, [toy.classes[k] for k in toy.labels], name=name)


def slow_ranking(target: Prototypes, zoo: Zoo) -> list[tuple[float, str, str, str]]:
    """Compare every prototype of every part of every model, one pair after the other."""
    nearest: dict[str, tuple[float, str, str, str]] = {}
    for entry in sorted(zoo.models.values(), key=lambda entry: (bool(entry.parts), entry.model)):
        source, first = zoo.stored[entry.model], 0
        for about in entry.parts or (entry,):
            for j in range(first, first + about.n_classes):
                for i, x in enumerate(target.series):
                    distance = slow_dtw(x.astype(np.float64), source.series[j].astype(np.float64))
                    pair = (distance, about.dataset, target.classes[i], source.classes[j])
                    before = nearest.get(about.dataset)
                    if before is None or distance < before[0]:
                        nearest[about.dataset] = pair
            first += about.n_classes
    return sorted(nearest.values())


@pytest.mark.parametrize("shift", [0.0, 0.3])
@pytest.mark.parametrize("few_cells", [200_000_000, 0])
def test_ranking_is_that_of_every_part_compared(
    shift: float, few_cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("tszoo.similarity.search"), "FEW_CELLS", few_cells)
    zoo, target = zoo_of("ABC", "A", "D", "B", shift=shift), walks((9, 13), 3)
    expected = slow_ranking(target, zoo)
    ranking = rank_sets(mine(), target, zoo.models, zoo)
    told = [(s.rank, s.dataset, s.target_class, s.source_class) for s in ranking]
    assert told == [(k + 1, *row[1:]) for k, row in enumerate(expected)]
    assert_allclose([s.distance for s in ranking], [row[0] for row in expected], rtol=1e-6)
    for top in (1, 2, 3, 9):
        assert rank_sets(mine(), target, zoo.models, zoo, top=top) == ranking[:top]


def test_a_data_set_stands_once_with_the_single_source_first() -> None:
    zoo = zoo_of("ABC", "A", "D", "B")
    ranking = rank_sets(mine(), walks((9,), 1), zoo.models, zoo)
    models = {source.dataset: source.models for source in ranking}
    assert models == {
        "A": ("z.A", "a.joint", "b.joint"),
        "B": ("z.B", "a.joint", "b.joint"),
        "C": ("a.joint", "b.joint"),
        "D": ("z.D",),
    }
    assert all(source.model == source.models[0] for source in ranking)
    about = {s.dataset: (s.n_series, s.n_classes, s.length, s.n_datasets) for s in ranking}
    assert about["C"] == (30, 2, 11, 3)
    assert about["A"] == (24, 2, 14, 1)


def test_models_that_have_learnt_the_target_stand_behind_others() -> None:
    zoo = zoo_of("ABC", "A", "D")
    zoo.models["a.joint"] = replace(
        zoo.models["a.joint"], parts=(part("A"), replace(part("B"), dataset="mine"), part("C"))
    )
    ranking = rank_sets(mine(), walks((9,), 1), zoo.models, zoo)
    models = {source.dataset: (source.models, source.is_target) for source in ranking}
    assert models["C"] == (("b.joint", "a.joint"), False)
    learnt = rank_sets(mine("c"), walks((9,), 1), zoo.models, zoo)
    assert [source.dataset for source in learnt if source.is_target] == [
        source.dataset for source in learnt if source.dataset not in "AD"
    ]


def test_a_joint_model_is_one_choice_however_many_of_its_data_sets_are_near() -> None:
    zoo = zoo_of("ABC")
    ranking = rank_sets(mine(), walks((9,), 1), zoo.models, zoo)
    assert [source.model for source in ranking] == ["a.joint"] * 3
    (choice,) = choose_nearest(ranking)
    assert (choice.source, choice.why) == ("a.joint", ranking[0].why)


def test_sets_of_one_name_and_other_content_are_two() -> None:
    zoo = zoo_of("AB", "A", "B")
    zoo.models["z.B"] = replace(zoo.models["z.B"], dataset="A")
    entries = [zoo.models["z.A"], zoo.models["z.B"]]
    learnt = learnt_sets(entries, zoo.pool(["z.A", "z.B"]))
    assert [each.models for each in learnt] == [("z.A",), ("z.B",)]


def test_prototypes_of_a_source_are_those_of_its_data_set() -> None:
    zoo = zoo_of("ABC", "A", "D", shift=0.5)
    target = walks((9,), 1)
    for source in rank_sets(mine(), target, zoo.models, zoo):
        n_kinds = 1 + (source.model != "a.joint")
        shown = prototypes_of(source, zoo)
        assert source.source_class in shown.classes
        # the two joint models have the same ones
        assert len(shown.classes) == source.n_classes * min(len(source.models), n_kinds)
        costs = [slow_dtw(x, y) for x in target.series for y in shown.series]
        assert min(costs) == pytest.approx(source.distance)
    whole = replace(source, dataset="joint", model="a.joint", models=())
    assert prototypes_of(whole, zoo).classes == zoo.stored["a.joint"].classes


def test_the_nearest_set_of_a_joint_model_is_that_of_its_class() -> None:
    zoo = zoo_of("ABC", "A", "D")
    target = walks((9, 13), 3)
    for source in rank_sets(mine(), target, zoo.models, zoo):
        assert nearest_set(source, zoo.models[source.model]) == source.dataset
        if source.dataset != "D":
            joint = zoo.models["a.joint"]
            label = source.source_class
            if source.model != joint.model:
                label = f"{source.dataset}: {label}"
            whole = replace(source, dataset="joint", model=joint.model, source_class=label)
            assert nearest_set(whole, joint) == source.dataset


def test_parts_that_do_not_add_up_are_refused() -> None:
    zoo = zoo_of("AB")
    entry = replace(zoo.models["a.joint"], n_classes=6)
    with pytest.raises(ModelError, match=r"^a\.joint: 6 classes, but its data sets have 5\.$"):
        learnt_sets([entry], zoo.pool([]))
