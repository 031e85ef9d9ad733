"""``tszoo compare``: which classifier is better, over many data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Optional

import typer

from tszoo.cli.compared import document_of, pair_document, print_pair, print_standings
from tszoo.cli.options import WHAT, Json
from tszoo.cli.output import print_json
from tszoo.cli.places import check_picture, make_room
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.evaluation.result_files import Wanted
    from tszoo.evaluation.results import ResultTable


@dataclass(frozen=True)
class Chosen:
    """Which results are compared."""

    panel: ClassVar[str] = WHAT

    published: Annotated[
        Optional[Literal["ucr"]],  # noqa: UP045
        typer.Option(
            metavar="ARCHIVE",
            help="Add published accuracies on an archive: ucr (FCN, ResNet, InceptionTime, ROCKET, "
            "LITE, …).",
            show_default=False,
        ),
    ] = None
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Compare this classifier; * stands for anything. Repeatable. (default: all)",
            show_default=False,
        ),
    ] = None
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Leave out a classifier or data set; * stands for anything. Repeatable.",
            show_default=False,
        ),
    ] = None
    pairs: Annotated[
        Optional[tuple[str, str]],  # noqa: UP045
        typer.Option(
            metavar="A B",
            help="Compare two classifiers alone, data set by data set.",
            show_default=False,
        ),
    ] = None

    def wanted(self) -> Wanted:
        """Say it to the library."""
        from tszoo.evaluation.result_files import Wanted

        return Wanted(tuple(self.only or ()), tuple(self.exclude or ()), self.pairs or ())

    def check(self, results: list[Path]) -> None:
        """Raise OptionError where there is nothing to compare, or a pair of one."""
        if not results and self.published is None:
            msg = "no results: name tables of accuracies, or --published ucr."
            raise OptionError(msg)
        if self.pairs is not None and self.pairs[0] == self.pairs[1]:
            msg = f"--pairs {self.pairs[0]} {self.pairs[1]}: two different classifiers are needed."
            raise OptionError(msg)


def compare(
    results: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Argument(
            metavar="[RESULTS.csv...]",
            help="Tables of accuracies: a row for each data set and a column for each classifier, "
            "or the columns dataset, classifier and accuracy.",
            show_default=False,
        ),
    ] = None,
    *,
    chosen: Chosen,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw a critical difference diagram, or with --pairs the two against each other, "
            "as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which of several classifiers is better, over many data sets.

    Friedman's test says whether they differ at all; Wilcoxon's signed-rank test, corrected by
    Holm's procedure, which of them do. Of several rows for one classifier and data set, the median
    counts. Data sets that some classifier lacks are left out.

    Example: tszoo compare results.csv --plot cd.png
    Example: tszoo compare --published ucr
    Example: tszoo compare results.csv --published ucr --pairs mine ROCKET --plot pair.png
    """
    from tszoo.evaluation.read_results import read_results

    check_picture(plot, "--plot")
    files = list(results or ())
    chosen.check(files)
    table = read_results(files, chosen.wanted(), chosen.published)
    if plot is not None:
        make_room(plot, "--plot")
    if chosen.pairs is not None:
        _compare_pair(table, chosen.pairs, chosen, plot, as_json)
    else:
        _compare_all(table, chosen, plot, as_json)
    if as_json:
        return
    if chosen.published is not None:
        from tszoo.evaluation.published import SOURCE

        typer.echo(f"published: {SOURCE}")
    if plot is not None:
        typer.echo(f"wrote {plot}")


def _compare_all(table: ResultTable, chosen: Chosen, plot: Path | None, as_json: bool) -> None:
    from tszoo.evaluation.standings import stand

    standings = stand(table)
    if plot is not None:
        from tszoo.figures.critical_difference import plot_critical_difference

        plot_critical_difference(standings, plot)
    if as_json:
        print_json({**document_of(table, standings), **_sources(plot, chosen)})
    else:
        print_standings(table, standings)


def _compare_pair(
    table: ResultTable, pair: tuple[str, str], chosen: Chosen, plot: Path | None, as_json: bool
) -> None:
    first, second = pair
    if plot is not None:
        from tszoo.figures.pair import plot_pair

        plot_pair(table, first, second, plot)
    if as_json:
        print_json({**pair_document(table, first, second), **_sources(plot, chosen)})
    else:
        print_pair(table, first, second)


def _sources(plot: Path | None, chosen: Chosen) -> dict[str, str]:
    """Say where a figure was drawn, and whose the published accuracies are."""
    told = {}
    if plot is not None:
        told["plot"] = str(plot)
    if chosen.published is not None:
        from tszoo.evaluation.published import SOURCE

        told["published"] = SOURCE
    return told
