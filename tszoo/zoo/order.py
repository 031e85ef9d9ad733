"""Models by what their sources measure, and in an order that helps to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tszoo.errors import OptionError
from tszoo.text import show
from tszoo.zoo.entry import CatalogueEntry

UNIVERSAL, JOINT, UNKNOWN = "universal", "joint", "other"
ORDERS = ("kind", "name", "accuracy", "length", "size")


# all kinds that are not named here come second
_PLACES = {UNIVERSAL: 0, UNKNOWN: 2, JOINT: 3}


def kind_of(entry: CatalogueEntry) -> str:
    """Say what a model's source measures.

    ``"universal"`` of a universal body, ``"joint"`` of several data sets, ``"other"`` where that is
    not known.
    """
    if entry.is_universal:
        return UNIVERSAL
    if entry.parts:
        return JOINT
    return entry.kind or UNKNOWN


def of_kind(entries: Sequence[CatalogueEntry], kind: str) -> list[CatalogueEntry]:
    """Select models by their kind or its beginning, upper or lower case.

    ``"image"`` is ``"image outline"``.

    Raises
    ------
    OptionError
        If there is none, naming the kinds that there are.
    """
    beginning = kind.strip().casefold()
    selected = [entry for entry in entries if kind_of(entry).casefold().startswith(beginning)]
    if not selected:
        kinds = dict.fromkeys(kind_of(entry) for entry in in_order(entries, "kind"))
        msg = f"no model of kind {show(kind)}; there are {', '.join(kinds) or 'no models'}."
        raise OptionError(msg)
    return selected


def in_order(entries: Sequence[CatalogueEntry], order: str) -> list[CatalogueEntry]:
    """Sort models; those that are alike keep their order.

    Parameters
    ----------
    entries : sequence of CatalogueEntry
    order : {"kind", "name", "accuracy", "length", "size"}
        ``"accuracy"`` puts the best first, ``"length"`` and ``"size"`` the smallest.

    Raises
    ------
    OptionError
        If the order is another.
    """
    if order not in _KEYS:
        msg = f"order must be one of {', '.join(ORDERS)}, not {show(order)}."
        raise OptionError(msg)
    return sorted(entries, key=_KEYS[order])


def _by_kind(entry: CatalogueEntry) -> tuple[int, str]:
    """Sort by kind: universal bodies first, then kinds, and unknown and joint ones behind them."""
    kind = kind_of(entry)
    return _PLACES.get(kind, 1), kind.casefold()


def _by_accuracy(entry: CatalogueEntry) -> tuple[bool, float]:
    return entry.accuracy is None, -(entry.accuracy or 0.0)


_KEYS: dict[str, Callable[[CatalogueEntry], Any]] = {
    "kind": _by_kind,
    "name": lambda entry: entry.model.casefold(),
    "accuracy": _by_accuracy,
    "length": lambda entry: entry.length,
    "size": lambda entry: entry.bytes,
}
