"""Draws how often a model is right, by how sure it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.evaluation.metrics import BINS
from tszoo.figures.figure import (
    INK,
    MUTED,
    PALE,
    SOURCE,
    check_format,
    new_figure,
    plain,
    save_figure,
)


def plot_sureness(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], path: str | Path
) -> None:
    """Draw a reliability diagram (Guo et al. 2017): on the line, a model is as sure as it is right.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n_series, n_classes)
    labels : ndarray of int64, shape (n_series,)
        Class indices.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    filled = counts > 0
    mean_sure = np.bincount(places, sure, BINS)[filled] / counts[filled]
    mean_right = np.bincount(places, right, BINS)[filled] / counts[filled]
    figure = new_figure(4.6, 4.4)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=PALE, linewidth=1.0)
    areas = 15 + 200 * counts[filled] / counts.max()
    axes.scatter(mean_sure, mean_right, areas, color=SOURCE, alpha=0.7, zorder=3)
    axes.set(xlim=(0, 1.05), ylim=(-0.03, 1.05))  # room for dots at the ends
    axes.set_xlabel("how sure it is: mean probability of the answer", fontsize=9, color=MUTED)
    axes.set_ylabel("how often it is right", fontsize=9, color=MUTED)
    axes.set_title("A dot is larger for more series", fontsize=9, color=INK, loc="left", pad=10.0)
    plain(axes)
    save_figure(figure, path)
