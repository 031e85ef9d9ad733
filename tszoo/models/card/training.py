"""The section of a card on how the model was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tszoo.models.card.markdown import escaped, table
from tszoo.models.config import ModelConfig


def training(config: ModelConfig) -> str:
    """Say how the model was trained: every number that a repetition needs."""
    known = config.training
    epochs, seconds, versions = known.get("epochs"), known.get("seconds"), known.get("versions")
    prepared = (
        "each series and channel to mean 0 and standard deviation 1"
        if config.preprocessing.normalize
        else "none"
    )
    if config.preprocessing.unequal:
        prepared += "; lengths differ, padding is masked"
    stopped = (known.get("stopped") or {}).items()
    rows = {
        "Architecture": escaped(config.architecture) + _arguments(config.architecture_args),
        "Members": str(config.members),
        "Preprocessing": prepared,
        "Epochs of each member": ", ".join(map(str, epochs)) if epochs and any(epochs) else None,
        "Stopped early": "; ".join(f"{escaped(who)}: {escaped(why)}" for who, why in stopped),
        "Held out": _held_out(known.get("validation")),
        "Time": f"{seconds:.0f} s" if seconds is not None else None,
        "Device": _optional(known.get("device")),
        "Precision": _optional(known.get("precision")),
        "Date": _optional(known.get("date")),
        "Versions": ", ".join(f"{escaped(k)} {escaped(v)}" for k, v in sorted(versions.items()))
        if versions
        else None,
    }
    rows |= {
        f"Recipe: {escaped(key)}": escaped(_value(value)) for key, value in config.recipe.items()
    }
    return table(("", ""), rows)


def _held_out(validation: Mapping[str, Any] | None) -> str | None:
    if validation is None:
        return None
    split = "" if validation["split"] is None else f" ({escaped(validation['split'])} split)"
    return (
        f"{validation['n_series']} series of {escaped(validation['dataset'])}{split}, to watch the "
        "training by: it did not see them, and chose nothing by them"
    )


def _arguments(arguments: Mapping[str, Any]) -> str:
    return (
        ": " + ", ".join(f"{escaped(k)} {escaped(_value(v))}" for k, v in arguments.items())
        if arguments
        else ""
    )


def _optional(value: str | None) -> str | None:
    return None if value is None else escaped(value)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
