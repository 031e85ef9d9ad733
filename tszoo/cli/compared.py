"""What ``tszoo compare`` answers: tables, and a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.output import percent, print_table
from tszoo.text import counted, listed, one_line

if TYPE_CHECKING:
    from tszoo.evaluation.results import ResultTable
    from tszoo.evaluation.standings import Pair, Standings

# Up to so many pairs are printed all; of more, those with the best classifier.
MOST_PAIRS, MOST_NAMES = 45, 5


def print_standings(table: ResultTable, standings: Standings) -> None:
    """Print how the classifiers stand, what the tests say, and which cannot be told apart."""
    _print_counts(table)
    columns = ("classifier", "mean", "mean rank", "best alone", "best with others", "not the best")
    rows = [
        (s.classifier, percent(s.mean), f"{s.mean_rank:.3f}", s.wins, s.ties, s.losses)
        for s in standings.classifiers
    ]
    print_table(columns, rows, right=columns[1:])
    typer.echo(f"Friedman: {_friedman(standings)}")
    for clique in standings.cliques:
        typer.echo(one_line(f"not told apart: {', '.join(clique)}"))
    if not standings.cliques:
        typer.echo("not told apart: none of those that stand next to each other")
    _print_pairs(standings)


def _print_counts(table: ResultTable) -> None:
    sizes = f"{counted(len(table.datasets), 'data set')}, {len(table.classifiers)} classifiers"
    if table.most_repeats > 1:
        sizes += f"; medians of up to {table.most_repeats} results"
    typer.echo(sizes)
    if table.left_out:
        lacking = [f"{name} ({listed(by, 2)})" for name, by in table.left_out.items()]
        told = "left out, as some classifier lacks it: "
        if len(lacking) > 1:
            told = f"{len(lacking)} left out, as some classifier lacks them: "
        typer.echo(one_line(told + listed(lacking, MOST_NAMES)))
    if len(table.datasets) < 6:
        # of five differences, all to one side, p is 1/16
        typer.echo("too few data sets to tell anything by a test")


def _friedman(standings: Standings) -> str:
    found = standings.friedman
    if found is not None:
        return f"chi-square {found.statistic:.2f}, p = {found.p:.2g}"
    if len(standings.classifiers) < 3:
        return "needs three classifiers; two are compared by Wilcoxon's test alone"
    if standings.n_datasets < 2:
        return "needs two data sets"
    return "all are alike on every data set"


def _print_pairs(standings: Standings) -> None:
    pairs = list(standings.pairs)
    if len(pairs) > MOST_PAIRS:
        best = standings.classifiers[0].classifier
        pairs = [pair for pair in pairs if pair.first == best]
    columns = ("better rank", "than", "points", "wins", "ties", "losses", "Wilcoxon p", "Holm p")
    print_table(columns, [_row(pair) for pair in pairs], right=columns[2:])
    if len(pairs) < len(standings.pairs):
        more = len(standings.pairs) - len(pairs)
        typer.echo(f"{more} more pairs; --json has them all, --pairs shows two")


def _row(pair: Pair) -> tuple[object, ...]:
    paired = pair.paired
    points = f"{100 * paired.difference:+.1f}"
    counts = (paired.wins, paired.ties, paired.losses)
    return pair.first, pair.second, points, *counts, f"{pair.p:.2g}", f"{pair.corrected:.2g}"


def document_of(table: ResultTable, standings: Standings) -> dict[str, Any]:
    """Say what a JSON document says of several classifiers."""
    from tszoo.evaluation.standings import ALPHA

    friedman = None
    if standings.friedman is not None:
        friedman = standings.friedman._asdict()
    return {
        **_counts(table),
        "classifiers": [vars(standing) for standing in standings.classifiers],
        "friedman": friedman,
        "pairs": [_pair_of(pair) for pair in standings.pairs],
        "alpha": ALPHA,
        "cliques": standings.cliques,
    }


def _counts(table: ResultTable) -> dict[str, Any]:
    return {
        "datasets": table.datasets,
        "left_out": {name: list(by) for name, by in table.left_out.items()},
        "most_repeats": table.most_repeats,
    }


def _pair_of(pair: Pair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": pair.paired.difference,
        "wins": pair.paired.wins,
        "ties": pair.paired.ties,
        "losses": pair.paired.losses,
        "p": pair.p,
        "holm_p": pair.corrected,
        "differs": pair.differs,
    }


def pair_document(table: ResultTable, first: str, second: str) -> dict[str, Any]:
    """Say what a JSON document says of two classifiers."""
    from tszoo.evaluation.compare import compare
    from tszoo.evaluation.outliers import outliers

    paired = compare(table.column(first), table.column(second))
    return {
        **_counts(table),
        "first": first,
        "second": second,
        **vars(paired),
        "difference": paired.difference,
        "outliers": [outlier._asdict() for outlier in outliers(table, first, second)],
    }


def print_pair(table: ResultTable, first: str, second: str) -> None:
    """Print how two classifiers differ, and on which data sets most."""
    from tszoo.evaluation.compare import compare
    from tszoo.evaluation.outliers import outliers

    _print_counts(table)
    paired = compare(table.column(first), table.column(second))
    text = (
        f"{first} against {second}: mean {paired.mean:.3f} and {paired.other_mean:.3f} "
        f"({100 * paired.difference:+.1f} points); better on {paired.wins}, alike on "
        f"{paired.ties}, worse on {paired.losses}; {_signed_rank(paired.p)}"
    )
    typer.echo(one_line(text))
    rows = [
        (outlier.dataset, percent(outlier.accuracy), percent(outlier.other))
        for outlier in outliers(table, first, second)
    ]
    if rows:
        typer.echo("They differ most, and unlike elsewhere, on:")
        print_table(("data set", first, second), rows, right=(first, second))


def _signed_rank(p: float | None) -> str:
    if p is None:
        return "alike everywhere, so there is nothing to test"
    return f"Wilcoxon p = {p:.2g}"
