"""The section of a card on how the model was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tszoo.errors import ModelError
from tszoo.models.card.markdown import escaped, table
from tszoo.models.card.universal import recipe_rows
from tszoo.models.config import ModelConfig
from tszoo.models.network_facts import network_facts
from tszoo.models.record import Calibration, ModelRecipe, Validated, Validation


def training(config: ModelConfig) -> str:
    """Say how the model was made: every number that a repetition needs."""
    record = config.training
    stopped = (f"member {member}: {escaped(why)}" for member, why in record.stopped.items())
    versions = (f"{escaped(name)} {escaped(version)}" for name, version in _sorted(record.versions))
    epochs = ", ".join(map(str, record.epochs)) * any(record.epochs)
    rows = {
        "Architecture": escaped(config.architecture) + _arguments(config.architecture_args),
        "Members": str(config.members),
        **_size(config),
        "Preprocessing": _preprocessing(config),
        "Epochs of each member": epochs,
        "Stopped early": "; ".join(stopped),
        "Held out": _held_out(record.validation),
        "Held out, results": _held_out_results(config.results.validation),
        "Calibrated": _calibrated(config.calibration),
        "Time": None if record.seconds is None else f"{record.seconds:.0f} s",
        "Device": escaped(record.device or ""),
        "Precision": escaped(record.precision or ""),
        "Date": escaped(record.date or ""),
        "Versions": ", ".join(versions),
    }
    rows |= {f"Recipe: {name}": escaped(_value(value)) for name, value in _recipe(config.recipe)}
    return table(("", ""), rows)


def network_rows(config: ModelConfig) -> dict[str, str]:
    """Say how large the networks are, and how much of a series they see."""
    facts = network_facts(config)
    each = " each" if config.members > 1 else ""
    whose = "the longest training series" if config.preprocessing.unequal else "a training series"
    seen = f"{facts.receptive_field} points, {facts.share_of_length:.0%} of {whose}"
    return {
        "Parameters": f"{facts.n_parameters:,}{each}",
        "Receptive field": f"{seen} ({config.length} points)",
    }


def _size(config: ModelConfig) -> dict[str, str]:
    """The same, or nothing of a network that this version cannot make."""
    try:
        return network_rows(config)
    except ModelError:
        return {}


def _recipe(recipe: ModelRecipe) -> list[tuple[str, Any]]:
    """List every number of a recipe, by a name that is said once."""
    rows: list[tuple[str, Any]] = [("head", recipe.head)]
    if recipe.readout is not None:
        rows += [(f"ridge {name}", value) for name, value in recipe.readout.to_dict().items()]
    if recipe.episodic is not None:
        rows += recipe_rows(recipe.episodic)
    if recipe.training is not None:
        values = recipe.training.to_dict()
        hyperparameters, heads = values.pop("recipe"), values.pop("heads", {})
        rows += [*values.items(), *hyperparameters.items()]
        rows += [(f"heads again, {name}", value) for name, value in heads.items()]
    if recipe.class_weight:
        rows.append(("weights of the classes", [round(w, 4) for w in recipe.class_weight]))
    if recipe.bases:
        rows.append(("bases", list(recipe.bases)))
    return [(name.replace("_", " "), value) for name, value in rows]


def _preprocessing(config: ModelConfig) -> str:
    text = "none"
    if config.preprocessing.normalize:
        text = "each series and channel to mean 0 and standard deviation 1"
    if config.architecture_args.get("level", False):
        text += "; the head reads level, scale and slope from before"
    if config.preprocessing.unequal:
        text += "; lengths differ, padding is masked"
    return text


def _held_out(validation: Validation | None) -> str | None:
    if validation is None:
        return None
    split = f" ({escaped(validation.split)} split)" if validation.split else ""
    return (
        f"{validation.n_series} series of {escaped(validation.dataset)}{split}, to watch the "
        "training by: it did not see them, and chose nothing by them"
    )


def _held_out_results(reached: Validated | None) -> str | None:
    if reached is None:
        return None
    text = f"accuracy {reached.accuracy:.4f}, loss {reached.loss:.4f}"
    if any(reached.best_epoch):
        text += f", best epoch of each member {', '.join(map(str, reached.best_epoch))}"
    return text


def _calibrated(calibration: Calibration | None) -> str | None:
    if calibration is None:
        return None
    whose = f"{calibration.n_series} series of {escaped(calibration.dataset)}"
    if calibration.left_out:
        return f"prediction sets by {whose}, each left out in turn"
    return f"with {whose}, to a temperature of {calibration.temperature:.3g}"


def _arguments(arguments: Mapping[str, Any]) -> str:
    text = ", ".join(f"{escaped(name)} {escaped(_value(v))}" for name, v in arguments.items())
    return text and f": {text}"


def _sorted(versions: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(versions.items())


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
