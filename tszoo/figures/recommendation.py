"""Draws why sources are recommended: how their nearest class is warped onto the target's."""

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
    write_title,
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
# A path takes a byte for every pair of points. Longer series are resampled to this length for it,
# and the picture says so.
MOST_WARPED = 2_000
# More points than a panel has pixels are drawn as the outline of what they are.
_MOST_DRAWN = 1_600
_MOST_OTHERS = 60
_LINKS = 36
_PANEL_INCHES = (4.7, 3.1)
_LETTERS_AN_INCH = 13.0


class _Match(NamedTuple):
    """Holds the nearest prototypes of the target and a source, and which of their points meet.

    ``a`` (the target's) and ``b`` (the source's) have shape (length,): the first channels as they
    are compared. ``links`` has shape (n, 2): points of ``a`` and of ``b``, as shares of their
    lengths.
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
    """Draw the target over the nearest prototype of each source, joined by the warping path.

    Each source has a panel. The target's nearest prototype stands above the source's, and the
    target's other prototypes are pale behind it. Lines join the points that the warping brings
    together. Time runs from 0 to 100 % of each series, because lengths may differ. Of several
    channels the first is drawn.

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
        One for each source: why it is recommended. At most two lines are shown.

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
    _check_sources(sources, captions)
    shown = sources[:MOST_PANELS]
    columns = _columns(len(shown))
    rows = -(-len(shown) // columns)
    width = max(_PANEL_INCHES[0], 7.0 / columns)
    whys = [_wrapped(why, width) for why in (captions or [""] * len(shown))[: len(shown)]]
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
    write_title(figure, _title(target_name, len(sources), matches))
    notes = _notes(target, matches)
    if notes:
        figure.supxlabel(notes, fontsize=8, color=MUTED, x=0.01, ha="left", parse_math=False)
    save_figure(figure, path)


def _check_sources(
    sources: Sequence[tuple[str, Prototypes]], captions: Sequence[str] | None
) -> None:
    """Raise DataError if there is no source, or not one caption for each."""
    told = f"{len(sources)} source(s)"
    are_captioned = True
    if captions is not None:
        told += f" and {len(captions)} caption(s)"
        are_captioned = len(captions) == len(sources)
    if not sources or not are_captioned:
        msg = f"a picture of {told}; at least one source, each with one caption, is expected."
        raise DataError(msg)


def _columns(n_panels: int) -> int:
    """Say how many panels stand side by side: as many as fill their rows best."""
    if n_panels == 4:
        return 2
    return min(n_panels, 3)


def _wrapped(caption: str, width: float) -> list[str]:
    """Break a caption into at most two lines of ``width`` inches."""
    letters = int(_LETTERS_AN_INCH * width)
    return textwrap.wrap(printable(caption, 400), letters, max_lines=2, placeholder=" …")


def _match(target: Prototypes, name: str, source: Prototypes, comparison: Comparison) -> _Match:
    """Find the nearest two prototypes and the path between them."""
    nearest = dataset_distance(target, source, comparison=comparison)
    a, b = target.series[nearest.target_class], source.series[nearest.source_class]
    if comparison.length is not None:
        a, b = resample(a, comparison.length), resample(b, comparison.length)
    short_a, short_b = _short(a), _short(b)
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


def _short(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """Resample a series, shape (n_channels, length), that is too long for a path."""
    if series.shape[1] <= MOST_WARPED:
        return series
    return resample(series, MOST_WARPED)


def _draw_match(axes: Axes, target: Prototypes, match: _Match) -> None:
    """Draw the target's series above the source's, with their names and the lines between them."""
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
    room_for_names = 0.17 * (high - low)
    axes.set_ylim(low - room_for_names, high + room_for_names)
    of_target, of_source = (shortened(label, 24) for label in match.classes)
    look: dict[str, Any] = {"ha": "left", "fontsize": 8.5, "parse_math": False, "zorder": 4}
    look["transform"] = axes.transAxes
    axes.text(0.01, 0.985, f"yours: class {of_target}", va="top", color=TARGET, **look)
    axes.text(0.01, 0.015, f"source: class {of_source}", va="bottom", color=SOURCE, **look)
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

    These are the lowest and the highest point of every stretch.

    Parameters
    ----------
    series : ndarray, shape (length,)
    most : int
        2 or more.

    Returns
    -------
    at : ndarray of float64, shape (n,)
        Where these points stand in the series, from 0 (the first point) to 1 (the last).
    values : ndarray, shape (n,)
    """
    n = len(series)
    kept = np.arange(n)
    if n > most:
        extremes = []
        for stretch in np.array_split(kept, most // 2):
            values = series[stretch]
            extremes += [stretch[values.argmin()], stretch[values.argmax()]]
        kept = np.unique(extremes)
    return kept / max(n - 1, 1), series[kept]


def _at(series: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read a series at shares of its length, shape (n,)."""
    return np.interp(shares * (len(series) - 1), np.arange(len(series)), series)


def _head(axes: Axes, name: str, distance: float, why: Sequence[str], most_lines: int) -> None:
    """Write a panel's name and distance above it, and below these why it is there.

    ``most_lines`` keeps the names of all panels at one height.
    """
    pad = 6.0 + 12.0 * most_lines
    axes.set_title(
        name, fontsize=11, color=INK, loc="left", fontweight="bold", pad=pad, parse_math=False
    )
    axes.set_title(f"distance {distance:.2f}", fontsize=9, color=MUTED, loc="right", pad=pad)
    axes.annotate(
        "\n".join(why),
        (0.0, 1.0),
        xytext=(0.0, 6.0 + 12.0 * (most_lines - len(why))),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=MUTED,
        va="bottom",
        parse_math=False,
    )


def _title(target_name: str, n_sources: int, matches: Sequence[_Match]) -> str:
    of = "each source"
    if n_sources == 1:
        of = shortened(matches[0].name)
    what = f"{shortened(target_name)} over the nearest class of {of}"
    if n_sources > len(matches):
        what += f": the first {len(matches)} of {n_sources}"
    return what


def _notes(target: Prototypes, matches: Sequence[_Match]) -> str:
    """Say in one line what a reader of the picture would not expect."""
    notes = []
    if len(target.series) > 1:
        notes.append("pale: the target's other prototypes")
    if target.n_channels > 1:
        notes.append(f"drawn is channel 1 of {target.n_channels}; all are compared")
    if any(match.is_resampled for match in matches):
        notes.append(f"lines join points of the series resampled to {MOST_WARPED}")
    return "; ".join(notes)
