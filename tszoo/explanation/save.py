"""Explanations as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError
from tszoo.explanation.explain import Explanation
from tszoo.storage.files import reason, write_file

FORMATS = (".csv", ".npz")


def check_format(path: str | Path) -> Path:
    """Return the path; raise OptionError if its suffix is neither .csv nor .npz."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        msg = f"{path}: explanations are saved as .csv or .npz; give a name that ends so."
        raise OptionError(msg)
    return path


def save_explanation(
    explanation: Explanation,
    path: str | Path,
    *,
    classes: Sequence[str],
    index: Sequence[int],
    names: Sequence[dict[str, str]] | None = None,
) -> None:
    """Save an explanation as .csv or .npz, in one step.

    A .csv has a row for each series and channel: index, names, class, channel (counted from 1), and
    a column for each point (counted from 0), empty behind a shorter series' end. A .npz has the
    arrays ``relevance``, ``probabilities``, ``index``, ``explained`` (the class of each series),
    ``classes`` and one for each name, none of them pickled.

    Parameters
    ----------
    explanation : Explanation
    path : str or Path
    classes : sequence of str
        The model's classes, as text.
    index : sequence of int
        The number of each series in its data set, counted from 0.
    names : sequence of dict or None
        What else each series is called, such as its id, by column; the same columns for all.

    Raises
    ------
    OptionError
        If the suffix is neither, or the file cannot be written.
    """
    path = check_format(path)
    columns: dict[str, list[str]] = {}
    for called in names or ():
        for name, text in called.items():
            columns.setdefault(name, []).append(text)
    explained = [classes[k] for k in explanation.explained]
    if path.suffix.lower() == ".csv":
        data = _csv(explanation, explained, index, columns)
    else:
        data = _npz(explanation, explained, index, columns | {"classes": list(classes)})
    try:
        write_file(path, data)
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def _csv(
    explanation: Explanation,
    explained: Sequence[str],
    index: Sequence[int],
    names: dict[str, list[str]],
) -> bytes:
    _, n_channels, length = explanation.relevance.shape
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["index", *names, "class", "channel", *range(length)])
    for k, channels in enumerate(explanation.relevance):
        called = [column[k] for column in names.values()]
        for channel in range(n_channels):
            cells = [_cell(value) for value in channels[channel].tolist()]
            writer.writerow([index[k], *called, explained[k], channel + 1, *cells])
    return text.getvalue().encode("utf-8")


def _cell(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.6g}"


def _npz(
    explanation: Explanation,
    explained: Sequence[str],
    index: Sequence[int],
    texts: dict[str, list[str]],
) -> bytes:
    arrays: dict[str, NDArray[Any]] = {
        "relevance": explanation.relevance,
        "probabilities": explanation.probabilities,
        "index": np.array(index, dtype=np.int64),
        "explained": np.array(explained, dtype=np.str_),
    }
    for name, values in texts.items():
        arrays[name] = np.array(values, dtype=np.str_)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
