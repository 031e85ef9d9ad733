"""Draws heat maps of how each node learns (Yantosca, PINNIPED)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError
from tszoo.figures.figure import (
    INK,
    MUTED,
    check_format,
    new_figure,
    save_figure,
    shortened,
    write_title,
)
from tszoo.training.watch.node_record import NodeHistory, read_nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More layers than these have no names, only lines between them.
_MOST_NAMES = 60
_FLOOR = 1e-6


def draw_nodes(
    nodes: str | Path | NodeHistory, out: str | Path, *, title: str | None = None
) -> None:
    """Draw every node's weight change by epoch, and the activations of hidden nodes.

    Nodes stand one below the other, layer by layer. On the left the angle, in radians and on a
    logarithmic scale, by which an epoch turned a node's weight vector; then how its norm changed.
    If a probe was recorded, there follow the histograms of the first and the last recorded epoch:
    bins from the layer's lowest to its highest activation, darker where more of the node's
    activations fall.

    Parameters
    ----------
    nodes : path or NodeHistory
    out : str or Path
        Where to save it: .png, .svg or .pdf. Written in one step.
    title : str or None
        Above everything; None takes the file's name, if it is one.

    Raises
    ------
    DataError
        If the record cannot be read, or has neither changes nor histograms.
    MissingExtraError
        If matplotlib is not installed.
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    out = check_format(out)
    if not isinstance(nodes, NodeHistory):
        if title is None:
            title = Path(nodes).name
        nodes = read_nodes(nodes)
    changes, histograms = len(nodes.epoch) > 0, len(nodes.histogram_epoch) > 0
    if not changes and not histograms:
        msg = "the record has no epoch yet; a change needs two."
        raise DataError(msg)
    rows = max(
        sum(array.shape[1] for array in kind.values())
        for kind in (nodes.angle, nodes.histogram)
        if kind
    )
    panels = 2 * changes + 2 * histograms
    figure = new_figure(4.6 * panels, min(max(0.02 * rows + 2.0, 5.0), 30.0))
    axes = figure.subplots(1, panels, squeeze=False)[0]
    if changes:
        _draw_angles(figure, axes[0], nodes)
        _draw_growth(figure, axes[1], nodes)
    if histograms:
        for which, place in ((0, axes[-2]), (-1, axes[-1])):
            _draw_activations(figure, place, nodes, which)
    if title:
        write_title(figure, shortened(title, 80))
    save_figure(figure, out)


def _draw_angles(figure: Figure, axes: Axes, nodes: NodeHistory) -> None:
    angles = stacked(nodes.angle)
    image = draw_turns(axes, angles, nodes.epoch, turn_span(angles))
    _finish(figure, axes, image, "angle of the weight vector's turn (radians)", nodes.angle)


def turn_span(angles: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest angle that a scale shows; a turn by nothing is not seen."""
    seen = angles[np.isfinite(angles) & (angles > 0)]
    low, high = _FLOOR, 1.0
    if len(seen):
        low, high = max(float(seen.min()), _FLOOR), float(seen.max())
    return low, max(high, 2 * low)


def draw_turns(
    axes: Axes, angles: NDArray[np.float64], epochs: NDArray[np.int64], span: tuple[float, float]
) -> Any:
    """Draw the angles of nodes, rows, by epochs, on a logarithmic scale."""
    from matplotlib.colors import LogNorm

    # a frozen layer does not turn at all, and takes the scale's lowest colour
    shown = np.where(angles < span[0], span[0], angles)
    return heat(axes, shown, epochs, cmap="viridis", norm=LogNorm(*span))


def name_turns(bar: Any) -> None:
    """Name three angles on a scale, which may span less than a power of ten."""
    angles = np.geomspace(bar.vmin, bar.vmax, 3).tolist()
    bar.minorticks_off()
    bar.set_ticks(angles, labels=[f"{angle:.2g}" for angle in angles])


def _draw_growth(figure: Figure, axes: Axes, nodes: NodeHistory) -> None:
    growth = stacked(nodes.growth)
    finite = np.abs(growth[np.isfinite(growth)])
    most = 1.0
    if len(finite):
        # the largest changes, of a few early epochs, would leave the rest without colour
        most = float(np.quantile(finite, 0.99)) or 1.0
    image = heat(axes, growth, nodes.epoch, cmap="PuOr_r", vmin=-most, vmax=most)
    _finish(figure, axes, image, "change of the weight vector's norm", nodes.growth)


def _draw_activations(figure: Figure, axes: Axes, nodes: NodeHistory, which: int) -> None:
    counts = np.concatenate([array[which] for array in nodes.histogram.values()]).astype(np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    image = axes.imshow(
        np.sqrt(shares), aspect="auto", interpolation="nearest", cmap="Greys", vmin=0.0, vmax=1.0
    )
    axes.set_xticks([0, shares.shape[1] - 1], ["lowest", "highest"])
    heading = f"activations, epoch {nodes.histogram_epoch[which]} (square root of share)"
    _finish(figure, axes, image, heading, nodes.histogram)


def heat(axes: Axes, values: NDArray[Any], epochs: NDArray[np.int64], **look: Any) -> Any:
    """Draw nodes by recorded epochs; the axis names the epochs, since some may be missing."""
    image = axes.imshow(values, aspect="auto", interpolation="nearest", **look)
    at = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), 6)).round().astype(int))
    axes.set_xticks(at.tolist(), [str(epoch) for epoch in epochs[at]])
    axes.set_xlabel("epoch", fontsize=9, color=MUTED)
    return image


def _finish(
    figure: Figure, axes: Axes, image: Any, heading: str, layers: dict[str, NDArray[Any]]
) -> None:
    """Put lines and names where layers begin, a heading above, and a colour scale below."""
    from matplotlib.ticker import MaxNLocator

    ends = np.cumsum([array.shape[1] for array in layers.values()])
    colour = {"Greys": MUTED}.get(image.get_cmap().name, "white")
    for end in ends[:-1].tolist():
        axes.axhline(end - 0.5, color=colour, linewidth=0.4)
    if len(layers) <= _MOST_NAMES:
        middles = ends - np.diff(ends, prepend=0) / 2 - 0.5
        names = [shortened(name.removeprefix("body.")) for name in layers]
        axes.set_yticks(middles.tolist(), names, fontsize=6)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
    axes.tick_params(length=0, labelcolor=INK)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[:].set_visible(False)
    axes.set_title(heading, fontsize=10, color=INK, loc="left")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.7, pad=0.01, aspect=40)
    bar.ax.tick_params(labelsize=8, colors=MUTED, length=3)
    if bar.ax.get_xscale() == "log":
        name_turns(bar)
    else:
        bar.locator = MaxNLocator(4)  # more long numbers would run into one another
        bar.update_ticks()
    bar.outline.set_visible(False)


def stacked(layers: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Put all nodes of all layers one below the other, shape (n_nodes, n_epochs)."""
    return np.concatenate([array.T for array in layers.values()], dtype=np.float64)
