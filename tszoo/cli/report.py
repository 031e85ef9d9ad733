"""``tszoo report``: a model in one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from tszoo.cli.options import Device, ModelName, Output, Reading, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file, make_room
from tszoo.cli.reading import read_judged


def report(
    model: ModelName,
    data: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="[DATA]",
            help="Labelled series to judge the model on: a file, a UCR folder, or a name.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Write the page here.", show_default=False)
    ],
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Write all that is known of a model into one HTML file, to mail or to print.

    With DATA: accuracy with its interval, confusion, reliability, and the worst errors, explained.
    The page loads nothing and runs nothing. Of a folder with two splits, the test split is read.

    Example: tszoo report my-model held-out.csv --out report.html
    """
    from tszoo.report.report import check_html, write_report
    from tszoo.transfer.plan_file import plan_of
    from tszoo.zoo.find import locate

    check_html(out)
    check_file(out, "--out")
    place = locate(model, zoo)
    fitted = place.load()
    plan = plan_of(place.folder, fitted.config)
    dataset = None
    if data is not None:
        dataset = read_judged(fitted, data, reading)
    make_room(out, "--out")
    with counting("series", quiet=output.is_silent) as progress:
        write_report(fitted, out, dataset, plan=plan, device=device, progress=progress)
    if output.as_json:
        judged_on = None if dataset is None else dataset.name
        print_json({"model": model, "data": judged_on, "out": str(out)})
        return
    typer.echo(f"wrote {out}")
