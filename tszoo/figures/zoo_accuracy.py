"""What a zoo's sources reach on their test splits, beside what was published."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import fmean
from typing import Any

from tszoo.errors import DataError
from tszoo.evaluation.compare import Paired, compare
from tszoo.figures.zoo_sources import Source, recipe_name

# A published figure of up to this many times a guess's is that of a run that failed.
_GUESSING = 1.1


@dataclass(frozen=True)
class Measured:
    """A source's accuracy on its test split.

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
        """What one network reaches in the mean."""
        return fmean(self.member_accuracy)

    @property
    def is_published_a_guess(self) -> bool:
        """Whether the published figure is no better than guessing."""
        return self.published is not None and self.published <= _GUESSING / self.classes


def measured(sources: Iterable[Source], published: Mapping[str, float]) -> list[Measured]:
    """Read off the configs what was measured when the models were trained.

    Models without a test split are left out.
    """
    found = []
    for one in sources:
        results = one.config.results
        if (
            not one.entry.parts
            and results.get("accuracy") is not None
            and results.get("member_accuracy")
        ):
            found.append(
                Measured(
                    one.entry.model,
                    one.entry.dataset,
                    recipe_name(one.config),
                    one.entry.n_classes,
                    results["n_series"],
                    tuple(results["member_accuracy"]),
                    results["accuracy"],
                    published.get(one.entry.dataset),
                )
            )
    return found


def comparisons(rows: Sequence[Measured]) -> list[tuple[str, Paired]]:
    """Compare with what was published, over the data sets that have a published figure.

    Returns
    -------
    list of (str, Paired)
        Ensembles, each network of these alone, and all networks alone if some models have one only;
        and the same without the data sets whose published figure is a guess's.
    """
    known = [row for row in rows if row.published is not None]
    ensembles = [row for row in known if len(row.member_accuracy) > 1]
    ways: list[tuple[str, list[Measured], Callable[[Measured], float]]] = [
        ("ensembles", ensembles, lambda row: row.accuracy),
        ("their networks, each alone", ensembles, lambda row: row.member_mean),
    ]
    if len(ensembles) < len(known):
        ways.append(("all networks, each alone", known, lambda row: row.member_mean))
    found = []
    for label, those, accuracy in ways:
        odd = sorted(row.dataset for row in those if row.is_published_a_guess)
        kept = [row for row in those if not row.is_published_a_guess]
        for suffix, some in (("", those), (f", without {', '.join(odd)}", kept if odd else [])):
            if some:
                pair = compare(
                    [accuracy(row) for row in some], [row.published or 0.0 for row in some]
                )
                found.append((label + suffix, pair))
    return found


def comparison_table(pairs: Sequence[tuple[str, Paired]]) -> str:
    """Write comparisons with what was published as a table in Markdown."""
    lines = [
        "| models | data sets | mean | published | difference | wins, ties, losses | Wilcoxon p |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for label, pair in pairs:
        p = "–" if pair.p is None else "< 0.001" if pair.p < 0.001 else f"{pair.p:.2g}"
        means = f"{pair.mean:.4f} | {pair.other_mean:.4f} | {round(pair.difference, 4) + 0.0:+.4f}"
        lines.append(
            f"| {label} | {pair.n} | {means} | {pair.wins}, {pair.ties}, {pair.losses} | {p} |"
        )
    return "\n".join(lines)


def save_measured(rows: Iterable[Measured], path: Path) -> None:
    """Write a CSV with a row a source.

    Members' accuracies stand in one cell, with spaces between them.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(Measured)], lineterminator="\n")
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
    plain = {key: values[key] for key in ("model", "dataset", "recipe")}
    return Measured(
        **plain,
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
