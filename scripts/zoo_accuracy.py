"""Compares what a zoo's sources reach on their test splits with what was published."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import fmean
from typing import Any

from zoo_sources import Source, recipe_name

from tszoo.errors import DataError
from tszoo.evaluation.compare import Paired, compare

# A published accuracy of at most this many times a guess's comes from a run that failed.
_GUESSING = 1.1


@dataclass(frozen=True)
class Measured:
    """Holds a source's accuracy on its test split.

    Attributes
    ----------
    model, dataset, recipe : str
    classes, test_series : int
    member_accuracy : tuple of float
        Each network's alone.
    accuracy : float
        Of all together.
    published : float or None
    """

    model: str
    dataset: str
    recipe: str
    classes: int
    test_series: int
    member_accuracy: tuple[float, ...]
    accuracy: float
    published: float | None

    @property
    def member_mean(self) -> float:
        """Average what each network reaches alone."""
        return fmean(self.member_accuracy)

    @property
    def is_published_a_guess(self) -> bool:
        """Tell whether the published accuracy is no better than guessing."""
        return self.published is not None and self.published <= _GUESSING / self.classes


def measured(sources: Iterable[Source], published: Mapping[str, float]) -> list[Measured]:
    """Read from the configs what was measured when the models were trained.

    Joint models, and models without a test split, are left out.
    """
    rows = []
    for source in sources:
        results = source.config.results
        if source.entry.parts or results.accuracy is None or results.n_series is None:
            continue
        if not results.member_accuracy:
            continue
        rows.append(
            Measured(
                model=source.entry.model,
                dataset=source.entry.dataset,
                recipe=recipe_name(source.config),
                classes=source.entry.n_classes,
                test_series=results.n_series,
                member_accuracy=results.member_accuracy,
                accuracy=results.accuracy,
                published=published.get(source.entry.dataset),
            )
        )
    return rows


def comparisons(rows: Sequence[Measured]) -> list[tuple[str, Paired]]:
    """Compare with what was published, over the data sets that have a published accuracy.

    Returns
    -------
    list of (str, Paired)
        For ensembles, for each of their networks alone, and, if some models have a single network,
        for all networks alone. Each is repeated without the data sets whose published accuracy is
        no better than guessing.
    """
    rows = [row for row in rows if row.published is not None]
    ensembles = [row for row in rows if len(row.member_accuracy) > 1]
    ways: list[tuple[str, list[Measured], Callable[[Measured], float]]] = [
        ("ensembles", ensembles, lambda row: row.accuracy),
        ("their networks, each alone", ensembles, lambda row: row.member_mean),
    ]
    if len(ensembles) < len(rows):
        ways.append(("all networks, each alone", rows, lambda row: row.member_mean))
    pairs = []
    for label, models, accuracy in ways:
        guesses = sorted(row.dataset for row in models if row.is_published_a_guess)
        others = [row for row in models if not row.is_published_a_guess]
        if models:
            pairs.append((label, _paired(models, accuracy)))
        if guesses and others:
            without = f"{label}, without {', '.join(guesses)}"
            pairs.append((without, _paired(others, accuracy)))
    return pairs


def _paired(rows: Sequence[Measured], accuracy: Callable[[Measured], float]) -> Paired:
    return compare([accuracy(row) for row in rows], [row.published or 0.0 for row in rows])


def comparison_table(pairs: Sequence[tuple[str, Paired]]) -> str:
    """Write comparisons with what was published as a table in Markdown."""
    lines = [
        "| models | data sets | mean | published | difference | wins, ties, losses | Wilcoxon p |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for label, pair in pairs:
        means = f"{pair.mean:.4f} | {pair.other_mean:.4f} | {round(pair.difference, 4) + 0.0:+.4f}"
        lines.append(
            f"| {label} | {pair.n} | {means} | {pair.wins}, {pair.ties}, {pair.losses} "
            f"| {_p_value(pair.p)} |"
        )
    return "\n".join(lines)


def _p_value(p: float | None) -> str:
    if p is None:
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.2g}"


def save_measured(rows: Iterable[Measured], path: Path) -> None:
    """Write a CSV with one row for each source; one cell holds all members' accuracies."""
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = [field.name for field in fields(Measured)]
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            members = " ".join(f"{value:.6f}" for value in row.member_accuracy)
            shares = {key: _rounded(getattr(row, key)) for key in ("accuracy", "published")}
            writer.writerow({**asdict(row), "member_accuracy": members, **shares})


def read_measured(path: Path) -> list[Measured]:
    """Read what ``save_measured`` wrote.

    Raises
    ------
    DataError
        If the file cannot be read or is anything else.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [_row(values) for values in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = (
            f"{path}: no table of measured accuracies ({error!r}). Make it with benchmarks/zoo.py."
        )
        raise DataError(msg) from error


def _row(values: Mapping[str, Any]) -> Measured:
    return Measured(
        model=values["model"],
        dataset=values["dataset"],
        recipe=values["recipe"],
        classes=int(values["classes"]),
        test_series=int(values["test_series"]),
        member_accuracy=tuple(_share(value) for value in values["member_accuracy"].split()),
        accuracy=_share(values["accuracy"]),
        published=_share(values["published"]) if values["published"] else None,
    )


def _share(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        msg = f"{text} is no share from 0 to 1"
        raise ValueError(msg)
    return value


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
