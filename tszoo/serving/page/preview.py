"""What the page says of uploaded series: how they were read, and how they look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.data.copied import count_copies
from tszoo.data.dataset import Dataset
from tszoo.text import printable

WIDTH, HEIGHT = 300, 70
MOST_DRAWN, MOST_POINTS, MOST_NAMED = 6, 300, 12
_AIR = 4


class Drawn(NamedTuple):
    """A series as lines: points of polylines, which gaps part; its class, and which colour."""

    lines: list[str]
    label: str
    id: str
    colour: int


@dataclass(frozen=True)
class Preview:
    """Facts of the series, and the first ones drawn."""

    facts: list[tuple[str, str]]
    classes: list[tuple[str, int]]
    more_classes: int
    drawn: list[Drawn]
    note: str
    is_stuck: bool


def preview(dataset: Dataset) -> Preview:
    """Describe a data set; ``note`` says what stands against a model of it, if anything."""
    counts = _counts(dataset)
    return Preview(
        facts=_facts(dataset),
        classes=counts[:MOST_NAMED],
        more_classes=max(0, len(counts) - MOST_NAMED),
        drawn=[_drawn(dataset, i) for i in _shown(dataset)],
        note=_note(dataset),
        is_stuck=dataset.n_classes < 2,
    )


def _facts(dataset: Dataset) -> list[tuple[str, str]]:
    length = f"{dataset.length} points"
    if dataset.is_unequal:
        length = f"{dataset.lengths.min()} to {dataset.length} points"
    missing = "none"
    if dataset.n_missing:
        missing = f"{dataset.n_missing} values"
    series = str(dataset.n_series)
    copies = count_copies(dataset)
    if copies.n_series:
        series += f", of which {copies.told()}"
    facts = [("Series", series), ("Length", length), ("Gaps", missing)]
    if dataset.n_channels > 1:
        facts.append(("Channels", str(dataset.n_channels)))
    facts.append(("Classes", str(dataset.n_classes) if dataset.labels is not None else "no labels"))
    if dataset.ids is not None:
        facts.append(("Ids", f"{printable(dataset.ids[0], 30)}, …"))
    if dataset.read_as:
        facts.append(("Read as", dataset.read_as))
    return facts


def _counts(dataset: Dataset) -> list[tuple[str, int]]:
    if dataset.labels is None:
        return []
    counts = np.bincount(dataset.labels, minlength=dataset.n_classes).tolist()
    return [(printable(str(c), 40), n) for c, n in zip(dataset.classes, counts, strict=True)]


def _note(dataset: Dataset) -> str:
    if dataset.labels is None:
        return "There are no labels, and a model learns from labels. Say where they are."
    if dataset.n_classes < 2:
        return "There is only one class. A model tells at least two apart."
    if dataset.n_classes > dataset.n_series // 2:
        return (
            f"{dataset.n_classes} classes in {dataset.n_series} series: are those labels? "
            "Perhaps they stand in another column."
        )
    return ""


def _shown(dataset: Dataset) -> list[int]:
    """Choose the first series of each class, in turn, and put them in the order of classes."""
    if dataset.labels is None:
        return list(range(min(MOST_DRAWN, dataset.n_series)))
    labels = dataset.labels.tolist()
    seen: Counter[int] = Counter()
    turns = []
    for label in labels:
        turns.append(seen[label])
        seen[label] += 1
    order = sorted(range(len(labels)), key=lambda i: (turns[i], labels[i]))
    return sorted(order[:MOST_DRAWN], key=lambda i: labels[i])


def _drawn(dataset: Dataset, i: int) -> Drawn:
    values = dataset.series[i, 0, : dataset.lengths[i]]
    label, colour = "", 0
    if dataset.labels is not None:
        colour = int(dataset.labels[i])
        label = printable(str(dataset.classes[colour]), 30)
    name = f"series {i}" if dataset.ids is None else printable(dataset.ids[i], 30)
    return Drawn(polylines(values), label, name, colour % 6)


def polylines(
    values: NDArray[np.float32], low: float | None = None, high: float | None = None
) -> list[str]:
    """Spell a series as points of SVG polylines in a picture of WIDTH x HEIGHT; gaps part them."""
    at = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).astype(int))
    shown = values[at].astype(np.float64)
    known = np.isfinite(shown)
    if not known.any():
        return []
    low = float(shown[known].min()) if low is None else low
    high = float(shown[known].max()) if high is None else high
    x = _AIR + (WIDTH - 2 * _AIR) * at / max(len(values) - 1, 1)
    y = HEIGHT - _AIR - (HEIGHT - 2 * _AIR) * (shown - low) / ((high - low) or 1.0)
    runs = groupby(range(len(at)), key=lambda k: bool(known[k]))
    return [" ".join(f"{x[k]:.1f},{y[k]:.1f}" for k in run) for is_known, run in runs if is_known]
