"""``tszoo datasets synthesize``: InceptionTime's synthetic problem, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tszoo.cli.options import Json
from tszoo.cli.output import print_json
from tszoo.cli.places import check_file, make_room
from tszoo.errors import DataError


def synthesize(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Put the two splits here.", show_default=False)
    ],
    series: Annotated[
        int,
        typer.Option(
            metavar="N", help="Make N series of each split. (default: 128)", show_default=False
        ),
    ] = 128,
    classes: Annotated[
        int,
        typer.Option(metavar="N", help="Of so many classes. (default: 2)", show_default=False),
    ] = 2,
    length: Annotated[
        int,
        typer.Option(metavar="N", help="Of so many points. (default: 256)", show_default=False),
    ] = 256,
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="The same seed, the same noise. (default: 0)",
            show_default=False,
        ),
    ] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Make up InceptionTime's synthetic problem: where a pattern lies tells the class.

    Series are noise from 0 to 0.1, with 1.0 added over a tenth of them. The folder's name is the
    data set's.

    Example: tszoo datasets synthesize --length 512 --classes 4 --out Four
    """
    from tszoo.data import save_dataset
    from tszoo.data.synthetic.inception_problem import positions

    name = out.absolute().name
    places = {split: out / f"{name}_{split}.csv" for split in ("TRAIN", "TEST")}
    for place in places.values():
        if place.exists() and not force:
            msg = f"{place}: already there. Pass --force to replace it."
            raise DataError(msg)
        check_file(place, "--out")
    # the test split has noise of its own
    made = {
        split: positions(series, classes, length, 2 * seed + k) for k, split in enumerate(places)
    }
    for split, place in places.items():
        make_room(place, "--out")
        save_dataset(made[split], place)
    if as_json:
        sizes = {"n_series": series, "n_classes": classes, "length": length, "seed": seed}
        print_json({"folder": str(out), "files": list(map(str, places.values())), **sizes})
        return
    typer.echo(f"{out}: {series} series of each split, {classes} classes, length {length}")
