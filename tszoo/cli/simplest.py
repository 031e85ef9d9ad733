"""What ``tszoo recommend`` says of the simplest classifiers, beside the sources that it tried."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tszoo.cli.output import counting, percent

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.evaluation.baselines import LeftOutBaselines
    from tszoo.models.record import Simplest


def left_out_of(target: Dataset, *, quiet: bool) -> LeftOutBaselines:
    """Score guessing the largest class, and 1-NN DTW, on series that are left out."""
    from tszoo.evaluation.baselines import QUICK_CELLS, left_out_baselines

    with counting("1-NN DTW", quiet=quiet) as progress:
        return left_out_baselines(target, most_cells=QUICK_CELLS, progress=progress)


def as_document(found: LeftOutBaselines) -> dict[str, Any]:
    """Say what a JSON document says."""
    document = asdict(found)
    document["majority"]["label"] = str(found.majority.label)
    if found.window is not None:
        document["window"] = found.window._asdict()
    return document


def as_line(found: LeftOutBaselines, target: Dataset) -> str:
    """Say it in a line."""
    line = f"the simplest, left out: the largest class {percent(found.majority.accuracy)}, 1-NN DTW"
    window = found.window
    if window is None:
        return f"{line} – (series too long, or none to compare with)"
    told = f"window {window.share:.0%} of the length"
    if window.n_series < target.n_series:
        told += f"; {window.n_series} of {target.n_series} series"
    return f"{line} {percent(window.left_out_accuracy)} ({told})"


def recorded_line(found: Simplest) -> str:
    """Say in a line what a model's record says of the simplest classifiers."""
    line = f"largest class {percent(found.majority)}"
    if found.window is not None:
        line += f", 1-NN DTW {percent(found.neighbour)}"
    return f"{line} (left out)"
