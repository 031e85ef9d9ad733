"""Distances between data sets, kept as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason, write_file


def save_matrix_csv(names: Sequence[str], matrix: NDArray[np.float64], path: str | Path) -> None:
    """Save distances as CSV: a header of names, then one row for each data set, its name first.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n, n)
    path : str or Path
        Written in one step; numbers in full precision.

    Raises
    ------
    DataError
        If the matrix does not have a row and a column for every name.
    OptionError
        If the file cannot be written.
    """
    check_matrix(names, matrix)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["dataset", *names])
    for name, row in zip(names, matrix, strict=True):
        writer.writerow([name, *(repr(float(value)) for value in row)])
    try:
        write_file(Path(path), text.getvalue().encode())
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def check_matrix(names: Sequence[str], matrix: NDArray[np.float64]) -> None:
    """Raise DataError if the matrix does not have a row and a column for every name."""
    if not names or matrix.shape != (len(names), len(names)):
        msg = (
            f"distances of shape {matrix.shape} for {len(names)} data set(s); one row and column "
            "each are expected."
        )
        raise DataError(msg)
