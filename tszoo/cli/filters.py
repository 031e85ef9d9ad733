"""``tszoo filters``: what a network reads series with, and which data that suits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import typer

from tszoo.cli.options import WHAT, ModelName, Output, Reading, ZooOption
from tszoo.cli.output import counting, print_json, print_table
from tszoo.cli.places import check_file, check_picture, make_room
from tszoo.cli.reading import read_all

if TYPE_CHECKING:
    from tszoo.explanation.filters import FilterBank


@dataclass(frozen=True)
class Asked:
    """Whose filters, what they are shown, and what to write."""

    panel: ClassVar[str] = WHAT

    data: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--data",
            metavar="DATA",
            help="Say how strongly filters respond to this data set. Repeatable.",
            show_default=False,
        ),
    ] = None
    member: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Whose filters, from 0. (default: 0)", show_default=False
        ),
    ] = 0
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="Write each filter's responses, as CSV.", show_default=False
        ),
    ] = None
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw filters and responses, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None

    def check(self) -> None:
        """Raise an error, before the work, for files that cannot be written."""
        check_file(self.out, "--out")
        check_picture(self.plot, "--plot")

    def write(
        self, banks: Sequence[FilterBank], names: Sequence[str], model: str
    ) -> dict[str, str]:
        """Write what is asked for; give the places by their options' names."""
        places = {}
        if self.out is not None:
            from tszoo.explanation.filters_csv import save_filters_csv

            make_room(self.out, "--out")
            save_filters_csv(banks, names, self.out)
            places["out"] = str(self.out)
        if self.plot is not None:
            from tszoo.figures.filters import plot_filters

            make_room(self.plot, "--plot")
            plot_filters(banks, names, self.plot, title=f"First filters of {model}")
            places["plot"] = str(self.plot)
        return places


def filters(
    model: ModelName,
    *,
    asked: Asked,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Show the first layer's filters, and how strongly they respond to data.

    Filters that are alike stand side by side. A response is 1 where every stretch of the series has
    the filter's shape, and 0 where none has anything of it. Printed is how many filters respond at
    least 1.25 times as strongly as to white noise. Of a folder, the training split is read.

    Example: tszoo filters inception.universalA --plot filters.png
    Example: tszoo filters my-model --data my.csv --data other.csv --plot filters.png
    """
    from tszoo.explanation.filters import first_filters
    from tszoo.zoo.find import load_model

    asked.check()
    fitted = load_model(model, zoo)
    datasets = read_all(asked.data or (), reading)
    names = [dataset.name for dataset in datasets]
    with counting("data sets", quiet=output.is_silent) as progress:
        banks = first_filters(fitted, datasets, member=asked.member, progress=progress)
    places = asked.write(banks, names, model)
    if output.as_json:
        print_json({"model": model, "member": asked.member, **_document(banks, names), **places})
        return
    _print(banks, names)
    for place in places.values():
        typer.echo(f"wrote {place}")


def _document(banks: Sequence[FilterBank], names: Sequence[str]) -> dict[str, Any]:
    lengths = [
        {
            "length": bank.length,
            "noise": bank.chance,
            "filters": [
                {"number": number, "values": values, "responses": responses}
                for number, values, responses in zip(
                    bank.numbers.tolist(),
                    bank.filters.tolist(),
                    bank.responses.tolist(),
                    strict=True,
                )
            ],
        }
        for bank in banks
    ]
    return {"datasets": list(names), "lengths": lengths}


def _print(banks: Sequence[FilterBank], names: Sequence[str]) -> None:
    """Print how many filters respond to each data set, and how many to all, some, none of them."""
    heads = [f"{bank.length} points" for bank in banks]
    rows: list[list[object]] = [["filters", *(len(bank.filters) for bank in banks)]]
    if names:
        answered = [bank.answers.sum(axis=1) for bank in banks]
        rows.append(["respond to all data", *((count == len(names)).sum() for count in answered)])
        rows.append(["respond to none", *((count == 0).sum() for count in answered)])
    for k, name in enumerate(names):
        rows.append([name, *(bank.answers[:, k].sum() for bank in banks)])
    print_table(["", *heads], rows, right=heads)
