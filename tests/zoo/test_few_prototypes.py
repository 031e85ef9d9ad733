"""Zoos of which some classes, or whole models, have no prototype, and others several."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, ZooError
from tszoo.recommendation.advice import advise, recommend
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import CATALOGUE_PROTOTYPES
from tszoo.zoo.datasets import learnt_datasets
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.local import add_model
from tszoo.zoo.packed import map_packed, pack
from tszoo.zoo.zoo import Zoo

KEPT = {"inception.A": (0, 1, 2), "inception.B": (), "inception.C": (0, 2), "inception.D": (1,)}
SEVERAL = {**KEPT, "inception.C": (0, 2, 2, 2), "inception.D": (1, 1)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_zoo(tmp_path, KEPT)


def make_zoo(tmp_path: Path, kept: dict[str, tuple[int, ...]]) -> Path:
    for seed, (name, places) in enumerate(kept.items()):
        data = replace(make_toy(n_classes=3, seed=seed), name=name.removeprefix("inception."))
        model = make_model(data, seed=seed)
        series = tuple(model.prototypes.series[i] for i in places)
        labels = tuple(model.prototypes.classes[i] for i in places)
        add_model(tmp_path / "zoo", replace(model, prototypes=Prototypes(labels, series)))
    return tmp_path / "zoo"


def entries(root: Path) -> tuple[CatalogueEntry, ...]:
    return Zoo(root).models


@pytest.mark.parametrize("kept", [KEPT, SEVERAL])
@pytest.mark.parametrize("has_catalogue", [True, False])
def test_prototypes_are_those_that_are_stored(
    tmp_path: Path, has_catalogue: bool, kept: dict[str, tuple[int, ...]]
) -> None:
    root = make_zoo(tmp_path, kept)
    if not has_catalogue:
        (root / CATALOGUE_PROTOTYPES).unlink()
    zoo = Zoo(root)
    for entry in zoo:
        stored = zoo.load(entry.name).prototypes
        found = zoo.prototypes(entry.name)
        assert found.classes == tuple(entry.classes[i] for i in kept[entry.name])
        assert all((x == y).all() for x, y in zip(found.series, stored.series, strict=True))
    names = ["inception.D", "inception.B", "inception.A"]
    pool = zoo.pool(names)
    assert pool.names == ("inception.D", "inception.A")
    assert [pool.source(i).classes for i in (0, 1)] == [
        zoo.prototypes(name).classes for name in pool.names
    ]


def test_a_zoo_without_any_prototype_is_packed(root: Path, tmp_path: Path) -> None:
    none = {entry.model: Prototypes((), ()) for entry in entries(root)}
    data = pack(entries(root), none)
    (tmp_path / CATALOGUE_PROTOTYPES).write_bytes(data)
    assert len(map_packed(tmp_path, entries(root), sha256_of(data))) == 0


def sha256_of(data: bytes) -> str:

    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("owners", [0, 0, 0, 2, 2, 4]),
        ("owners", [-1, 0, 0, 2, 2, 3]),
        ("owners", [3, 0, 0, 2, 2, 0]),
        ("classes", [0, 1, 3, 0, 2, 1]),
        ("classes", [0, 1, -1, 0, 2, 1]),
        ("classes", [0, 1, 2, 2, 0, 1]),
    ],
)
def test_hostile_places_are_refused(root: Path, key: str, values: list[int]) -> None:
    path = root / CATALOGUE_PROTOTYPES
    arrays = load(path.read_bytes())
    assert arrays["owners"].tolist() == [0, 0, 0, 2, 2, 3]
    assert arrays["classes"].tolist() == [0, 1, 2, 0, 2, 1]
    path.write_bytes(save({**arrays, key: np.array(values)}))
    with pytest.raises(ModelError, match=r"the owners are not|the prototypes of inception"):
        map_packed(root, entries(root), sha256_of(path.read_bytes()))


def test_models_without_prototypes_are_tried_and_not_ranked_by_dtw(root: Path) -> None:
    target = replace(make_toy(n_classes=3, seed=9), name="mine")
    ranked = recommend(target, root, method="dtw")
    assert sorted(source.model for source in ranked) == [
        "inception.A",
        "inception.C",
        "inception.D",
    ]
    for source in ranked:
        zoo = Zoo(root)
        assert source.source_class in zoo.prototypes(source.model).classes
    tried = {source.model: source for source in advise(target, root, method="probe").sources}
    assert set(tried) == set(KEPT)
    assert tried["inception.B"].distance is None
    assert not tried["inception.B"].is_universal
    others = ["A", "C", "D"]
    with pytest.raises(ZooError, match="none of its models has prototypes"):
        recommend(target, root, method="dtw", exclude=others)
    (alone,) = advise(target, root, exclude=others).sources
    assert alone.model == "inception.B"


def test_sets_without_prototypes_are_not_compared(root: Path) -> None:
    target = make_toy(n_classes=3, seed=9)
    assert [learnt.name for learnt in learnt_datasets(Zoo(root), [target])] == ["A", "C", "D"]
