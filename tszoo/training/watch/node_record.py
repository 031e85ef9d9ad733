"""Read what a NodeRecorder leaves on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from tszoo.errors import DataError, ModelError
from tszoo.storage.bounds import MOST_COUNT
from tszoo.storage.files import reason
from tszoo.storage.strict_json import parse_json
from tszoo.text import show

FORMAT = "tszoo nodes 1"
MOST_BYTES = 1 << 30

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class NodeHistory:
    """How the nodes of one member learnt. Layers have their names and order in the network.

    Attributes
    ----------
    member : int
    strides : tuple of int
        One for the changes, one for the histograms: epochs that it divides are in the record.
    epoch : ndarray of int64, shape (n_epochs,)
        Of the changes; rising.
    angle, growth : dict of str to ndarray of float32, shape (n_epochs, n_nodes)
        As ``weight_change`` gives them, from the epoch before to this one.
    histogram_epoch : ndarray of int64, shape (n_histograms,)
        Of the histograms; rising.
    histogram : dict of str to ndarray of int32, shape (n_histograms, n_nodes, bins)
        How many of the probe's activations fell into each bin.
    span : dict of str to ndarray of float32, shape (n_histograms, 2)
        Lower end of the first bin, upper end of the last.
    """

    member: int
    strides: tuple[int, int]
    epoch: NDArray[np.int64]
    angle: Arrays
    growth: Arrays
    histogram_epoch: NDArray[np.int64]
    histogram: Arrays
    span: Arrays


def read_nodes(path: str | Path) -> NodeHistory:
    """Read a member's record.

    Raises
    ------
    DataError
        Naming the file, if it cannot be read or is not a whole record of nodes.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            msg = f"{path}: not a regular file."
            raise DataError(msg)
        if path.stat().st_size > MOST_BYTES:
            msg = f"{path}: more than {MOST_BYTES >> 20} MiB; too large for a record of nodes."
            raise DataError(msg)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return _history(metadata, arrays)
    except (OSError, SafetensorError, ModelError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path}: not a record of nodes ({reason(error)})."
        raise DataError(msg) from error


def _history(metadata: dict[str, str], arrays: Arrays) -> NodeHistory:
    if metadata.get("format") != FORMAT:
        msg = f"its format is {show(metadata.get('format'))}, expected {show(FORMAT)}"
        raise ModelError(msg)
    member, layers, hidden, strides = (
        _value(metadata, key) for key in ("member", "layers", "hidden", "strides")
    )
    if type(member) is not int or member < 0 or not _is_strides(strides):
        msg = f"member {show(member)} with strides {show(strides)} makes no sense"
        raise ModelError(msg)
    for names in (layers, hidden):
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            msg = f"{show(names)} are no names of layers"
            raise ModelError(msg)
    epoch, histogram_epoch = (_epochs(arrays, key) for key in ("epoch", "histogram_epoch"))
    angle = _all(arrays, "angle", layers, "float32", (len(epoch), None))
    growth = _all(arrays, "growth", layers, "float32", (len(epoch), None))
    histogram = _all(arrays, "histogram", hidden, "int32", (len(histogram_epoch), None, None))
    span = _all(arrays, "span", hidden, "float32", (len(histogram_epoch), 2))
    uneven = [name for name in layers if angle[name].shape != growth[name].shape]
    negative = any((counts < 0).any() for counts in histogram.values())
    if uneven or arrays or negative:
        what = [*uneven, *arrays, "a histogram"][0]
        msg = f"{show(what)} does not belong there"
        raise ModelError(msg)
    return NodeHistory(
        member, tuple(strides), epoch, angle, growth, histogram_epoch, histogram, span
    )


def _value(metadata: dict[str, str], key: str) -> Any:
    return parse_json(metadata.get(key, "").encode())


def _is_strides(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(stride) is int and 1 <= stride <= MOST_COUNT for stride in value)
    )


def _epochs(arrays: Arrays, key: str) -> NDArray[np.int64]:
    epochs = arrays.pop(key, np.zeros(0, dtype=np.int64))
    if epochs.dtype != np.int64 or epochs.ndim != 1 or (np.diff(epochs, prepend=0) <= 0).any():
        msg = f"{key} must be rising whole numbers from 1"
        raise ModelError(msg)
    return epochs


def _all(
    arrays: Arrays, what: str, names: list[str], dtype: str, shape: tuple[int | None, ...]
) -> Arrays:
    """Take the arrays of all layers out of ``arrays``; None in the shape is any size."""
    taken = {}
    for name in names:
        array = arrays.pop(f"{what}.{name}", None)
        if array is None:
            msg = f"{what} of {show(name)} is nothing"
            raise ModelError(msg)
        if array.dtype != dtype or not _has_shape(array, shape):
            msg = f"{what} of {show(name)} is {array.dtype} of shape {array.shape}"
            raise ModelError(msg)
        taken[name] = array
    return taken


def _has_shape(array: NDArray[Any], shape: tuple[int | None, ...]) -> bool:
    if array.ndim != len(shape):
        return False
    sizes = zip(array.shape, shape, strict=True)
    return all(wanted is None or size == wanted for size, wanted in sizes)
