"""``tszoo list`` and ``tszoo info``: what a zoo holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.markdown import print_markdown
from tszoo.cli.options import Json, ModelName, ZooOption, as_typed
from tszoo.cli.output import percent, print_json, print_table
from tszoo.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tszoo.zoo.entry import CatalogueEntry


def list_(
    *,
    zoo: ZooOption = None,
    arch: Annotated[
        str | None, typer.Option(help="Only this architecture.", show_default=False)
    ] = None,
    pattern: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--filter", metavar="GLOB", help="Only models whose name matches.", show_default=False
        ),
    ] = None,
    kind: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Only sources of this kind, such as ECG or image.", show_default=False),
    ] = None,
    sort: Annotated[
        Optional[Literal["kind", "name", "accuracy", "length", "size"]],  # noqa: UP045
        typer.Option(help="In which order. (default: kind; name with --json)", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the models of a zoo.

    Example: tszoo list --kind ECG --sort accuracy
    """
    from tszoo.zoo.find import list_models, open_zoo
    from tszoo.zoo.order import in_order, of_kind

    opened = open_zoo(zoo)
    entries = list_models(opened, arch, pattern)
    if kind is not None:
        entries = of_kind(entries, kind)
    order = sort or ("name" if as_json else "kind")
    entries = in_order(entries, order)
    if as_json:
        print_json({"zoo": opened.name, "models": [_fields(entry) for entry in entries]})
        return
    for one in opened.broken:
        typer.echo(f"not usable: {one_line(one.model)}: {one_line(one.reason)}", err=True)
    if not entries:
        typer.echo(f"no model matches; the zoo {opened.name} holds {len(opened)}.")
        return
    _print_page(entries, grouped=order == "kind")
    typer.echo(
        f"{len(entries)} models. More about one: tszoo info {entries[0].model}{as_typed(None, zoo)}"
    )


def _print_page(entries: Sequence[CatalogueEntry], *, grouped: bool) -> None:
    """Print a line a model, with what a person chooses by: under its kind, or beside it.

    Within 100 columns.
    """
    from tszoo.zoo.order import kind_of

    columns: dict[str, list[object]] = {
        "model": [e.model for e in entries],
        "kind": [kind_of(e) for e in entries],
        "classes": [e.n_classes for e in entries],
        "length": [e.length for e in entries],
        "channels": [e.n_channels for e in entries],
        "series": [e.n_series for e in entries],
        "members": [e.members for e in entries],
        "accuracy": [percent(e.accuracy) for e in entries],
        "MiB": [f"{e.bytes / 2**20:.{1 if e.bytes >= 2**20 / 10 else 3}f}" for e in entries],
    }
    groups = [str(kind) for kind in columns["kind"]] if grouped else []
    hidden = {"kind": grouped, "channels": all(e.n_channels == 1 for e in entries)}
    shown = {name: cells for name, cells in columns.items() if not hidden.get(name)}
    right = [name for name in shown if name not in ("model", "kind")]
    print_table(
        list(shown),
        list(zip(*shown.values(), strict=True)),
        right=right,
        groups=groups,
        gap=2 if grouped else 1,
    )
    typer.echo()


def _fields(entry: CatalogueEntry) -> dict[str, Any]:
    """Give an entry's fields; the revision only where there are revisions."""
    return {
        key: value for key, value in asdict(entry).items() if key != "revision" or value is not None
    }


def info(model: ModelName, *, zoo: ZooOption = None, as_json: Json = False) -> None:
    """Show one model: its card, config and provenance.

    Example: tszoo info inception.GunPoint
    """
    from tszoo.models.load import load_config, read_card
    from tszoo.zoo.find import locate

    place = locate(model, zoo)
    config = load_config(place.folder)
    if as_json:
        origin = {} if place.reference is None else {"origin": asdict(place.reference)}
        print_json(
            {"model": config.name, "folder": str(place.folder), **origin, **config.to_dict()}
        )
        return
    _, _, body = read_card(place.folder).removeprefix("---\n").partition("\n---\n")
    print_markdown(body)
