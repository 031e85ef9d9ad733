"""``tszoo transfer-matrix``: what every source is worth to every target."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import typer

from tszoo.cli.matrix_runs import Asked, measured
from tszoo.cli.options import WHAT, Output, Reading, Training, ZooOption
from tszoo.cli.output import print_json, print_table
from tszoo.cli.places import check_file, check_picture, make_room
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.transfer.matrix_table import TransferMatrix

COLUMNS = ("source", "against", "targets", "accuracy", "of the other", "wins/ties/losses", "p")


@dataclass(frozen=True)
class Shown:
    """What is read instead of measured, and what is drawn and written of it."""

    panel: ClassVar[str] = WHAT

    from_: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--from",
            metavar="FILE",
            help="Read a matrix instead: a row a run, or a row a source and a column a target.",
            show_default=False,
        ),
    ] = None
    scratch: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="With --from: accuracies from scratch, as target,accuracy.",
            show_default=False,
        ),
    ] = None
    neighbours: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="With --from: a row a target, then its sources from the nearest on.",
            show_default=False,
        ),
    ] = None
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw the matrix and what follows from it, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None
    table: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Write a row a target, as CSV: scratch, worst, median, best, random, nearest.",
            show_default=False,
        ),
    ] = None
    claim: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="W/T/L",
            help="A paper's counts for the nearest source, to print beside, such as 71/0/14.",
            show_default=False,
        ),
    ] = None

    def check(self) -> None:
        """Raise an error, before the work, for what does not go together or cannot be written."""
        check_picture(self.plot, "--plot")
        check_file(self.table, "--table")
        if self.claim is not None:
            parts = self.claim.split("/")
            if len(parts) != 3 or not all(part.isdecimal() for part in parts):
                msg = f"--claim {self.claim}: three counts are expected, such as 71/0/14."
                raise OptionError(msg)

    def read(self) -> TransferMatrix | None:
        """Read the matrix that is named, if there is one."""
        from tszoo.transfer.matrix_csv import read_matrix

        if self.from_ is None:
            for name, place in (("--scratch", self.scratch), ("--neighbours", self.neighbours)):
                if place is not None:
                    msg = f"{name} {place}: goes with --from, which reads a matrix."
                    raise OptionError(msg)
            return None
        return read_matrix(self.from_, self.scratch, self.neighbours)

    def write(self, matrix: TransferMatrix) -> dict[str, str]:
        """Write what is asked for; give the places by their options' names."""
        places = {}
        if self.table is not None:
            from tszoo.transfer.matrix_csv import save_columns

            make_room(self.table, "--table")
            save_columns(matrix, self.table)
            places["table"] = str(self.table)
        if self.plot is not None:
            from tszoo.figures.transfer_matrix import plot_transfer_matrix

            make_room(self.plot, "--plot")
            plot_transfer_matrix(matrix, self.plot)
            places["plot"] = str(self.plot)
        return places


def transfer_matrix(
    *,
    asked: Asked,
    shown: Shown,
    training: Training,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Measure what every source is worth to every target, beside training without one.

    With --arch, sources are data sets, and a network learns each first; without it, they are
    models, by default all of the zoo. A row a run goes to results.csv in DIR: the same command goes
    on where it was ended. Test splits are read to report. No source serves a target that it has
    learnt.

    Example: tszoo transfer-matrix --targets BME,Beef --out worth --repeats 3 --plot worth.png
    Example: tszoo transfer-matrix --arch fcn --sources CBF,BME --targets CBF,BME --out fcn
    Example: tszoo transfer-matrix --from released.csv --scratch scratch.csv --plot released.png
    """
    shown.check()
    matrix = shown.read()
    if matrix is None:
        matrix = measured(asked, training, reading, zoo, output)
    else:
        asked.check_unused()
    places = shown.write(matrix)
    if output.as_json:
        print_json({**_document(matrix), "claim": shown.claim, **places})
        return
    _print(matrix, shown.claim)
    for place in places.values():
        typer.echo(f"wrote {place}")


def _document(matrix: TransferMatrix) -> dict[str, Any]:
    from tszoo.transfer.matrix_table import comparisons

    columns = {name: values.tolist() for name, values in matrix.columns().items()}
    pairs = [
        {"source": first, "against": second, **asdict(paired)}
        for (first, second), paired in comparisons(matrix).items()
    ]
    return {
        "targets": matrix.targets,
        "sources": matrix.sources,
        "accuracy": matrix.accuracy.tolist(),
        "by_target": columns,
        "by_rank": matrix.by_rank().tolist(),
        "comparisons": pairs,
    }


def _print(matrix: TransferMatrix, claim: str | None) -> None:
    from tszoo.transfer.matrix_table import comparisons

    rows: list[list[object]] = []
    for (first, second), paired in comparisons(matrix).items():
        counts = f"{paired.wins}/{paired.ties}/{paired.losses}"
        means = [f"{paired.mean:.4f}", f"{paired.other_mean:.4f}"]
        p = "–" if paired.p is None else f"{paired.p:.2g}"
        rows.append([first, second, paired.n, *means, counts, p])
    if not rows:
        typer.echo("nothing to compare: neither accuracies from scratch nor near sources are known")
    else:
        print_table(COLUMNS, rows, right=COLUMNS[2:])
    if claim is not None:
        typer.echo(f"claimed in the paper for the nearest source: {claim}")
