"""Draws data sets as a map: those that are alike lie close together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.embedding import Embedding, embed
from tszoo.figures.figure import (
    INK,
    MUTED,
    TARGET,
    check_format,
    new_figure,
    save_figure,
    shortened,
)
from tszoo.figures.label_places import place_labels
from tszoo.figures.similarity import DISTANCE
from tszoo.similarity.matrix_csv import check_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Each kind has a colour and a shape, for print in grey and for the colour-blind. The rarest kinds
# share the last.
_LOOKS = (
    ("#0f62ae", "o"),
    ("#e69f00", "s"),
    ("#009e73", "^"),
    ("#a0577a", "D"),
    ("#56b4e9", "v"),
    ("#6b4c9a", "P"),
    ("#8c6d46", "X"),
    ("#1f2933", "<"),
    ("#b8a200", ">"),
    ("#4f7f7f", "h"),
    ("#d55e8a", "p"),
    ("#7a8b99", "d"),
)
_OTHER, _UNKNOWN = "other kinds", "kind not known"
_MARK_INCHES, _FONT = 0.085, 8.0
_MARGIN, _HEADING_INCHES, _LEGEND_INCHES, _LEAST_INCHES = 0.25, 0.75, 1.9, 5.9


class _Page(NamedTuple):
    """Says where points and labels stand, in inches from the lower left of a page of some size.

    ``points`` and ``corners`` (the lower left ones of the labels) and ``sizes`` (of the labels)
    have shape (n, 2).
    """

    points: NDArray[np.float64]
    corners: NDArray[np.float64]
    sizes: NDArray[np.float64]
    width: float
    height: float
    inches_a_unit: float


def plot_map(
    names: Sequence[str],
    matrix: NDArray[np.float64],
    path: str | Path,
    *,
    kinds: Sequence[str | None] | None = None,
    targets: Collection[str] = (),
) -> None:
    """Draw data sets in the plane, as nearly as far apart as their distances say.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n, n)
        Symmetric, with zeros on the diagonal.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    kinds : sequence of str or None, or None
        What each data set measures, where that is known: one colour and shape a kind.
    targets : collection of str
        Names that stand out: their points are stars.

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
    check_matrix(names, matrix)
    figure = new_figure(1.0, 1.0)
    labels = [shortened(name) for name in names]
    is_target = [name in targets for name in names]
    groups = _groups(kinds or [None] * len(names))
    embedding = embed(matrix)
    page = _lay_out(embedding, _text_sizes(figure, labels, is_target))
    with_legend = len(set(groups)) > 1 or any(is_target)
    width, height = max(page.width, _LEAST_INCHES), page.height
    if with_legend:
        width, height = width + _LEGEND_INCHES, max(height, 0.2 * len(set(groups)) + 0.5)
    height += _HEADING_INCHES
    figure.set_layout_engine("none")
    figure.set_size_inches(width, height)
    axes = figure.add_axes((0.0, 0.0, page.width / width, page.height / height))
    axes.set(xlim=(0.0, page.width), ylim=(0.0, page.height))
    axes.set_axis_off()
    _draw_points(axes, page, groups, is_target)
    _draw_labels(axes, page, labels, is_target)
    _draw_scale(axes, page)
    _head(figure, embedding)
    if with_legend:
        top = 1.0 - _HEADING_INCHES / height
        figure.legend(
            loc="upper right", bbox_to_anchor=(1.0, top), frameon=False, fontsize=9, labelcolor=INK
        )
    save_figure(figure, path)


def _groups(kinds: Sequence[str | None]) -> list[str]:
    """Name the group that each data set is drawn in: its kind.

    The rarest kinds share a group if there are too many.
    """
    counts = Counter(kind for kind in kinds if kind is not None)
    ranked = sorted(counts, key=lambda kind: (-counts[kind], kind))
    groups: dict[str | None, str] = {None: _UNKNOWN}
    for rank, kind in enumerate(ranked):
        has_look = len(ranked) <= len(_LOOKS) or rank < len(_LOOKS) - 1
        groups[kind] = kind if has_look else _OTHER
    return [groups[kind] for kind in kinds]


def _weight(is_target: bool) -> str:
    """Name the weight of a label's letters: bold for a target."""
    return "bold" if is_target else "normal"


def _text_sizes(
    figure: Figure, labels: Sequence[str], is_target: Sequence[bool]
) -> NDArray[np.float64]:
    """Measure the width and height of each label in inches, with a little air."""
    sizes = np.empty((len(labels), 2))
    for k, (label, target) in enumerate(zip(labels, is_target, strict=True)):
        look: dict[str, Any] = {
            "fontsize": _FONT,
            "fontweight": _weight(target),
            "parse_math": False,
        }
        text = figure.text(0.0, 0.0, label, **look)
        sizes[k] = text.get_window_extent().width / figure.dpi * 1.04 + 0.02, 1.3 * _FONT / 72
        text.remove()
    return sizes


def _lay_out(embedding: Embedding, sizes: NDArray[np.float64]) -> _Page:
    """Bring points to inches, place the labels, and cut the page to what is there."""
    n = len(sizes)
    extent = float(np.ptp(embedding.points, axis=0).max())
    inches_a_unit = 0.0  # all points lie at 0
    if extent > 0:
        inches_a_unit = (3.5 + 0.85 * n**0.5) / extent
    points = embedding.points * inches_a_unit
    corners = place_labels(points, sizes, _MARK_INCHES)
    low = np.minimum(points - _MARK_INCHES, corners).min(axis=0) - _MARGIN
    high = np.maximum(points + _MARK_INCHES, corners + sizes).max(axis=0) + _MARGIN
    low[1] -= 0.3  # the scale
    width, height = (high - low).tolist()
    return _Page(points - low, corners - low, sizes, width, height, inches_a_unit)


def _draw_points(axes: Axes, page: _Page, groups: Sequence[str], is_target: Sequence[bool]) -> None:
    """Draw the points of each group in its colour and shape, and targets as stars."""
    counts = Counter(groups)
    ranked = sorted(
        counts, key=lambda name: (name == _UNKNOWN, name == _OTHER, -counts[name], name)
    )
    looks = {**dict(zip(ranked, _LOOKS, strict=False)), _UNKNOWN: (MUTED, "o")}
    targets = np.array(is_target)
    for group in ranked:
        shown = (np.array(groups) == group) & ~targets
        if shown.any():
            colour, shape = looks[group]
            x, y = page.points[shown].T
            axes.scatter(
                x,
                y,
                s=42,
                c=colour,
                marker=shape,
                linewidths=0.3,
                edgecolors="white",
                zorder=3,
                label=shortened(group, 22),
            )
    if targets.any():
        x, y = page.points[targets].T
        axes.scatter(
            x,
            y,
            s=150,
            c=TARGET,
            marker="*",
            linewidths=0.6,
            edgecolors="white",
            zorder=4,
            label="yours",
        )


def _draw_labels(axes: Axes, page: _Page, labels: Sequence[str], is_target: Sequence[bool]) -> None:
    """Write the labels; a line ties a label to its point where the two are far apart."""
    for point, corner, size, label, target in zip(
        page.points, page.corners, page.sizes, labels, is_target, strict=True
    ):
        x, y = corner + size / 2
        # lines end within the middle half, so that those of points at one place fan out
        near = np.clip(point, corner + (0.25, 0.0) * size, corner + (0.75, 1.0) * size)
        if np.hypot(*(np.clip(point, corner, corner + size) - point)) > 2.2 * _MARK_INCHES:
            axes.plot(*zip(point, near, strict=True), color=MUTED, linewidth=0.5, zorder=1)
        axes.text(
            x,
            y,
            label,
            fontsize=_FONT,
            ha="center",
            va="center",
            parse_math=False,
            zorder=5,
            color=TARGET if target else INK,
            fontweight=_weight(target),
            # no line runs through a name
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )


def _draw_scale(axes: Axes, page: _Page) -> None:
    """Draw a line that shows how long a round distance is."""
    if page.inches_a_unit == 0:
        return
    longest = 1.6 / page.inches_a_unit
    power = 10.0 ** np.floor(np.log10(longest))
    distance = power * max(step for step in (1, 2, 5) if step * power <= longest)
    x, y = _MARGIN, 0.2
    axes.plot(
        [x, x + distance * page.inches_a_unit],
        [y, y],
        color=MUTED,
        linewidth=1.5,
        marker="|",
        markersize=6,
    )
    axes.text(x, y + 0.09, f"distance {distance:g}", fontsize=_FONT, color=MUTED)


def _head(figure: Figure, embedding: Embedding) -> None:
    width, height = figure.get_size_inches()
    x = _MARGIN / width
    title = f"{len(embedding.points)} data sets by {DISTANCE}"
    figure.text(x, 1 - 0.3 / height, title, fontsize=12, color=INK, fontweight="bold")
    kept = (
        f"two dimensions show {100 * embedding.kept:.0f} % of the squared distances; directions "
        "mean nothing"
    )
    figure.text(x, 1 - 0.52 / height, kept, fontsize=9, color=MUTED)
