"""Write NumPy's .npz: X, y and lengths."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError


def write_npz(dataset: Dataset, file: BinaryIO, name: str) -> None:
    """Write ``X``, ``lengths`` and, if there are labels, ``y``, compressed.

    ``X`` is (n_series, n_channels, length); the others are (n_series,).
    """
    arrays = {"X": dataset.series, "lengths": dataset.lengths}
    if dataset.labels is not None:
        plain = all(isinstance(label, (str, int, float)) for label in dataset.classes)
        classes = np.array(dataset.classes if plain else ())
        if classes.dtype.kind not in "biufU" or tuple(classes.tolist()) != dataset.classes:
            msg = (
                f"{name}: labels must all be text, or all be numbers of 64 bits, to stand in an "
                "array."
            )
            raise DataError(msg)
        arrays["y"] = classes[dataset.labels]
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
