"""Configs of format version 1, said in the words of the present version.

Version 1 called the data ``source`` and the base ``parent``, and kept the recipe, the results and
the training as free-form objects. Entries that no version of tszoo ever read are left out.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tszoo.models.record import PartResults, Results, TrainingRecord
from tszoo.storage import checks
from tszoo.training.recipe import Recipe

VERSION = 1
_RECIPE = tuple(f.name for f in fields(Recipe))
_READOUT = ("seed", "poolings", "penalties", "penalty", "temperature")


def upgraded(values: dict[str, Any]) -> dict[str, Any]:
    """Return a config of version 1 as one of version 2; raise ModelError if it was never sound."""
    values = dict(values)
    for key in ("recipe", "results", "training"):
        checks.mapped(values.get(key, {}), key)
    for old, new in (("source", "trained_on"), ("parent", "base")):
        if old in values:
            values[new] = values.pop(old)
    return {
        **values,
        "format_version": 2,
        "recipe": _model_recipe(values.get("recipe", {})),
        "results": _results(values.get("results", {})),
        "training": _training(values.get("training", {})),
    }


def _model_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    head = recipe.get("head", "softmax")
    upgraded_recipe: dict[str, Any] = {"head": head}
    if head == "ridge":
        upgraded_recipe["readout"] = _readout(recipe, recipe.get("sharper", 1.0))
    elif head == "both":
        for key in ("readout", "training"):
            checks.mapped(recipe.get(key, {}), f"recipe.{key}")
        readout = recipe.get("readout", {})
        upgraded_recipe["readout"] = _readout(readout, recipe.get("sharper", 1.0))
        upgraded_recipe["training"] = _training_recipe(recipe.get("training", {}))
    else:
        upgraded_recipe["training"] = _training_recipe(recipe)
    if "sources" in recipe:
        upgraded_recipe["bases"] = recipe["sources"]
    return upgraded_recipe


def _readout(recipe: dict[str, Any], sharper: Any) -> dict[str, Any]:
    values = {key: recipe[key] for key in _READOUT if key in recipe}
    body = "untrained" if recipe.get("body") == "untrained" else "source"
    return {"body": body, **values, "sharper": sharper}


def _training_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    values = {
        "seed": recipe.get("seed", 0),
        "trainable": recipe.get("trainable", "all"),
        "recipe": {key: recipe[key] for key in _RECIPE if key in recipe},
    }
    again = recipe.get("heads_again")
    if isinstance(again, dict):  # of a joint model; what version 1 did not say was the same for all
        heads = {"batch_size": 64, "schedule": "cosine"}
        heads |= {key: again[key] for key in ("epochs", "learning_rate") if key in again}
        heads |= {key: recipe[key] for key in ("loss",) if key in recipe}
        values["heads"] = heads
    return values


def _results(results: dict[str, Any]) -> dict[str, Any]:
    values = _known(results, Results)
    published = values.get("published")
    if isinstance(published, dict):
        values["published"] = {
            key: published[key] for key in ("name", "accuracy", "url") if key in published
        }
    if isinstance(values.get("per_dataset"), dict):
        for name, reached in values["per_dataset"].items():
            checks.mapped(reached, f"results.per_dataset.{name[:80]}")
        values["per_dataset"] = {
            name: _known(reached, PartResults) for name, reached in values["per_dataset"].items()
        }
    return values


def _training(training: dict[str, Any]) -> dict[str, Any]:
    values = _known(training, TrainingRecord)
    if isinstance(values.get("stopped"), dict):
        values["stopped"] = {
            member.removeprefix("member "): reason for member, reason in values["stopped"].items()
        }
    # of both heads, the best epochs were once those of the trained members alone
    epochs, best = values.get("epochs"), values.get("best_epoch")
    if isinstance(epochs, list) and isinstance(best, list) and len(best) != len(epochs):
        del values["best_epoch"]
    return values


def _known(values: dict[str, Any], record: Any) -> dict[str, Any]:
    """Keep what a record of that class has a field for, and what says anything."""
    names = {f.name for f in fields(record)}
    return {key: value for key, value in values.items() if key in names and value is not None}
