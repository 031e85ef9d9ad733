"""Universal bodies small enough to be made, saved and loaded in a test."""

from __future__ import annotations

from typing import Any

from tests.support.tiny import TINY_ARGS, make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing
from tszoo.models.model import Model
from tszoo.models.record import EpisodicRecord, ModelRecipe, Results, TrainedOn, TrainingRecord
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.episodic.recipe import EpisodicRecipe

NOTHING = Prototypes((), ())


def seen(*names: str) -> list[Dataset]:
    """Data sets that a body has seen, each with content of its own."""
    sets = []
    for k, name in enumerate(names):
        data = make_toy(12, n_classes=3, seed=90 + k)
        labels = [data.classes[label] for label in data.require_labels()]
        sets.append(Dataset.from_arrays(data.series, labels, name=name, split="train"))
    return sets


def universal_model(
    name: str = "universalT", *names: str, seed: int = 0, resampled: int = 16, **changes: Any
) -> Model:
    """A universal body with random weights that has seen data sets of these names."""
    sets = seen(*names) if names else seen("Old", "Older")
    record = EpisodicRecord(EpisodicRecipe(), 7, held_out=("Kept",), held_out_accuracy=0.75)
    values: dict[str, Any] = {
        "architecture_args": {**TINY_ARGS, "resampled": resampled, "readout": "stages"},
        "classes": (),
        "n_channels": 1,
        "preprocessing": Preprocessing(unequal=True),
        "recipe": ModelRecipe(episodic=record),
        "trained_on": TrainedOn.joint(name, sets),
        "results": Results(),
        "training": TrainingRecord(seconds=1.0, date="2026-01-31"),
    }
    return make_model(members=1, seed=seed, prototypes=NOTHING, **{**values, **changes})
