"""Lays out and draws one map: points, their labels, and a scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.embedding import Embedding
from tszoo.figures.figure import INK, MUTED, TARGET, shortened
from tszoo.figures.label_places import place_labels

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
MARGIN = 0.25


class Page(NamedTuple):
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


def name_groups(kinds: Sequence[str | None]) -> list[str]:
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


def text_sizes(
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


def lay_out(embedding: Embedding, sizes: NDArray[np.float64], inches: float | None = None) -> Page:
    """Bring points to inches, place the labels, and cut the page to what is there.

    ``inches`` is how far apart the outermost points lie; None leaves room for so many labels.
    """
    if inches is None:
        inches = 3.5 + 0.85 * len(sizes) ** 0.5
    extent = float(np.ptp(embedding.points, axis=0).max())
    inches_a_unit = 0.0  # all points lie at 0
    if extent > 0:
        inches_a_unit = inches / extent
    points = embedding.points * inches_a_unit
    corners = place_labels(points, sizes, _MARK_INCHES)
    low = np.minimum(points - _MARK_INCHES, corners).min(axis=0) - MARGIN
    high = np.maximum(points + _MARK_INCHES, corners + sizes).max(axis=0) + MARGIN
    low[1] -= 0.3  # the scale
    width, height = (high - low).tolist()
    return Page(points - low, corners - low, sizes, width, height, inches_a_unit)


def draw_panel(
    axes: Axes,
    page: Page,
    labels: Sequence[str],
    groups: Sequence[str],
    is_target: Sequence[bool],
) -> None:
    """Draw a page on axes of its size: each group in its colour and shape, targets as stars."""
    axes.set(xlim=(0.0, page.width), ylim=(0.0, page.height))
    axes.set_axis_off()
    _draw_points(axes, page, groups, is_target)
    _draw_labels(axes, page, labels, is_target)
    _draw_scale(axes, page)


def _draw_points(axes: Axes, page: Page, groups: Sequence[str], is_target: Sequence[bool]) -> None:
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


def _draw_labels(axes: Axes, page: Page, labels: Sequence[str], is_target: Sequence[bool]) -> None:
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


def _draw_scale(axes: Axes, page: Page) -> None:
    """Draw a line that shows how long a round distance is."""
    if page.inches_a_unit == 0:
        return
    longest = 1.6 / page.inches_a_unit
    power = 10.0 ** np.floor(np.log10(longest))
    distance = power * max(step for step in (1, 2, 5) if step * power <= longest)
    x, y = MARGIN, 0.2
    axes.plot(
        [x, x + distance * page.inches_a_unit],
        [y, y],
        color=MUTED,
        linewidth=1.5,
        marker="|",
        markersize=6,
    )
    axes.text(x, y + 0.09, f"distance {distance:g}", fontsize=_FONT, color=MUTED)
