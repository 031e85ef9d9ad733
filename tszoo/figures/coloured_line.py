"""A line whose colour says how much each point speaks for or against something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.figures.figure import MUTED, PALE, SOURCE, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From against to for; the colour-blind tell the ends apart, and 0 can be seen on white.
_COLORS = (SOURCE, "#8fb3d9", PALE, "#e8a37f", TARGET)
_LINE = 2.4


def draw_coloured(
    axes: Axes,
    points: NDArray[np.int64],
    values: NDArray[np.float32],
    shares: NDArray[np.float32],
) -> None:
    """Draw a line of which each piece has the mean colour of its two ends.

    Parameters
    ----------
    axes : Axes
    points, values : ndarray, shape (n,)
        Where the points stand, and how high.
    shares : ndarray, shape (n,)
        From -1, against, to 1, for.
    """
    from matplotlib.collections import LineCollection

    look: dict[str, Any] = {"cmap": _colors(), "zorder": 3}
    if len(values) == 1:
        axes.scatter(points, values, c=shares, s=30, vmin=-1.0, vmax=1.0, **look)
        return
    places = np.stack([points, values], axis=1)
    pieces = LineCollection(
        list(np.stack([places[:-1], places[1:]], axis=1)),
        linewidths=_LINE,
        capstyle="round",
        **look,
    )
    pieces.set_array((shares[:-1] + shares[1:]) / 2)
    pieces.set_clim(-1.0, 1.0)
    axes.add_collection(pieces)
    axes.autoscale_view()


def color_bar(axes: Axes) -> None:
    """Turn axes into the bar that says what the colours mean."""
    axes.imshow(
        np.linspace(-1.0, 1.0, 256)[None],
        cmap=_colors(),
        aspect="auto",
        extent=(-1.0, 1.0, 0.0, 1.0),
    )
    axes.set_yticks([])
    axes.set_xticks([-1.0, 0.0, 1.0], ["speaks against the class", "0", "speaks for the class"])
    left, _, right = axes.get_xticklabels()
    left.set_horizontalalignment("left")
    right.set_horizontalalignment("right")
    axes.tick_params(colors=MUTED, labelsize=8.5, length=0)
    axes.spines[:].set_visible(False)


def _colors() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("for and against", _COLORS)
