"""``tszoo list`` and ``tszoo info``: what a zoo holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli.markdown import print_markdown
from tszoo.cli.options import Json, ModelName, Zoo, as_typed
from tszoo.cli.output import human_size, percent, print_json, print_table
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.zoo.entry import CatalogueEntry


def list_(
    *,
    zoo: Zoo = None,
    arch: Annotated[Optional[str], typer.Option(help="Only this architecture.", show_default=False)] = None,  # noqa: UP045
    pattern: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--filter", metavar="GLOB", help="Only models whose name matches.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the models of a zoo.

    Example: tszoo list --filter '*ECG*'
    """
    from tszoo.zoo.find import list_models, open_zoo

    catalogue = open_zoo(zoo)
    entries = list_models(catalogue, arch, pattern)
    if as_json:
        print_json({"zoo": catalogue.name, "models": [_fields(entry) for entry in entries]})
        return
    for one in catalogue.broken:
        typer.echo(f"not usable: {one_line(one.model)}: {one_line(one.reason)}", err=True)
    if not entries:
        typer.echo(f"no model matches; the zoo {catalogue.name} holds {len(catalogue.entries)}.")
        return
    columns = ("model", "kind", "series", "length", "channels", "classes", "members", "accuracy", "size")
    rows = [
        (e.model, e.kind or "–", e.n_series, e.length, e.n_channels, e.n_classes, e.members, percent(e.accuracy),
         human_size(e.bytes))
        for e in entries
    ]  # fmt: skip
    print_table(columns, rows, right=columns[2:])
    typer.echo(f"{len(entries)} models. More about one: tszoo info {entries[0].model}{as_typed(None, zoo)}")


def _fields(entry: CatalogueEntry) -> dict[str, Any]:
    """Give an entry's fields; the revision only where there are revisions."""
    return {key: value for key, value in asdict(entry).items() if key != "revision" or value is not None}


def info(model: ModelName, *, zoo: Zoo = None, as_json: Json = False) -> None:
    """Show one model: its card, config and provenance.

    Example: tszoo info inception.GunPoint
    """
    from tszoo.models.folder import load_config, read_card
    from tszoo.zoo.find import locate

    place = locate(model, zoo)
    config = load_config(place.folder)
    if as_json:
        origin = {} if place.origin is None else {"origin": asdict(place.origin)}
        print_json({"model": config.name, "folder": str(place.folder), **origin, **config.to_dict()})
        return
    _, _, body = read_card(place.folder).removeprefix("---\n").partition("\n---\n")
    print_markdown(body)
