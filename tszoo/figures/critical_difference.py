"""Draws which classifiers are better than which: a critical difference diagram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tszoo.errors import DataError
from tszoo.evaluation.standings import ALPHA, Standing, Standings
from tszoo.figures.figure import (
    INK,
    MUTED,
    SOURCE,
    check_format,
    new_figure,
    save_figure,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All sizes are inches.
_LEAST_WIDTH, _INCHES_A_RANK, _MOST_WIDTH = 4.0, 0.45, 9.0
_HEAD, _FOOT, _EDGE, _GAP = 1.05, 0.45, 0.12, 0.12
_BAR_STEP, _BAR_OVER, _ROW = 0.11, 0.04, 0.22
_FONT, _TITLE_FONT = 9.0, 12.0


class _Page(NamedTuple):
    """Where things stand: the axis, from the best rank to the worst, and the two margins."""

    best: int
    worst: int
    left: float
    width: float

    def place(self, rank: float) -> float:
        """Say where a mean rank stands, from the left edge."""
        return self.left + self.width * (rank - self.best) / max(1, self.worst - self.best)


class _Bar(NamedTuple):
    """Where a bar starts and ends, and how many bars' levels it lies below the first."""

    start: float
    end: float
    level: int


def plot_critical_difference(standings: Standings, path: str | Path, *, of: str = "") -> None:
    """Draw the mean ranks of classifiers, and a bar over those that no test tells apart.

    It is the diagram of Demšar (2006, figure 1), whose bars say what pairwise signed-rank tests
    with Holm's correction do (Benavoli et al. 2016).

    Parameters
    ----------
    standings : Standings
    path : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    of : str
        What the classifiers are values of, for the title; nothing where they are classifiers.

    Raises
    ------
    DataError
        If there are fewer than two classifiers.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    path = check_format(path)
    if len(standings.classifiers) < 2:
        msg = "a critical difference diagram needs two classifiers or more."
        raise DataError(msg)
    figure = new_figure(1.0, 1.0)
    figure.set_layout_engine("none")
    labels = [_label(standing) for standing in standings.classifiers]
    title = _title(standings, of)
    page = _page(standings.classifiers, _widest(figure, labels) + _EDGE + _GAP)
    head = _widest(figure, [title], fontsize=_TITLE_FONT, fontweight="bold") + 2 * _EDGE
    page = page._replace(left=max(page.left, (head - page.width) / 2))
    bars = _bars(standings, page)
    below_bars = _HEAD + _BAR_STEP * (1 + max((bar.level for bar in bars), default=-1)) + 0.16
    n_rows = math.ceil(len(labels) / 2)
    width, height = 2 * page.left + page.width, below_bars + n_rows * _ROW + _FOOT
    figure.set_size_inches(width, height)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(height, 0.0))
    axes.set_axis_off()
    _draw_axis(axes, page)
    _draw_bars(axes, bars)
    _draw_classifiers(axes, page, standings.classifiers, labels, below_bars)
    _write(axes, title, standings, height)
    save_figure(figure, path)


def _label(standing: Standing) -> str:
    return f"{shortened(standing.classifier)}  {standing.mean_rank:.2f}"


def _title(standings: Standings, of: str) -> str:
    title = f"Mean rank on {standings.n_datasets} data sets, 1 is the best"
    if standings.n_datasets == 1:
        title = "Rank on one data set, 1 is the best"
    if of:
        title = f"{shortened(of)}: {title[0].lower()}{title[1:]}"
    return title


def _widest(figure: Figure, labels: Sequence[str], **look: Any) -> float:
    """Measure the widest label."""
    widest = 0.0
    for label in labels:
        text = figure.text(0.0, 0.0, label, parse_math=False, **{"fontsize": _FONT, **look})
        widest = max(widest, text.get_window_extent().width / figure.dpi)
        text.remove()
    return widest


def _page(classifiers: Sequence[Standing], margin: float) -> _Page:
    ranks = [standing.mean_rank for standing in classifiers]
    best, worst = math.floor(min(ranks)), math.ceil(max(ranks))
    width = min(max(_LEAST_WIDTH, _INCHES_A_RANK * (worst - best)), _MOST_WIDTH)
    return _Page(best, max(worst, best + 1), margin, width)


def _bars(standings: Standings, page: _Page) -> list[_Bar]:
    """Give each clique a bar, on the first level on which no earlier bar is in its way."""
    ranks = {standing.classifier: standing.mean_rank for standing in standings.classifiers}
    bars: list[_Bar] = []
    ends: list[float] = []  # where the last bar of each level ends
    for clique in standings.cliques:
        start = page.place(ranks[clique[0]]) - _BAR_OVER
        end = page.place(ranks[clique[-1]]) + _BAR_OVER
        free = [level for level, last in enumerate(ends) if last + _BAR_OVER < start]
        if not free:
            free = [len(ends)]
            ends.append(end)
        ends[free[0]] = end
        bars.append(_Bar(start, end, free[0]))
    return bars


def _draw_axis(axes: Axes, page: _Page) -> None:
    axes.plot([page.place(page.best), page.place(page.worst)], [_HEAD] * 2, color=INK, lw=1.2)
    step = math.ceil((page.worst - page.best) * 0.3 / page.width)
    for rank in range(page.best, page.worst + 1):
        x = page.place(rank)
        axes.plot([x, x], [_HEAD - 0.07, _HEAD], color=INK, lw=1.0)
        if (rank - page.best) % step == 0:
            axes.text(x, _HEAD - 0.11, f"{rank}", ha="center", fontsize=_FONT, color=INK)


def _draw_bars(axes: Axes, bars: Sequence[_Bar]) -> None:
    for bar in bars:
        y = _HEAD + 0.13 + _BAR_STEP * bar.level
        look: dict[str, Any] = {"color": SOURCE, "lw": 3.2, "solid_capstyle": "butt"}
        axes.plot([bar.start, bar.end], [y, y], zorder=3, **look)


def _draw_classifiers(
    axes: Axes, page: _Page, classifiers: Sequence[Standing], labels: Sequence[str], top: float
) -> None:
    """Tie each label to its rank: the better half at the left, the others at the right.

    The outermost rank has the uppermost label, so that no line crosses another.
    """
    n = len(labels)
    n_left = math.ceil(n / 2)
    for k, (standing, label) in enumerate(zip(classifiers, labels, strict=True)):
        x = page.place(standing.mean_rank)
        end, side, row = page.left, "right", k
        if k >= n_left:
            end, side, row = page.left + page.width, "left", n - 1 - k
        away = _GAP / 2
        if side == "right":
            away = -away
        y = top + row * _ROW
        axes.plot([x, x, end + away / 2], [_HEAD, y, y], color=MUTED, lw=0.8, zorder=2)
        look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": _FONT, "color": INK}
        axes.text(end + away, y, label, parse_math=False, **look)


def _write(axes: Axes, title: str, standings: Standings, height: float) -> None:
    look: dict[str, Any] = {"fontweight": "bold", "parse_math": False}
    axes.text(_EDGE, 0.3, title, fontsize=_TITLE_FONT, color=INK, **look)
    note = f"A bar joins those that no test tells apart (Wilcoxon, Holm, {ALPHA})."
    axes.text(_EDGE, 0.53, note, fontsize=8.5, color=MUTED)
    if standings.friedman is not None:
        told = f"Friedman's test: p = {standings.friedman.p:.2g}"
        axes.text(_EDGE, height - 0.13, told, fontsize=8.5, color=MUTED)
