"""Tell classes apart: from labels of any kind to an ordered tuple of classes, and back."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.spellings import is_no_label, label_number, whole_number
from tszoo.errors import DataError
from tszoo.text import listed, show

Label = Hashable

# Unicode's category of marks without width: of byte order, where words may be broken
_UNSEEN = "Cf"


def encode(
    labels: Iterable[Label], n_series: int, name: str
) -> tuple[NDArray[np.int64], tuple[Label, ...]]:
    """Return labels as positions in the ordered tuple of classes, and that tuple.

    Raises
    ------
    DataError
        If there is not one label for each series, a label is missing or not hashable, or two are
        not to be told apart where they are printed. ``name`` is what the data are called in the
        message.
    """
    y = _as_list(labels, name)
    if len(y) != n_series:
        msg = f"{name}: {len(y)} labels for {n_series} series."
        raise DataError(msg)
    try:
        distinct = set(y)
    except TypeError as error:
        msg = f"{name}: labels must be hashable ({error})."
        raise DataError(msg) from error
    for i, label in enumerate(y):
        if is_no_label(label):
            written = f" ({label})" if isinstance(label, str) and label else ""
            msg = f"{name}, series {i}: no label{written}. Give the series one, or leave it out."
            raise DataError(msg)
    classes = tuple(sorted(distinct, key=_sort_key))
    _refuse_twins(classes, name)
    position = {label: i for i, label in enumerate(classes)}
    return np.array([position[label] for label in y], dtype=np.int64), classes


def recode(
    labels: NDArray[np.int64], before: Sequence[Label], after: Sequence[Label], name: str
) -> NDArray[np.int64]:
    """Return labels that are positions in ``before`` as positions in ``after``.

    Two labels match when they are equal, or when they spell the same number (``1`` and ``"1.0"``).

    Raises
    ------
    DataError
        If the label of a series is none of ``after``.
    """
    position: dict[Hashable, int] = {}
    for i, label in enumerate(after):
        for spelling in _spellings(label):
            position.setdefault(spelling, i)
    moved = np.zeros(len(before), dtype=np.int64)
    for i in np.unique(labels).tolist():
        places = [position[key] for key in _spellings(before[i]) if key in position]
        if not places:
            first = int((labels == i).argmax())
            msg = (
                f"{name}, series {first}: class {before[i]} occurs only here; the training data "
                f"have {listed(after, 10)}."
            )
            raise DataError(msg)
        moved[i] = places[0]
    return moved[labels]


def as_printed(label: Label) -> str:
    """Return a label's text as it looks.

    An accent is part of its letter, what cannot be seen is left out, and so are spaces around.
    """
    text = unicodedata.normalize("NFC", str(label))
    if not text.isascii():
        text = "".join(letter for letter in text if unicodedata.category(letter) != _UNSEEN)
    return " ".join(text.split())


def _refuse_twins(classes: Sequence[Label], name: str) -> None:
    """Raise DataError if two classes look the same."""
    seen: dict[str, Label] = {}
    for label in classes:
        twin = seen.setdefault(as_printed(label), label)
        if twin is not label:
            msg = (
                f"{name}: the labels {twin!a} and {label!a} look the same, and are not: "
                "write them alike if they are one class, or else so that they differ."
            )
            raise DataError(msg)


def told_alike(classes: Sequence[Label]) -> str:
    """Say which classes differ in capital letters or inner spaces alone, if any do.

    >>> told_alike(("Walk", "run", "walk"))
    "the classes 'Walk' and 'walk' are spelled nearly alike: write them alike if they are one"
    """
    first: dict[str, Label] = {}
    for label in classes:
        plain = "".join(str(label).casefold().split())
        if first.setdefault(plain, label) is not label:
            return (
                f"the classes {show(first[plain])} and {show(label)} are spelled nearly alike: "
                "write them alike if they are one"
            )
    return ""


def _as_list(labels: Iterable[Label], name: str) -> list[Label]:
    """List labels as Python values; DataError if there is nothing to list, or no order in it."""
    try:
        if isinstance(labels, (str, bytes, Mapping, Set)):
            raise TypeError
        if hasattr(labels, "__array__") and not np.ma.isMaskedArray(labels):
            labels = _one_column(np.asarray(labels), name)
        y = list(labels)
    except TypeError as error:
        msg = f"{name}: y is of type {type(labels).__name__}, expected one label for each series."
        raise DataError(msg) from error
    return list(map(_as_python, y))


def _one_column(labels: NDArray[Any], name: str) -> NDArray[Any]:
    """Take labels that stand in a column, (n_series, 1), out of it; DataError for several."""
    if labels.ndim < 2:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    msg = (
        f"{name}: y has shape {labels.shape}, expected one label for each series. Where it has a "
        "column for each class, y.argmax(axis=1) is that."
    )
    raise DataError(msg)


def _as_python(label: Any) -> Label:
    """Turn values of NumPy and PyTorch into Python's; what a mask hides is None."""
    if label is np.ma.masked:
        return None
    value: Label = label
    if isinstance(label, np.generic) or (hasattr(label, "item") and np.shape(label) == ()):
        value = label.item()
    return value


def _sort_key(label: Label) -> tuple[int, float, str, str]:
    """Sort numbers by value, before anything else by its text.

    The type keeps ``1`` and ``"1"`` in a fixed order.
    """
    text, kind = str(label), type(label).__name__
    number = label_number(label)
    if number is None:
        return 1, 0.0, text, kind
    return 0, number, text, kind


def _spellings(label: Label) -> list[Hashable]:
    """List what a label may be written as elsewhere: itself, its text, its number."""
    number = label_number(whole_number(label) if isinstance(label, str) else label)
    spellings = [label, str(label), as_printed(label)]
    return spellings if number is None else [*spellings, number]
