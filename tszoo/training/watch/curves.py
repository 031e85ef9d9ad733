"""What a run log says of series that were watched beside those that were held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.text import show

WATCHED = "watched"
_FIELDS = frozenset(("loss", "accuracy"))


class Curve(NamedTuple):
    """Loss and accuracy by epoch: float64 of one length, NaN where there was none."""

    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def as_entry(watched: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, float | None]]:
    """Write what one epoch says of watched series as JSON values."""
    return {
        name: {"loss": _number(loss), "accuracy": _number(accuracy)}
        for name, (loss, accuracy) in watched.items()
    }


def check_entry(watched: Any) -> None:
    """Raise ModelError for anything but what ``as_entry`` writes."""
    checks.mapped(watched, WATCHED)
    for name, values in watched.items():
        checks.name(name, f"a name in {WATCHED}")
        checks.keys(values, set(_FIELDS), f"{WATCHED}.{show(name)}")
        for field, most in (("loss", math.inf), ("accuracy", 1.0)):
            value = values[field]
            is_sound = type(value) in (int, float) and 0.0 <= value <= most
            if value is not None and not is_sound:
                wanted = "a number from 0 up" if field == "loss" else "a share from 0 to 1"
                msg = (
                    f"{WATCHED}.{show(name)}.{field} must be {wanted}, or null, not {show(value)}."
                )
                raise ModelError(msg)


def curves_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Curve]:
    """Put the epochs' entries side by side, in the order in which the names come up."""
    names = dict.fromkeys(name for row in rows for name in row.get(WATCHED, {}))
    curves = {}
    for name in names:
        values = [row.get(WATCHED, {}).get(name, {}) for row in rows]
        loss = np.array([value.get("loss") for value in values], dtype=np.float64)
        accuracy = np.array([value.get("accuracy") for value in values], dtype=np.float64)
        loss.flags.writeable = accuracy.flags.writeable = False
        curves[name] = Curve(loss, accuracy)
    return curves


def _number(value: float) -> float | None:
    """Return the number, or None for one that JSON lacks."""
    return float(value) if math.isfinite(value) else None
