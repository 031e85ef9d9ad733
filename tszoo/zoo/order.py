"""Models by what their sources measure, and in an order that helps to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tszoo.errors import OptionError
from tszoo.text import show
from tszoo.zoo.entry import CatalogueEntry

JOINT, UNKNOWN = "joint", "other"
ORDERS = ("kind", "name", "accuracy", "length", "size")

_KEYS: dict[str, Callable[[CatalogueEntry], Any]] = {
    # those that nothing is known of, and those of many sets, come behind the others
    "kind": lambda entry: (
        (UNKNOWN, JOINT).index(kind_of(entry)) if kind_of(entry) in (UNKNOWN, JOINT) else -1,
        kind_of(entry).casefold(),
    ),
    "name": lambda entry: entry.model.casefold(),
    "accuracy": lambda entry: (entry.accuracy is None, -(entry.accuracy or 0.0)),
    "length": lambda entry: entry.length,
    "size": lambda entry: entry.bytes,
}


def kind_of(entry: CatalogueEntry) -> str:
    """Say what a model's source measures.

    ``"joint"`` of several data sets, ``"other"`` where that is not known.
    """
    return JOINT if entry.parts else entry.kind or UNKNOWN


def of_kind(entries: Sequence[CatalogueEntry], kind: str) -> list[CatalogueEntry]:
    """Select models by their kind or its beginning, upper or lower case.

    ``"image"`` is ``"image outline"``.

    Raises
    ------
    OptionError
        If there is none, naming the kinds that there are.
    """
    found = [
        entry for entry in entries if kind_of(entry).casefold().startswith(kind.strip().casefold())
    ]
    if not found:
        known = dict.fromkeys(kind_of(entry) for entry in in_order(entries, "kind"))
        msg = f"no model of kind {show(kind)}; there are {', '.join(known) or 'no models'}."
        raise OptionError(msg)
    return found


def in_order(entries: Sequence[CatalogueEntry], order: str) -> list[CatalogueEntry]:
    """Sort models.

    By ``"kind"``, ``"name"``, ``"accuracy"`` (best first), ``"length"`` or ``"size"`` (least
    first).

    Those that are alike stay in the order that they came in.

    Raises
    ------
    OptionError
        If the order is another.
    """
    if order not in _KEYS:
        msg = f"order must be one of {', '.join(ORDERS)}, not {show(order)}."
        raise OptionError(msg)
    return sorted(entries, key=_KEYS[order])
