"""Makes a figure, gives it the look that all figures share, and saves it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.errors import MissingExtraError, OptionError
from tszoo.storage.files import reason, write_file
from tszoo.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
INK, MUTED, PALE = "#1f2933", "#6b7785", "#c9d1d9"
TARGET, SOURCE = "#c2410c", "#0f62ae"  # told apart by the colour-blind too
OTHERS = ("#117733", "#7b3f9d", "#8a6d00", "#0e7c86", "#b0276a", "#5c4a3d")


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, sizes in inches, apart from pyplot's global state.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        msg = 'figures need matplotlib: pip install "tszoo[plot]"'
        raise MissingExtraError(msg) from error
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def check_format(path: str | Path) -> Path:
    """Return the path; raise OptionError if figures are not saved in the format of its suffix."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        msg = f"{path}: figures are saved as {', '.join(FORMATS)}; give a name that ends so."
        raise OptionError(msg)
    return path


def save_figure(figure: Figure, path: Path, *, fitted: bool = False) -> None:
    """Save a figure in one step, in the format of the path's suffix.

    A ``fitted`` one becomes as large as what is drawn on it, which may reach past its edges.

    Raises
    ------
    OptionError
        If the suffix is unknown or the file cannot be written.
    """
    kind = check_format(path).suffix.lower()[1:]
    # neither a date nor random names: the same figure is the same file
    metadata: dict[str, Any] = {
        "png": {"Software": None},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }[kind]
    from matplotlib import rc_context

    buffer = io.BytesIO()
    cut: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.1} if fitted else {}
    with rc_context({"svg.hashsalt": "tszoo"}):
        figure.savefig(buffer, format=kind, dpi=160, metadata=metadata, **cut)
    try:
        write_file(path, buffer.getvalue())
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def write_title(figure: Figure, title: str) -> None:
    """Write a title above everything, at the left."""
    figure.suptitle(
        title, fontsize=13, color=INK, x=0.01, ha="left", fontweight="bold", parse_math=False
    )


def plain(axes: Axes) -> None:
    """Keep only the sides of the frame that carry numbers, in a quiet colour."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
    axes.tick_params(colors=MUTED, labelsize=8, length=3)


def shortened(text: str, most: int = 28) -> str:
    """Cut a text that is too long for a figure, and replace what does not print."""
    return printable(text, most)
