"""The models of some zoos, with all that their configs tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from tszoo.errors import ZooError
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_config
from tszoo.training.recipe import NAMES, named_recipe
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import read_folder

OWN_RECIPE = "own"


class Source(NamedTuple):
    """One model: where it lies, what the catalogue says of it, and its config."""

    folder: Path
    entry: CatalogueEntry
    config: ModelConfig


def read_sources(zoos: Iterable[Path]) -> list[Source]:
    """Read the models of some zoos, by name.

    Of one name, that with the most members, or else that of the first zoo.

    Raises
    ------
    ZooError
        If a zoo cannot be read or a model in it cannot be used.
    """
    found: dict[str, Source] = {}
    for zoo in zoos:
        for entry in usable_entries(zoo):
            folder = zoo / entry.model
            if entry.model not in found or entry.members > found[entry.model].entry.members:
                found[entry.model] = Source(folder, entry, load_config(folder))
    return [found[name] for name in sorted(found, key=str.casefold)]


def usable_entries(zoo: Path) -> tuple[CatalogueEntry, ...]:
    """Read a zoo's catalogue.

    ZooError if the zoo cannot be read or a model in it cannot be used.
    """
    catalogue = read_folder(zoo)
    for broken in catalogue.broken:
        msg = f"{zoo}: {broken.model} is not usable: {broken.reason} Mend it or take it away."
        raise ZooError(msg)
    return catalogue.models


def recipe_name(config: ModelConfig) -> str:
    """Name the recipe whose numbers a model was trained with.

    ``"own"`` if it is none of those that have a name.
    """
    for name in NAMES:
        numbers = asdict(named_recipe(name, config.architecture))
        told = {key: value for key, value in config.recipe.items() if key in numbers}
        if told and all(numbers[key] == value for key, value in told.items()):
            return name
    return OWN_RECIPE
