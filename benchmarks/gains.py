"""For which kinds of data sets a readout of universal bodies is better than of random filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tszoo.data.ucr.table import archive_sets, read_sets
from tszoo.evaluation.compare import Paired, compare, holm

HELD_OUT = Path(__file__).parent.parent / "scripts" / "held_out.csv"
SETS = {**archive_sets(), **read_sets(HELD_OUT)}
UNIVERSAL = "inception.universal"
FEW = 4  # with fewer sets of a group nothing can be said of it
ALL = "all sets"

Row = Mapping[str, str]
# where a group stands in the table, and its name
Group = tuple[int, str]


def by_classes(n_classes: int) -> Group:
    """Name the group of data sets of about so many classes, with its place in the table."""
    if n_classes == 2:
        return 1, "2 classes"
    if n_classes < 7:
        return 2, "3 to 6 classes"
    return 3, "7 classes and more"


def by_series(per_class: float) -> Group:
    """Name the group of data sets of about so many series a class, with its place."""
    if per_class < 10:
        return 4, "under 10 series a class"
    if per_class < 30:
        return 5, "10 to 30 series a class"
    return 6, "more series a class"


def by_length(length: int) -> Group:
    """Name the group of data sets of about so many points, with its place."""
    if length <= 128:
        return 7, "up to 128 points"
    if length <= 400:
        return 8, "129 to 400 points"
    return 9, "more points"


def groups_of(row: Row) -> Iterator[Group]:
    """Yield the groups that a data set belongs to."""
    n_classes = int(row["classes"])
    yield 0, ALL
    yield by_classes(n_classes)
    yield by_series(int(row["n_series"]) / n_classes)
    yield by_length(int(row["length"]))
    yield 10, SETS[row["dataset"]].kind


def with_universal(rows: Sequence[Row]) -> list[Row]:
    """Keep the rows whose readout stood on a universal body and that have random filters, too."""
    return [
        row
        for row in rows
        if UNIVERSAL in row["sources"] and row.get("universal") and row["random"]
    ]


def gains(rows: Sequence[Row]) -> dict[str, Paired]:
    """Compare readouts of universal bodies and of random filters, by group of ``FEW`` or more."""
    grouped: dict[Group, list[Row]] = defaultdict(list)
    for row in rows:
        for group in groups_of(row):
            grouped[group].append(row)
    return {
        name: compare(
            [float(row["universal"]) for row in some], [float(row["random"]) for row in some]
        )
        for (_, name), some in sorted(grouped.items())
        if len(some) >= FEW
    }


def gains_table(rows: Sequence[Row]) -> str:
    """Write the table in Markdown; an empty text if no row has universal bodies.

    Of the groups, p is corrected by Holm's procedure; that of all sets is a test by itself.
    """
    pairs = gains(with_universal(rows))
    if not pairs:
        return ""
    lines = [
        "| data sets | number | universal | random | difference | wins, ties, losses | p | Holm |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    tests = {name: p_of(pair) for name, pair in pairs.items() if name != ALL}
    corrected = dict(zip(tests, holm(list(tests.values())), strict=True))
    for name, pair in pairs.items():
        points = round(100 * pair.difference, 1) + 0.0  # no difference of -0.0
        means = f"{pair.mean:.4f} | {pair.other_mean:.4f} | {points:+.1f}"
        counts = f"{pair.wins}, {pair.ties}, {pair.losses}"
        after = ""
        if name in corrected:
            after = f"{corrected[name]:.2g}"
        lines.append(f"| {name} | {pair.n} | {means} | {counts} | {p_of(pair):.2g} | {after} |")
    return "\n".join(lines)


def p_of(pair: Paired) -> float:
    """Return the p of Wilcoxon's signed-rank test; 1 if all sets are ties."""
    if pair.p is None:
        return 1.0
    return pair.p
