"""A collection: the page of the Hub that shows a zoo's models together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from tszoo.errors import ZooError
from tszoo.zoo.hub.client import client, patiently
from tszoo.zoo.hub.faults import explaining

log = logging.getLogger(__name__)

TITLE = "tszoo models for time series classification"


def collect(owner: str, repos: Sequence[str], *, private: bool) -> str | None:
    """Put repositories into the account's collection of tszoo models; those that are in it stay.

    The models are published by then, so a Hub that has no collections, or does not let this token
    make one, is a warning in the log.

    Returns
    -------
    str or None
        The collection's page.
    """
    try:
        with explaining(f"hf://{owner}, collection"):
            hub = client()
            made = patiently(
                lambda: hub.create_collection(
                    TITLE, namespace=owner, private=private, exists_ok=True
                )
            )
            there = {
                item.item_id for item in patiently(lambda: hub.get_collection(made.slug)).items
            }
            for repo in repos:
                if repo not in there:
                    patiently(
                        partial(hub.add_collection_item, made.slug, repo, "model", exists_ok=True)
                    )
            return str(made.url)
    except ZooError as error:
        log.warning("no collection was made, everything else is published. %s", error)
        return None
