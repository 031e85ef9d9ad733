"""``tszoo datasets``: list an archive, describe, download and convert data sets."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Optional

import typer

from tszoo.cli.options import Archive, Data, Json, Output, Reading, Table
from tszoo.cli.output import human_size, print_facts, print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.cli.reading import read_train
from tszoo.text import counted

MOST_CLASSES = 12

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


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
    typer.echo(f"{counted(len(entries), 'data set')} in {folder}")


def info(
    data: Data,
    *,
    archive: Archive = None,
    table: Table,
    as_json: Json = False,
) -> None:
    """Describe a data set: series, length, channels, classes, missing values.

    Example: tszoo datasets info GunPoint --archive UCRArchive_2018
    """
    from tszoo.data.archive import describe
    from tszoo.data.classes import told_alike

    described = describe(
        data,
        archive=archive,
        label_column=table.label_column,
        unequal=table.unequal,
        **table.options(),
    )
    classes = [str(label) for label in described.classes]
    if as_json:
        document = asdict(described) | {"classes": classes, "n_classes": len(classes)}
        print_json(document)
        return
    n_test, length = described.n_test, str(described.length)
    if described.unequal:
        length = f"{described.shortest} to {described.length}"
    facts = [
        ("data set", described.name),
        ("training series", described.n_train),
        ("test series", "no test split" if n_test is None else n_test),
        ("length", length),
        ("channels", described.n_channels),
        ("classes", _listed(classes)),
        ("missing values", described.n_missing),
    ]
    alike = told_alike(described.classes)
    if alike:
        facts.append(("perhaps one", alike))
    if described.marked:
        facts.append(("perhaps missing", described.marked))
    if described.n_copies:
        facts.append(("copies", f"{described.n_copies} training series are copies of others"))
    if described.n_known:
        facts.append(("known", f"{described.n_known} test series are copies of training series"))
    if described.read_as:
        facts.append(("read as", described.read_as))
    print_facts(facts)


def _listed(labels: list[str]) -> str:
    """Say how many classes there are, and name the first of them."""
    if not labels:
        return "no labels"
    names = ", ".join(labels[:MOST_CLASSES])
    if len(labels) > MOST_CLASSES:
        names += ", …"
    return f"{len(labels)}: {names}"


def fetch(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Data sets of the UCR/UEA site.")
    ],
    *,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR", help="Put them here. (default: the archive)", show_default=False
        ),
    ] = None,
    archive: Archive = None,
    force: Force = False,
    output: Output,
) -> None:
    """Download data sets from the UCR/UEA site. Each is checked before it is put in its place.

    Example: tszoo datasets fetch GunPoint Coffee --out UCRArchive_2018
    """
    from tszoo.data.archive import fetch as download

    folder = _required(out or archive, "--out")
    fetched = []
    for name in names:
        with _status(f"downloading {name}", output):
            place = download(name, folder, overwrite=force)
        fetched.append({"name": name, "folder": str(place)})
        if not output.as_json:
            typer.echo(f"{name}: {place}")
    if output.as_json:
        print_json({"fetched": fetched})


def _status(text: str, output: Output) -> AbstractContextManager[object]:
    """Show a text while something takes its time, where somebody would see it."""
    if output.is_silent or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)


def convert(
    source: Data,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .csv, .tsv, .txt, .ts, .arff (each also .gz) or .npz file."
        ),
    ],
    *,
    force: Force = False,
    reading: Reading,
    as_json: Json = False,
) -> None:
    """Write a data set in another format: the same values, labels, gaps, lengths and channels.

    Example: tszoo datasets convert GunPoint_TRAIN.tsv gunpoint.csv
    """
    from tszoo.data import save_dataset
    from tszoo.errors import DataError

    if target.exists() and not force:
        msg = f"{target}: already there. Pass --force to replace it."
        raise DataError(msg)
    check_file(target)
    dataset = read_train(source, reading)
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
    text = f"{target}: {dataset.n_series} series of length {dataset.length}"
    if dataset.n_channels > 1:
        text += f", {dataset.n_channels} channels"
    typer.echo(text)


def _required(folder: Path | None, option: str) -> Path:
    from tszoo.errors import OptionError

    if folder is None:
        msg = f"no folder: pass {option} DIR, or set TSZOO_ARCHIVE."
        raise OptionError(msg)
    return folder
