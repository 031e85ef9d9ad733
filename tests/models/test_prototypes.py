"""Prototypes of some of a model's classes: in its file, and as what may be shown of its data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.digests import forget_digests
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data.load import load_dataset
from tszoo.errors import ModelError
from tszoo.models.load import is_model_folder, load_config, load_folder, load_prototypes
from tszoo.models.model import Model
from tszoo.models.prototypes import LEAST_AVERAGED, averages, check_agreement, write_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import PROTOTYPES

CARDS = [folder for folder in sorted((ROOT / "cards").iterdir()) if is_model_folder(folder)]


def counted(model: Model, *counts: int) -> Model:
    """Say how many series the classes of a model have."""
    trained_on = replace(model.config.trained_on, n_series=sum(counts), class_series=counts)
    return replace(model, config=replace(model.config, trained_on=trained_on))


def some(prototypes: Prototypes, *places: int) -> Prototypes:
    return Prototypes(
        tuple(prototypes.classes[i] for i in places), tuple(prototypes.series[i] for i in places)
    )


@pytest.mark.parametrize("places", [(), (1,), (0, 2), (0, 1, 2), (0, 0), (0, 1, 1, 1, 2)])
def test_some_classes_may_have_a_prototype(tmp_path: Path, places: tuple[int, ...]) -> None:
    model = make_model(make_toy(n_classes=3))
    kept = some(model.prototypes, *places)
    replace(model, prototypes=kept).save(tmp_path / "m")
    stored = load_folder(tmp_path / "m").prototypes
    assert stored.classes == kept.classes
    assert all((x == y).all() for x, y in zip(stored.series, kept.series, strict=True))


@pytest.mark.parametrize("places", [(1, 0), (0, 1, 0), (2, 1)])
def test_classes_out_of_order_are_refused(tmp_path: Path, places: tuple[int, ...]) -> None:
    model = make_model(make_toy(n_classes=3))
    wrong = some(model.prototypes, *places)
    with pytest.raises(ModelError, match="the prototypes are of classes"):
        check_agreement(wrong, model.config)
    model.save(tmp_path / "m")
    forget_digests(tmp_path / "m")
    (tmp_path / "m" / PROTOTYPES).write_bytes(write_prototypes(wrong))
    with pytest.raises(ModelError, match="prototypes of classes"):
        load_prototypes(tmp_path / "m")


def test_averages_of_few_series_are_none() -> None:
    model = counted(make_model(make_toy(n_classes=3)), 2, 3, 40)
    assert averages(model.prototypes, model.config).classes == model.config.class_names[1:]
    trained_on = replace(model.config.trained_on, class_series=())
    assert averages(model.prototypes, replace(model.config, trained_on=trained_on)).classes == ()
    several = some(model.prototypes, 1, 2, 2)
    assert averages(several, model.config).classes == model.config.class_names[1:2]


def test_models_count_the_series_of_their_classes() -> None:
    toy = make_toy(n_classes=3)
    counts = make_model(toy).config.trained_on.class_series
    labels = toy.require_labels().tolist()
    assert counts == tuple(labels.count(k) for k in range(3))


@pytest.mark.parametrize("folder", CARDS, ids=lambda folder: folder.name)
def test_embedded_prototypes_are_averages(folder: Path) -> None:
    config, prototypes = load_config(folder), load_prototypes(folder)
    if config.is_universal:
        assert not prototypes.series
        return
    counts = dict(zip(config.class_names, config.trained_on.class_series, strict=True))
    assert all(counts[label] >= LEAST_AVERAGED for label in prototypes.classes)
    enough = [label for label, count in counts.items() if count >= LEAST_AVERAGED]
    assert list(prototypes.classes) == enough


def normalised(name: str, archive: Path) -> Iterator[NDArray[np.float64]]:
    """Yield the training series of a set, each brought to mean 0 and standard deviation 1."""
    train = load_dataset(name, split="train", archive=archive)
    for series, length in zip(train.series, train.lengths, strict=True):
        x = series[:, :length].astype(np.float64)
        yield (x - x.mean()) / max(x.std(), 1e-9)


@pytest.mark.slow
def test_no_embedded_prototype_is_a_training_series(archive: Path) -> None:
    by_set: dict[str, set[Path]] = {}
    for folder in CARDS:
        data = load_config(folder).trained_on
        for name in [part.dataset for part in data.parts] or [data.dataset]:
            by_set.setdefault(name, set()).add(folder)
    stored = {folder: load_prototypes(folder).series for folder in CARDS}
    for name, folders in by_set.items():
        trained = list(normalised(name, archive))
        for folder in folders:
            for prototype in stored[folder]:
                alike = [x for x in trained if x.shape == prototype.shape]
                if not alike:
                    continue
                differences = np.abs(np.stack(alike) - prototype).max(axis=(1, 2))
                assert np.nanmin(differences, initial=np.inf) > 1e-2, (folder.name, name)
