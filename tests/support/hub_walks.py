"""What the tests of a failing Hub share.

Small models, clients that do not wait, and what must hold whatever failed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http
from numpy.typing import NDArray

import tszoo
from tests.support.hub_server import HubServer
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import TszooError
from tszoo.models.record import ModelRecipe, TrainingRecipe
from tszoo.publishing.publish import Options
from tszoo.storage.layout import (
    CARD,
    CATALOGUE,
    CATALOGUE_PROTOTYPES,
    CODE,
    CONFIG,
    MODEL_FILES,
)
from tszoo.training.recipe import Recipe
from tszoo.zoo.find import open_zoo
from tszoo.zoo.hub import client

CATALOGUE_REPO = "zoo/tszoo-catalogue"
DATASET = make_toy(8, 16)
SMALLEST = {"depth": 1, "filters": 2, "kernel_lengths": [3], "bottleneck": 2}
PICTURE = b"\x89PNG\r\n\x1a\n and what is in a picture"
CATALOGUE_FILES = (CATALOGUE, CATALOGUE_PROTOTYPES)


def options(tag: str | None = "v1", **changes: object) -> Options:
    values = {"private": False, "tag": tag, **changes}
    return Options(draw=lambda prototypes, dataset: PICTURE, **values)


def save_model(folder: Path, seed: int) -> Path:
    """A model smaller than its card; other seeds make other weights and another config."""
    recipe = ModelRecipe(TrainingRecipe(Recipe(epochs=3, learning_rate=1e-3), seed))
    make_model(DATASET, 1, seed, architecture_args=SMALLEST, recipe=recipe).save(folder)
    return folder


def save_zoo(root: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        save_model(root / name, seed)
    return root


class Clock:
    """A `time` on which nobody waits.

    `sleep` writes down for how long, and it is that much later at once.
    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        mine = {"sleep": self.waits.append, "monotonic": lambda: time.monotonic() + self.waited}
        self.module = SimpleNamespace(**{**vars(time), **mine})

    @property
    def waited(self) -> float:
        return sum(self.waits)

    def replace_in(self, patch: pytest.MonkeyPatch) -> None:
        """Have the Hub's client and tszoo's part of it wait by this one."""
        for module in (file_download, _http, client):
            patch.setattr(module, "time", self.module)


def empty_cache(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setattr(constants, "HF_HUB_CACHE", str(folder))


def check_line(line: str) -> None:
    """Raise unless a line is fit to be shown to anybody."""
    assert line.isprintable(), line
    assert len(line) < 500, line
    check_secrets(line)


def check_secrets(text: str) -> None:
    """Raise if a token or the signature of an address stands in a text."""
    for secret in (os.environ["HF_TOKEN"], "signature=", "expires="):
        assert secret not in text


def one_line_error(call: Callable[[], object]) -> str | None:
    """Call, and return the error's line if it is refused, after it was found fit to be shown."""
    try:
        call()
    except TszooError as error:
        check_line(str(error))
        return str(error)
    return None


@cache
def _predicted(folder: Path) -> NDArray[np.float64]:
    return tszoo.Model.load(folder).predict_proba(DATASET.series)


def check_model(reference: str, local: Path) -> None:
    """A model of the Hub predicts as the one that lies here."""
    np.testing.assert_array_equal(
        tszoo.Model.load(reference).predict_proba(DATASET.series), _predicted(local)
    )


def check_whole(hub: HubServer, root: Path) -> None:
    """Whatever of these models is to be seen on the Hub is whole, and what is listed loads."""
    published = set()
    for repo in hub.repo_names():
        files = set(hub.files(repo))
        if CONFIG in files:
            assert set(MODEL_FILES) <= files
            published.add(repo.partition("/")[2])
        else:
            assert files == {".gitattributes"} | (
                {*CATALOGUE_FILES, CARD} if CATALOGUE in files else set()
            )
    try:
        zoo = open_zoo("hf://zoo")
    except tszoo.TszooError as error:
        assert not published
        assert "no tszoo models in this account" in str(error)
        return
    assert zoo.broken == ()
    listed = {entry.model: entry.revision for entry in zoo.models}
    assert set(listed) <= published
    if zoo.packed_sha256 is None:  # no catalogue yet, each was asked for
        assert set(listed) == published
    zoo.pool(list(listed))
    for name in published:
        check_model(
            f"hf://zoo/{name}@{listed[name]}" if name in listed else f"hf://zoo/{name}", root / name
        )


def check_finished(hub: HubServer, root: Path, *names: str, tag: str | None = "v1") -> None:
    """The Hub holds exactly what an undisturbed run leaves there.

    One commit for each repository, tagged and listed.
    """
    check_whole(hub, root)
    assert hub.repo_names() == sorted([*(f"zoo/{name}" for name in names), CATALOGUE_REPO])
    for repo in hub.repo_names():
        assert len(hub.store.repos[repo].commits) == 2, repo
    for name in names:
        repo = f"zoo/{name}"
        files = hub.files(repo)
        assert set(files) == {".gitattributes", *MODEL_FILES, CODE, "prototypes.png"}
        for file in set(MODEL_FILES) - {CARD}:
            assert files[file] == (root / name / file).read_bytes()
        assert f'Model.load("hf://{repo}' in files[CARD].decode()
        assert hub.tags(repo) == ({} if tag is None else {tag: hub.head(repo)})
    listed = {entry.model: entry.revision for entry in open_zoo("hf://zoo").models}
    assert listed == {name: hub.head(f"zoo/{name}") for name in names}
