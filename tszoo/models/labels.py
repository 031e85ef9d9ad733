"""Labels as text and back: a file keeps text, and a prediction gives labels as they went in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.errors import ModelError
from tszoo.text import show


def _truth(text: str) -> bool:
    return {"True": True, "False": False}[text]


MOST_DIGITS = 400
_READERS: dict[str, Callable[[str], Label]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": _truth,
}


def label_type(classes: Sequence[Label]) -> str:
    """Name what labels are.

    ``"int"``, ``"float"`` or ``"bool"`` if all are, and ``"str"`` for everything else.
    """
    kinds = {type(label) for label in classes}
    return next((kind.__name__ for kind in (bool, int, float) if kinds == {kind}), "str")


def labels_from_text(texts: Sequence[str], kind: Any) -> tuple[Label, ...]:
    """Labels of a type that ``label_type`` names, from their text.

    Raises
    ------
    ModelError
        If the type is unknown, or a text is not how Python writes a label of that type.
    """
    if not isinstance(kind, str) or kind not in _READERS:
        msg = f"label_type must be one of {', '.join(_READERS)}, not {show(kind)}."
        raise ModelError(msg)
    return tuple(_label(text, kind) for text in texts)


def _label(text: str, kind: str) -> Label:
    label: Label
    try:
        # reading a number takes time that grows with the square of its digits
        label = _READERS[kind](text if kind == "str" else text[:MOST_DIGITS])
    except (ValueError, KeyError):
        label = None
    if label is None or str(label) != text or label != label:
        msg = f"classes: {show(text)} is not a label of type {kind}."
        raise ModelError(msg)
    return label


def label_array(classes: Sequence[Label]) -> NDArray[Any]:
    """Return the labels as an array (n_classes,), of objects where NumPy would change them."""
    if {type(label) for label in classes} in ({bool}, {int}, {float}, {str}):
        array = np.array(classes)
        # NumPy cuts zeros from the end of text, and turns large whole numbers into floats
        if array.tolist() == list(classes) and array.dtype.kind in "biufU":
            return array
    objects = np.empty(len(classes), dtype=object)
    for i, label in enumerate(classes):
        objects[i] = label
    return objects
