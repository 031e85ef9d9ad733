"""``tszoo explain``: which points of a series speak for its class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli.explained import Explained, document_of, table_of
from tszoo.cli.options import WHAT, Data, Device, ModelName, Output, Reading, ZooOption
from tszoo.cli.output import counting, print_json, print_table
from tszoo.cli.places import check_file, check_picture, make_room
from tszoo.cli.reading import read_judged
from tszoo.errors import OptionError
from tszoo.text import printable

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.explanation.occlusion import Windows

# So many lines fit a screen; a picture has as many series as figures.explanation draws.
MOST_PRINTED, MOST_DRAWN = 20, 8
_DIGITS = 18  # no data set has so many series, and Python reads no number of thousands


@dataclass(frozen=True)
class Asked:
    """What is to be explained, and by which method."""

    panel: ClassVar[str] = WHAT

    method: Annotated[
        Literal["auto", "cam", "occlusion", "gradients"],
        typer.Option(
            metavar="NAME",
            help="cam (class activation maps), occlusion, gradients (integrated ones, by captum), "
            "or auto: cam where the model has it, else occlusion.",
            show_default=False,
        ),
    ] = "auto"
    series: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="N,N,…",
            help="Explain these series, counted from 0 as in the index of predict.",
            show_default=False,
        ),
    ] = None
    class_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--class",
            metavar="C",
            help="Explain this class. (default: each series' most probable one)",
            show_default=False,
        ),
    ] = None
    occlude: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="W",
            help="Hide W points at a time, for occlusion. (default: a tenth of a series)",
            show_default=False,
        ),
    ] = None
    occlude_step: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="S",
            help="Hide next what lies S points on. (default: half of --occlude)",
            show_default=False,
        ),
    ] = None

    def windows(self) -> Windows | None:
        """Return what is hidden at a time, if that is said."""
        if self.occlude is None and self.occlude_step is None:
            return None
        from tszoo.explanation.occlusion import Windows

        return Windows(self.occlude, self.occlude_step)

    def rows(self, dataset: Dataset, most: int) -> list[int]:
        """List the series to explain: those that are asked for, or the first ``most``."""
        if self.series is None:
            return list(range(min(dataset.n_series, most)))
        rows = []
        for number in self.series.split(","):
            is_number = number.strip().isdecimal() and len(number) < _DIGITS
            if not is_number:
                given = printable(self.series, 60)
                msg = f"--series {given}: numbers from 0 are expected, such as 3,17."
                raise OptionError(msg)
            rows.append(int(number))
        if max(rows) >= dataset.n_series:
            msg = f"--series {max(rows)}: {dataset.name} has series 0 to {dataset.n_series - 1}."
            raise OptionError(msg)
        return list(dict.fromkeys(rows))


@dataclass(frozen=True)
class Files:
    """What to write."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Write the relevance of every point, as .csv or .npz.",
            show_default=False,
        ),
    ] = None
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw series coloured by relevance, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None

    def check(self) -> None:
        """Raise an error, before the work, for files that cannot be written."""
        from tszoo.explanation.save import check_format

        if self.out is not None:
            check_format(self.out)
            check_file(self.out, "--out")
        check_picture(self.plot, "--plot")

    def most(self, dataset: Dataset) -> int:
        """Say how many series are explained where none are named."""
        if self.out is not None:
            return dataset.n_series
        if self.plot is not None:
            return MOST_DRAWN
        return MOST_PRINTED

    def write(self, explained: Explained) -> dict[str, str]:
        """Write what is asked for; give the places by their options' names."""
        places = {}
        if self.out is not None:
            make_room(self.out, "--out")
            explained.save(self.out)
            places["out"] = str(self.out)
        if self.plot is not None:
            make_room(self.plot, "--plot")
            explained.draw(self.plot)
            places["plot"] = str(self.plot)
        return places


def explain(
    model: ModelName,
    data: Data,
    *,
    asked: Asked,
    files: Files,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Say which points of a series speak for its class.

    A point's relevance is positive where it speaks for the class, negative where it speaks against
    it. Printed is the tenth of each series that speaks most for it. Without --series, the first 20
    series are printed, the first 8 drawn, and all written. Points and series count from 0. Of a
    folder with two splits, the test split is read.

    Example: tszoo explain my-model new.csv
    Example: tszoo explain my-model new.csv --series 3,17 --plot why.png
    Example: tszoo explain my-model new.csv --method occlusion --out relevance.csv
    """
    from tszoo.explanation.explain import explain as explained_by
    from tszoo.zoo.find import load_model

    files.check()
    windows = asked.windows()
    fitted = load_model(model, zoo)
    dataset = read_judged(fitted, data, reading, labels_wanted=False)
    rows = asked.rows(dataset, files.most(dataset))
    some = dataset.take(rows)
    with counting("series", quiet=output.is_silent) as progress:
        explanation = explained_by(
            fitted,
            some,
            method=asked.method,
            label=asked.class_,
            windows=windows,
            device=device,
            progress=progress,
        )
    explained = Explained(fitted, some, tuple(rows), explanation)
    places = files.write(explained)
    if output.as_json:
        print_json({"model": model, **document_of(explained, whole=files.out is None), **places})
        return
    for place in places.values():
        typer.echo(f"wrote {place}: {len(rows)} of {dataset.n_series} series")
    if not places:
        _print(explained, dataset.n_series)


def _print(explained: Explained, n_series: int) -> None:
    columns, rows = table_of(explained)
    right: Any = ("index", "probability")
    print_table(columns, rows, right=right)
    if len(rows) < n_series:
        typer.echo(f"{len(rows)} of {n_series} series; --series names others", err=True)
