"""A universal body small enough for tests, with random weights."""

from __future__ import annotations

from tests.support.tiny import TINY_ARGS, make_model
from tszoo.data import Dataset, Preprocessing
from tszoo.models.model import Model
from tszoo.models.record import EpisodicRecord, ModelRecipe, Results, TrainedOn
from tszoo.training.episodic.recipe import EpisodicRecipe


def make_universal(name: str, datasets: list[Dataset]) -> Model:
    """Make a body that is said to have learnt some data sets."""
    return make_model(
        datasets[0],
        members=1,
        architecture_args={**TINY_ARGS, "resampled": 16, "readout": "stages"},
        classes=(),
        preprocessing=Preprocessing(unequal=True),
        recipe=ModelRecipe(episodic=EpisodicRecord(EpisodicRecipe(), steps=7)),
        trained_on=TrainedOn.joint(name, datasets),
        results=Results(),
    )
