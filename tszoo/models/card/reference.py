"""What a card calls models.

Repositories of the Hub, and names that say nothing of the author's machine.
"""

from __future__ import annotations

import re

from tszoo.storage.hub_names import SCHEME, is_hub_name, is_hub_revision, slug

HUB_PAGES = "https://huggingface.co/"
LIBRARY_PAGE = HUB_PAGES + "models?library=tszoo"


def hub_repository(reference: str) -> str | None:
    """``ORG/NAME`` of ``hf://ORG/NAME``, with or without ``@REVISION``.

    None for what is no repository of the Hub.
    """
    return _parted(reference)[0]


def shown_model(reference: str) -> str:
    """A model's name without the way to it: no reader can follow a path of the author's machine."""
    repository = hub_repository(reference)
    last = re.split(r"[/\\]", reference.rstrip("/\\").split("@")[0])[-1]
    return repository or slug(last)


def shown_revision(reference: str, revision: str | None) -> str | None:
    """A model's revision, which stands by itself or in the reference."""
    return revision or _parted(reference)[1]


def title(name: str, reference: str) -> str:
    """What stands above a card: its repository's name on the Hub, else the model's ``name``."""
    repository = hub_repository(reference)
    if repository is None:
        return name
    return repository.split("/")[1]


def source_page(reference: str) -> str:
    """Where results come from.

    The model's own page, or that of all models of the library for one that has none.
    """
    repository = hub_repository(reference)
    if repository is None:
        return LIBRARY_PAGE
    return HUB_PAGES + repository


def _parted(reference: str) -> tuple[str | None, str | None]:
    """``ORG/NAME`` and the revision of a repository of the Hub; None for each that is not there."""
    where, at, revision = reference.partition("@")
    names = where.removeprefix(SCHEME).split("/")
    named = where.startswith(SCHEME) and len(names) == 2 and all(map(is_hub_name, names))
    if not named or (at and not is_hub_revision(revision)):
        return None, None
    return "/".join(names), revision or None
