"""``tszoo datasets``.

What is in an archive, one data set described, download, and conversion between formats.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Optional

import typer

from tszoo.cli.options import Archive, Data, Json, LabelColumn, Quiet, Split, Unequal
from tszoo.cli.output import human_size, print_facts, print_json, print_table
from tszoo.cli.places import check_file, make_room

app = typer.Typer(no_args_is_help=True, help="List, describe, download and convert data sets.")

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


@app.command("list")
def list_(*, archive: Archive = None, as_json: Json = False) -> None:
    """List the data sets in an archive.

    Example: tszoo datasets list --archive UCRArchive_2018
    """
    from tszoo.data.archive import list_archive

    folder = _required(archive, "--archive")
    entries = list_archive(folder)
    if as_json:
        sets = [
            {"name": entry.name, "splits": list(entry.splits), "bytes": entry.n_bytes}
            for entry in entries
        ]
        print_json({"archive": str(folder), "datasets": sets})
        return
    rows = [(entry.name, " + ".join(entry.splits), human_size(entry.n_bytes)) for entry in entries]
    print_table(("data set", "splits", "size"), rows, right=("size",))
    typer.echo(f"{len(entries)} data sets in {folder}")


@app.command("info")
def info(
    data: Data,
    *,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    as_json: Json = False,
) -> None:
    """Describe a data set: series, length, channels, classes, missing values.

    Example: tszoo datasets info GunPoint --archive UCRArchive_2018
    """
    from tszoo.data.archive import describe

    found = describe(data, archive=archive, label_column=label_column, unequal=unequal)
    if as_json:
        fields = asdict(found) | {"classes": [str(label) for label in found.classes]}
        print_json(fields | {"n_classes": len(found.classes)})
        return
    shown = ", ".join(str(label) for label in found.classes[:12]) + (
        ", …" if len(found.classes) > 12 else ""
    )
    facts = [
        ("data set", found.name),
        ("training series", found.n_train),
        ("test series", "no test split" if found.n_test is None else found.n_test),
        ("length", f"{found.shortest} to {found.length}" if found.unequal else found.length),
        ("channels", found.n_channels),
        ("classes", f"{len(found.classes)}: {shown}" if found.classes else "no labels"),
        ("missing values", found.n_missing),
    ]
    print_facts(facts)


@app.command("fetch")
def fetch(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Data sets of the UCR/UEA site.")
    ],
    *,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR", help="Where they go. (default: the archive)", show_default=False
        ),
    ] = None,
    archive: Archive = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Download data sets from the UCR/UEA site; each is checked before it is put in its place.

    Example: tszoo datasets fetch GunPoint Coffee --out UCRArchive_2018
    """
    from rich.console import Console

    from tszoo.data.archive import fetch as download

    folder = _required(archive if out is None else out, "--out")
    fetched = []
    for name in names:
        shown = sys.stderr.isatty() and not quiet
        with Console(stderr=True).status(f"downloading {name}") if shown else nullcontext():
            place = download(name, folder, overwrite=force)
        fetched.append({"name": name, "folder": str(place)})
        if not as_json:
            typer.echo(f"{name}: {place}")
    if as_json:
        print_json({"fetched": fetched})


@app.command("convert")
def convert(
    source: Data,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .csv, .tsv, .txt, .ts, .arff (each also .gz) or .npz file."
        ),
    ],
    *,
    split: Split = None,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a data set in another format, exactly.

    Values, labels, missing values, lengths, channels.

    Example: tszoo datasets convert GunPoint_TRAIN.tsv gunpoint.csv
    """
    from tszoo.data import load_dataset, save_dataset
    from tszoo.errors import DataError

    if target.exists() and not force:
        msg = f"{target}: already there. Pass --force to replace it."
        raise DataError(msg)
    check_file(target)
    dataset = load_dataset(
        source, split=split, label_column=label_column, unequal=unequal, archive=archive
    )
    make_room(target)
    save_dataset(dataset, target)
    shape = {
        "n_series": dataset.n_series,
        "n_channels": dataset.n_channels,
        "length": dataset.length,
    }
    if as_json:
        print_json({"source": dataset.provenance, "target": str(target), **shape})
        return
    channels = f", {dataset.n_channels} channels" if dataset.n_channels > 1 else ""
    typer.echo(f"{target}: {dataset.n_series} series of length {dataset.length}{channels}")


def _required(folder: Path | None, option: str) -> Path:
    from tszoo.errors import OptionError

    if folder is None:
        msg = f"no folder: pass {option} DIR, or set TSZOO_ARCHIVE."
        raise OptionError(msg)
    return folder
