"""Hand data sets to other processes: files that all of them map into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tszoo.data import Dataset
from tszoo.study.trial import Conditions, Sets

ORDER = "sweep.json"
_ARRAYS = ("series", "lengths", "labels", "weights")
_PLAIN = ("name", "split", "any_length", "groups")


class Order(NamedTuple):
    """What processes work on."""

    conditions: Conditions
    sets: list[Sets]


def hand_over(folder: Path, sets: Sequence[Sets], conditions: Conditions) -> None:
    """Write what trials take into a folder; OSError if it cannot be."""
    facts = [
        {part: _write(folder, f"{k}-{part}", dataset) for part, dataset in some._asdict().items()}
        for k, some in enumerate(sets)
    ]
    order = {"conditions": conditions.to_dict(), "sets": facts}
    (folder / ORDER).write_text(json.dumps(order), "ascii")


def take_over(folder: Path) -> Order:
    """Read what ``hand_over`` wrote."""
    order = json.loads((folder / ORDER).read_text("ascii"))
    sets = [
        Sets._make(_read(folder, f"{k}-{part}", facts[part]) for part in Sets._fields)
        for k, facts in enumerate(order["sets"])
    ]
    return Order(Conditions.from_dict(order["conditions"]), sets)


def _write(folder: Path, name: str, dataset: Dataset | None) -> dict[str, Any] | None:
    """Write a data set, a file for each array, and say the rest."""
    if dataset is None:
        return None
    arrays = []
    for field in _ARRAYS:
        array = getattr(dataset, field)
        if array is not None:
            np.save(folder / f"{name}-{field}.npy", array, allow_pickle=False)
            arrays.append(field)
    plain = {field: getattr(dataset, field) for field in _PLAIN}
    # nothing that is fitted depends on how a label is spelled
    return {**plain, "classes": [str(label) for label in dataset.classes], "arrays": arrays}


def _read(folder: Path, name: str, facts: dict[str, Any] | None) -> Dataset | None:
    if facts is None:
        return None
    arrays: dict[str, Any] = dict.fromkeys(_ARRAYS)
    for field in facts["arrays"]:
        path = folder / f"{name}-{field}.npy"
        # copy on write: PyTorch wants memory that may be written, and nobody writes it
        arrays[field] = np.load(path, mmap_mode="c", allow_pickle=False)
    groups = facts["groups"]
    return Dataset(
        **arrays,
        name=facts["name"],
        split=facts["split"],
        any_length=facts["any_length"],
        groups=groups and tuple(groups),
        classes=tuple(facts["classes"]),
    )
