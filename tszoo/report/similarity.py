"""The distances between data sets, as a table and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.report.figure import INK, MUTED, check_format, new_figure, save_figure, shortened, write_bytes

# Up to this many data sets, the distances are written into the cells.
MOST_NUMBERS = 14


def save_matrix_csv(names: Sequence[str], matrix: NDArray[np.float64], path: str | Path) -> None:
    """Save distances as CSV: a header of names, then one row a data set, its name first.

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
    _check(names, matrix)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["dataset", *names])
    writer.writerows([name, *(repr(float(value)) for value in row)] for name, row in zip(names, matrix, strict=True))
    write_bytes(Path(path), text.getvalue().encode())


def plot_similarity(names: Sequence[str], matrix: NDArray[np.float64], path: str | Path) -> None:
    """Draw distances as a heat map, data sets that are alike side by side.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n, n)
        Symmetric, with zeros on the diagonal.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.

    Raises
    ------
    DataError
        If the matrix does not have a row and a column for every name.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    _check(names, matrix)
    order = similarity_order(matrix)
    ordered = np.where(np.eye(len(names), dtype=bool), np.nan, matrix)[np.ix_(order, order)]
    labels = [shortened(names[k]) for k in order]
    large = len(names) > 30
    size = min(max(3.2 + (0.18 if large else 0.34) * len(names), 4.4), 30.0)
    figure = new_figure(size + 1.0, size)
    axes = figure.subplots()
    image = axes.imshow(ordered, cmap="viridis_r")
    axes.set_facecolor("white")
    font = 7 if large else 9
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", rotation_mode="anchor", fontsize=font)
    axes.set_yticks(range(len(labels)), labels, fontsize=font)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_parse_math(False)
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_visible(False)
    if len(names) <= MOST_NUMBERS:
        middle = (np.nanmin(ordered) + np.nanmax(ordered)) / 2 if len(names) > 1 else 0.0
        for (i, j), value in np.ndenumerate(ordered):
            if i != j:
                colour = "white" if value > middle else INK
                axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color=colour)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02)
    bar.set_label("DTW distance of the nearest prototypes", fontsize=9, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    bar.outline.set_visible(False)
    save_figure(figure, path)


def similarity_order(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order data sets so that those alike are neighbours: the leaves of average-linkage clustering, shape (n,)."""
    n = len(matrix)
    if n < 3:
        return np.arange(n)
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    condensed = squareform(matrix, checks=False)
    tree = linkage(condensed, "average")
    return np.asarray(leaves_list(optimal_leaf_ordering(tree, condensed)), dtype=np.int64)


def _check(names: Sequence[str], matrix: NDArray[np.float64]) -> None:
    if not names or matrix.shape != (len(names), len(names)):
        msg = f"distances of shape {matrix.shape} for {len(names)} data set(s); one row and column each are expected."
        raise DataError(msg)
