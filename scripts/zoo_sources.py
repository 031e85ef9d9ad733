"""Reads the models of some zoos, with their catalogue entries and configs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tszoo.errors import ZooError
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_config
from tszoo.training.recipe import NAMES, named_recipe
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import read_folder

OWN_RECIPE, EPISODES = "own", "episodes"


class Source(NamedTuple):
    """One model: where it lies, what the catalogue says of it, and its config."""

    folder: Path
    entry: CatalogueEntry
    config: ModelConfig


def read_sources(zoos: Iterable[Path]) -> list[Source]:
    """Read the models of some zoos, sorted by name.

    Where several zoos have a model of one name, the one with the most members counts, or else the
    first zoo's.

    Raises
    ------
    ZooError
        If a zoo cannot be read or a model in it cannot be used.
    """
    sources: dict[str, Source] = {}
    for zoo in zoos:
        for entry in usable_entries(zoo):
            folder = zoo / entry.model
            other = sources.get(entry.model)
            if other is None or entry.members > other.entry.members:
                sources[entry.model] = Source(folder, entry, load_config(folder))
    return [sources[name] for name in sorted(sources, key=str.casefold)]


def usable_entries(zoo: Path) -> tuple[CatalogueEntry, ...]:
    """Read a zoo's catalogue; ZooError if the zoo or a model in it cannot be used."""
    contents = read_folder(zoo)
    for broken in contents.broken:
        msg = f"{zoo}: {broken.model} is not usable: {broken.reason} Mend it or take it away."
        raise ZooError(msg)
    return contents.models


def recipe_name(config: ModelConfig) -> str:
    """Name the recipe whose numbers a model was trained with; ``"own"`` if none has them.

    A universal body was trained in episodes, by another recipe.
    """
    if config.is_universal:
        return EPISODES
    training = config.recipe.training
    for name in NAMES:
        if training is not None and training.recipe == named_recipe(name, config.architecture):
            return name
    return OWN_RECIPE
