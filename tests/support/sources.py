"""Real models, small enough to train in a test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.models.model import Model
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer.pretrain import pretrain
from tszoo.zoo.local import add_model

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}


def tiny_model(
    train: Dataset, *, test: Dataset | None = None, members: int = 2, epochs: int = 15, **fit: Any
) -> Model:
    """A tiny InceptionTime, trained for real; bit-exact, because float32 and one recipe."""
    return pretrain(
        train,
        test=test,
        network=TINY,
        members=members,
        recipe=Recipe(epochs=epochs, schedule="cosine", batch_size=8, learning_rate=5e-3),
        seed=fit.pop("seed", 0),
        run=Run(precision="float32", device="cpu", **fit),
    )


@lru_cache(maxsize=1)
def source_models() -> tuple[Model, ...]:
    """Three sources of different kinds."""
    sources = []
    for name, length, n_classes in (("Bumps", 40, 2), ("Steps", 24, 3), ("Long", 64, 2)):
        data = make_toy(24, length=length, n_classes=n_classes, seed=len(name))
        train = Dataset.from_arrays(
            data.series, [data.classes[k] for k in data.labels], name=name, split="train"
        )
        sources.append(tiny_model(train, test=train))
    return tuple(sources)


def make_zoo(folder: Path) -> Path:
    """A zoo of the sources, which a test may change."""
    return shutil.copytree(_zoo_to_copy(), folder, dirs_exist_ok=True)


@lru_cache(maxsize=1)
def _zoo_to_copy() -> Path:
    """The zoo of the sources, written once a process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    for model in source_models():
        add_model(folder, model)
    return folder
