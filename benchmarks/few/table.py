"""Sum up the rows of fewshot.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from few.draws import SIZES

# accuracy by draw
Draws = dict[int, float]
BASE = "random body"


class Cell(NamedTuple):
    """A data set, a method and a number of series a class."""

    dataset: str
    method: str
    size: int


def collect(rows: Sequence[Mapping[str, str]]) -> dict[Cell, Draws]:
    """Accuracies of every cell that has been measured."""
    accuracies: dict[Cell, Draws] = defaultdict(dict)
    for row in rows:
        for size in SIZES:
            if row[str(size)]:
                cell = Cell(row["set"], row["method"], size)
                accuracies[cell][int(row["draw"])] = float(row[str(size)])
    return dict(accuracies)


def measured(accuracies: Mapping[Cell, Draws], methods: Sequence[str], size: int) -> list[str]:
    """Name the sets that have all these methods at a size."""
    names = {cell.dataset for cell in accuracies}
    return sorted(
        name for name in names if all(Cell(name, method, size) in accuracies for method in methods)
    )


def summaries(accuracies: Mapping[Cell, Draws], methods: Sequence[str]) -> Iterator[str]:
    """Yield the tables of all methods, and of the first ones where more sets have those."""
    before: list[list[str]] = []
    for end in range(len(methods), 0, -1):
        sets = [measured(accuracies, methods[:end], size) for size in SIZES]
        if sets != before:
            yield tables(accuracies, methods[:end])
        before = sets


def tables(accuracies: Mapping[Cell, Draws], methods: Sequence[str]) -> str:
    """Spell means over the sets that have all these methods, and differences from ``BASE``."""
    sets = {size: measured(accuracies, methods, size) for size in SIZES}
    if not any(sets.values()):
        return f"No set has all of {', '.join(methods)} yet."
    head = " | ".join(f"{size} ({len(sets[size])} sets)" for size in SIZES)
    lines = [f"| series a class | draws | {head} |", "|---" * (2 + len(SIZES)) + "|"]
    for method in methods:
        counts = [
            len(accuracies[Cell(name, method, size)]) for size in SIZES for name in sets[size]
        ]
        cells = [mean(accuracies, method, size, sets[size]) for size in SIZES]
        lines.append(f"| {method} | {spread(counts)} | {' | '.join(cells)} |")
    lines += ["", f"| less {BASE}, same draws | {head} |", "|---" * (1 + len(SIZES)) + "|"]
    for method in methods:
        if method != BASE and BASE in methods:
            cells = [gain(accuracies, method, size, sets[size]) for size in SIZES]
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mean(accuracies: Mapping[Cell, Draws], method: str, size: int, sets: Sequence[str]) -> str:
    """Spell the mean of the sets' means, in per cent."""
    means = [np.mean(list(accuracies[Cell(name, method, size)].values())) for name in sets]
    if not means:
        return ""
    return f"{100 * np.mean(means):.1f}"


def gain(accuracies: Mapping[Cell, Draws], method: str, size: int, sets: Sequence[str]) -> str:
    """Spell the mean gain over ``BASE`` in points, its standard error over sets, wins, losses."""
    gains = gains_of(accuracies, method, size, sets)
    if len(gains) < 2:
        return ""
    error = gains.std(ddof=1) / len(gains) ** 0.5
    wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
    return f"{gains.mean():+.1f} ± {error:.1f} ({wins}:{losses})"


def gains_of(
    accuracies: Mapping[Cell, Draws], method: str, size: int, sets: Sequence[str]
) -> np.ndarray:
    """Mean gain over ``BASE`` of every set that has draws of both, in points."""
    gains = []
    for name in sets:
        ours, base = accuracies[Cell(name, method, size)], accuracies[Cell(name, BASE, size)]
        both = ours.keys() & base.keys()
        if both:
            gains.append(100 * np.mean([ours[draw] - base[draw] for draw in both]))
    return np.array(gains)


def spread(counts: Sequence[int]) -> str:
    """Spell the least and the greatest count: "10", or "2 to 10"."""
    if min(counts) == max(counts):
        return f"{min(counts)}"
    return f"{min(counts)} to {max(counts)}"
