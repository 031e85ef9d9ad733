"""A picture of why sources are recommended.

How the nearest of their classes is warped onto the target's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.figures.figure import (
    INK,
    MUTED,
    PALE,
    SOURCE,
    TARGET,
    check_format,
    new_figure,
    plain,
    save_figure,
    shortened,
)
from tszoo.similarity.comparison import Comparison, resample
from tszoo.similarity.distance import dataset_distance
from tszoo.similarity.dtw import dtw_path
from tszoo.similarity.prototypes import Prototypes
from tszoo.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More sources than these have no panel; the title says so.
MOST_PANELS = 6
# A path takes a byte for every pair of points: longer series are resampled to this length for it,
# and that is said.
MOST_WARPED = 2_000
# More points than a panel has pixels are drawn as the outline of what they are.
_MOST_DRAWN = 1_600
_MOST_OTHERS = 60
_LINKS = 36
_PANEL_INCHES = (4.7, 3.1)
_LETTERS_AN_INCH = 13.0


class _Match(NamedTuple):
    """The two nearest prototypes of the target and one source, and which of their points meet.

    ``a`` and ``b`` have shape (length,), the first channels as they are compared; ``links`` has
    shape (n, 2): points of ``a`` and of ``b``, as shares of their lengths.
    """

    name: str
    distance: float
    target_class: int
    classes: tuple[str, str]
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    links: NDArray[np.float64]
    is_resampled: bool


def plot_recommendation(
    target: Prototypes,
    sources: Sequence[tuple[str, Prototypes]],
    path: str | Path,
    *,
    target_name: str = "target",
    comparison: Comparison | None = None,
    captions: Sequence[str] | None = None,
) -> None:
    """Draw the target over the nearest prototype of each source, with the path that warps one onto the other.

    Each source has a panel. Its two nearest series stand one above the other, the target's other
    prototypes pale behind it; lines join the points that the warping brings together. Time runs
    from 0 to 100 % of each series, for lengths may differ. Of several channels the first is drawn.

    Parameters
    ----------
    target : Prototypes
    sources : sequence of (str, Prototypes)
        What each source is called, and its prototypes, best first. The first six are drawn.
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    target_name : str
        What the target is called.
    comparison : Comparison or None
        How prototypes are compared, as for the recommendation; None for the default.
    captions : sequence of str or None
        One for each source: why it is recommended. Two lines at most are shown.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    DataError
        If there is no source, if captions and sources differ in number, or if a source and the
        target have different numbers of channels.
    """
    path = check_format(path)
    if not sources or (captions is not None and len(captions) != len(sources)):
        told = "" if captions is None else f" and {len(captions)} caption(s)"
        msg = (
            f"a picture of {len(sources)} source(s){told}; at least one source, each with one "
            "caption, is expected."
        )
        raise DataError(msg)
    shown = sources[:MOST_PANELS]
    columns = len(shown) if len(shown) <= 3 else 2 if len(shown) == 4 else 3
    rows = -(-len(shown) // columns)
    width = max(_PANEL_INCHES[0], 7.0 / columns)
    whys = [
        textwrap.wrap(
            printable(why, 400), int(_LETTERS_AN_INCH * width), max_lines=2, placeholder=" …"
        )
        for why in (captions or [""] * len(shown))[: len(shown)]
    ]
    most_lines = max(len(lines) for lines in whys)
    figure = new_figure(width * columns, (_PANEL_INCHES[1] + 0.17 * most_lines) * rows + 0.9)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    matches = [_match(target, name, source, comparison or Comparison()) for name, source in shown]
    for k, (axes, match) in enumerate(zip(panels, matches, strict=False)):
        _draw_match(axes, target, match)
        _head(axes, f"{k + 1}  {shortened(match.name)}", match.distance, whys[k], most_lines)
        if k + columns >= len(shown):
            axes.set_xlabel("time (% of each series)", fontsize=8, color=MUTED)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.suptitle(
        _title(target_name, len(sources), matches),
        fontsize=13,
        color=INK,
        x=0.01,
        ha="left",
        fontweight="bold",
        parse_math=False,
    )
    notes = _notes(target, matches)
    if notes:
        figure.supxlabel(notes, fontsize=8, color=MUTED, x=0.01, ha="left", parse_math=False)
    save_figure(figure, path)


def _match(target: Prototypes, name: str, source: Prototypes, comparison: Comparison) -> _Match:
    """Find the nearest two prototypes and the path between them."""
    nearest = dataset_distance(target, source, comparison=comparison)
    a, b = target.series[nearest.target_class], source.series[nearest.source_class]
    if comparison.length is not None:
        a, b = resample(a, comparison.length), resample(b, comparison.length)
    short_a, short_b = (
        one if one.shape[1] <= MOST_WARPED else resample(one, MOST_WARPED) for one in (a, b)
    )
    window = comparison.window
    if window is not None:  # a window is of points, and these are fewer now
        longer = max(a.shape[1], b.shape[1])
        window = -(-window * max(short_a.shape[1], short_b.shape[1]) // longer)
    path = np.array(dtw_path(short_a, short_b, window)[0], dtype=np.float64)
    links = path[np.unique(np.linspace(0, len(path) - 1, _LINKS).round().astype(np.int64))]
    links /= np.maximum((short_a.shape[1] - 1, short_b.shape[1] - 1), 1)
    return _Match(
        name=name,
        distance=nearest.distance,
        target_class=nearest.target_class,
        classes=(target.classes[nearest.target_class], source.classes[nearest.source_class]),
        a=a[0],
        b=b[0],
        links=links,
        is_resampled=short_a.shape != a.shape or short_b.shape != b.shape,
    )


def _draw_match(axes: Axes, target: Prototypes, match: _Match) -> None:
    """Draw the target's series above the source's, lines between the points that meet, and what the two are."""
    room = 0.45 * (float(np.ptp(match.a)) + float(np.ptp(match.b))) or 1.0
    lift = float(match.b.max() - match.a.min()) + room
    others = [series for k, series in enumerate(target.series) if k != match.target_class]
    for series in others[:: -(-len(others) // _MOST_OTHERS) or 1]:
        _draw_series(axes, series[0], lift, color=PALE, linewidth=0.7, alpha=0.8, zorder=1)
    ends = np.stack(
        (_at(match.a, match.links[:, 0]) + lift, _at(match.b, match.links[:, 1])), axis=1
    )
    for across, upright in zip(100 * match.links, ends, strict=True):
        axes.plot(across, upright, color=MUTED, linewidth=0.6, alpha=0.75, zorder=2)
    _draw_series(axes, match.a, lift, color=TARGET, linewidth=2.0, zorder=3)
    _draw_series(axes, match.b, 0.0, color=SOURCE, linewidth=2.0, zorder=3)
    low, high = float(match.b.min()), float(match.a.max()) + lift
    axes.set_ylim(
        low - 0.17 * (high - low), high + 0.17 * (high - low)
    )  # above and below, the names
    for label, colour, where in (
        (match.classes[0], TARGET, 0.985),
        (match.classes[1], SOURCE, 0.015),
    ):
        whose = "yours: class" if colour == TARGET else "source: class"
        axes.text(
            0.01,
            where,
            f"{whose} {shortened(label, 24)}",
            transform=axes.transAxes,
            fontsize=8.5,
            color=colour,
            ha="left",
            va="top" if colour == TARGET else "bottom",
            parse_math=False,
            zorder=4,
        )
    axes.set_xlim(-1.0, 101.0)
    plain(axes)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])


def _draw_series(axes: Axes, series: NDArray[np.float32], lift: float, **look: Any) -> None:
    at, values = outline(series, _MOST_DRAWN)
    if len(values) == 1:
        look = {**look, "marker": "o", "markersize": 5}
    axes.plot(100 * at, values + lift, **look)


def outline(
    series: NDArray[np.float32], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Thin a series out to at most ``most`` points that look the same.

    The lowest and highest of every stretch.

    Parameters
    ----------
    series : ndarray, shape (length,)
    most : int
        2 or more.

    Returns
    -------
    at : ndarray of float64, shape (n,)
        Where the points are kept from, from 0 (the first) to 1 (the last).
    values : ndarray, shape (n,)
    """
    n = len(series)
    kept = np.arange(n)
    if n > most:
        stretches = np.array_split(kept, most // 2)
        kept = np.unique(
            [i for one in stretches for i in (one[series[one].argmin()], one[series[one].argmax()])]
        )
    return kept / max(n - 1, 1), series[kept]


def _at(series: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a series at shares of its length."""
    return np.interp(shares * (len(series) - 1), np.arange(len(series)), series)


def _head(axes: Axes, name: str, distance: float, why: Sequence[str], most_lines: int) -> None:
    """Write a panel's name and distance above it, all panels' at one height, and below these why it is there."""
    pad = 6.0 + 12.0 * most_lines
    axes.set_title(
        name, fontsize=11, color=INK, loc="left", fontweight="bold", pad=pad, parse_math=False
    )
    axes.set_title(f"distance {distance:.2f}", fontsize=9, color=MUTED, loc="right", pad=pad)
    axes.annotate(
        "\n".join(why),
        (0.0, 1.0),
        xytext=(0.0, 6.0 + 12.0 * (most_lines - len(why))),
        xycoords=("axes fraction"),
        textcoords="offset points",
        fontsize=8,
        color=MUTED,
        va="bottom",
        parse_math=False,
    )


def _title(target_name: str, n_sources: int, matches: Sequence[_Match]) -> str:
    what = f"{shortened(target_name)} over the nearest class of each source"
    if n_sources == 1:
        what = f"{shortened(target_name)} over the nearest class of {shortened(matches[0].name)}"
    return what if n_sources <= len(matches) else f"{what}: the first {len(matches)} of {n_sources}"


def _notes(target: Prototypes, matches: Sequence[_Match]) -> str:
    """What is drawn otherwise than a reader would think, in one line."""
    notes = []
    if len(target.series) > 1:
        notes.append("pale: the target's other prototypes")
    if target.n_channels > 1:
        notes.append(f"drawn is channel 1 of {target.n_channels}; all are compared")
    if any(match.is_resampled for match in matches):
        notes.append(f"lines join points of the series resampled to {MOST_WARPED}")
    return "; ".join(notes)
