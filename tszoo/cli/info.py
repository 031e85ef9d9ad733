"""``tszoo info``: one model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tszoo.cli.markdown import print_markdown
from tszoo.cli.options import Json, ModelName, ZooOption
from tszoo.cli.output import print_facts, print_json


def info(model: ModelName, *, zoo: ZooOption = None, as_json: Json = False) -> None:
    """Show one model: what it learnt, what it reaches, and where it comes from.

    Example: tszoo info inception.GunPoint
    """
    from tszoo.models.card.training import network_rows
    from tszoo.models.load import load_config, read_card
    from tszoo.models.network_facts import network_facts
    from tszoo.zoo.find import locate

    place = locate(model, zoo)
    config = load_config(place.folder)
    if as_json:
        document: dict[str, Any] = {"model": config.name, "folder": str(place.folder)}
        if place.reference is not None:
            document["reference"] = asdict(place.reference)
        print_json(document | {"network": network_facts(config)._asdict()} | config.to_dict())
        return
    _, _, body = read_card(place.folder).removeprefix("---\n").partition("\n---\n")
    print_markdown(body)
    rows = network_rows(config)
    if not all(name in body for name in rows):  # a card of an older version, or edited
        print_facts(list(rows.items()))
