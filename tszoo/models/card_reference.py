"""What a card calls models: repositories of the Hub, and names that say nothing of the author's machine."""

from __future__ import annotations

import re

HUB = "hf://"
HUB_PAGES = "https://huggingface.co/"
LIBRARY_PAGE = HUB_PAGES + "models?library=tszoo"

_REPOSITORY = re.compile(
    r"hf://(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})(?:@(?P<revision>[^@]+))?"
)


def hub_repository(reference: str) -> str | None:
    """``ORG/NAME`` of ``hf://ORG/NAME``, with or without ``@REVISION``; None for what is no repository of the Hub."""
    match = _REPOSITORY.fullmatch(reference)
    if match is None:
        return None
    owner, name = match["name"].split("/")
    reserved = any(two in match["name"] for two in ("--", "..")) or name.endswith((".git", ".ipynb"))
    return None if reserved or owner.endswith(("-", ".")) or name.endswith(("-", ".")) else match["name"]


def shown_model(reference: str) -> str:
    """A model's name without the way to it: no reader can follow a path of the author's machine."""
    repository = hub_repository(reference)
    last = re.split(r"[/\\]", reference.rstrip("/\\").split("@")[0])[-1]
    return repository or slug(last)


def shown_revision(reference: str, revision: str | None) -> str | None:
    """A model's revision, which stands by itself or in the reference."""
    match = _REPOSITORY.fullmatch(reference)
    return revision or (None if match is None else match["revision"])


def source_page(reference: str) -> str:
    """Where results come from: the model's own page, or that of all models of the library for one that has none."""
    repository = hub_repository(reference)
    return LIBRARY_PAGE if repository is None else HUB_PAGES + repository


def slug(text: str) -> str:
    """Text as an identifier of the Hub: letters, digits, ``_``, single ``-`` and ``.``, at most 96."""
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    words = re.sub(r"[.-]{2,}", "-", words).strip("-.")[:96].rstrip("-.")
    return re.sub(r"\.(git|ipynb)$", r"-\1", words) or "unnamed"
