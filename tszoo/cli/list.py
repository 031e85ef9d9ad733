"""``tszoo list``: what a zoo holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.options import Json, ZooOption, as_typed
from tszoo.cli.output import percent, print_json, print_table
from tszoo.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tszoo.zoo.entry import CatalogueEntry


def list_(
    *,
    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Only this architecture.",
            autocompletion=completion.architectures,
            show_default=False,
        ),
    ] = None,
    pattern: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--filter",
            metavar="GLOB",
            help="Only models whose name matches, such as '*Point*'.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="KIND",
            help="Only sources of this kind, such as ECG or image.",
            autocompletion=completion.kinds,
            show_default=False,
        ),
    ] = None,
    sort: Annotated[
        Optional[Literal["kind", "name", "accuracy", "length", "size"]],  # noqa: UP045
        typer.Option(
            metavar="ORDER",
            help="By kind, name, accuracy, length or size. (default: kind; name with --json)",
            show_default=False,
        ),
    ] = None,
    zoo: ZooOption = None,
    as_json: Json = False,
) -> None:
    """List the models of a zoo.

    Example: tszoo list
    Example: tszoo list --kind ECG --sort accuracy
    """
    from tszoo.zoo.find import list_models, open_zoo
    from tszoo.zoo.order import in_order, of_kind

    catalogue = open_zoo(zoo)
    entries = list_models(catalogue, arch, pattern)
    if kind is not None:
        entries = of_kind(entries, kind)
    order = sort or ("name" if as_json else "kind")
    entries = in_order(entries, order)
    if as_json:
        print_json({"zoo": catalogue.name, "models": [_fields(entry) for entry in entries]})
        return
    for broken in catalogue.broken:
        typer.echo(f"not usable: {one_line(broken.model)}: {one_line(broken.reason)}", err=True)
    if not entries:
        typer.echo(f"no model matches; the zoo {catalogue.name} holds {len(catalogue.models)}.")
        return
    _print_page(entries, grouped=order == "kind")
    first = entries[0].model
    shown = counted(len(entries), "model")
    typer.echo(f"{shown}. More about one: tszoo info {first}{as_typed(zoo=zoo)}")


def _print_page(entries: Sequence[CatalogueEntry], *, grouped: bool) -> None:
    """Print a line for each model, under its kind or with its kind beside it; 100 columns."""
    from tszoo.zoo.order import kind_of

    columns: dict[str, list[object]] = {
        "model": [entry.model for entry in entries],
        "kind": [kind_of(entry) for entry in entries],
        "classes": [entry.n_classes or "–" for entry in entries],
        "length": [entry.length for entry in entries],
        "channels": [entry.n_channels for entry in entries],
        "series": [entry.n_series for entry in entries],
        "members": [entry.members for entry in entries],
        "accuracy": [percent(entry.accuracy) for entry in entries],
        "MiB": [_mebibytes(entry.bytes) for entry in entries],
    }
    groups: list[str] = []
    gap = 1
    if grouped:
        groups = [str(kind) for kind in columns.pop("kind")]
        gap = 2
    if all(entry.n_channels == 1 for entry in entries):
        del columns["channels"]
    right = [name for name in columns if name not in ("model", "kind")]
    rows = list(zip(*columns.values(), strict=True))
    print_table(list(columns), rows, right=right, groups=groups, gap=gap)
    typer.echo()


def _mebibytes(n_bytes: int) -> str:
    mebibytes = n_bytes / 2**20
    digits = 1 if mebibytes >= 0.1 else 3
    return f"{mebibytes:.{digits}f}"


def _fields(entry: CatalogueEntry) -> dict[str, Any]:
    """Give an entry's fields, the revision only where there are revisions."""
    fields = asdict(entry)
    if entry.revision is None:
        del fields["revision"]
    return fields
