"""What the Hugging Face Hub lets things be called: the rules for its names and revisions, once."""

from __future__ import annotations

import re
from collections.abc import Sequence

SCHEME = "hf://"
MOST_CHARACTERS = 96

_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{MOST_CHARACTERS - 2}}}[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._/-]{0,198}[A-Za-z0-9_-])?")


def is_hub_name(text: object) -> bool:
    """Tell whether an account or a repository of the Hub may have this name.

    A name has at most 96 letters, digits, ``_``, ``-`` and ``.``. The Hub does not allow two dashes
    or two dots in a row, nor the endings ``.git`` and ``.ipynb``.
    """
    return (
        isinstance(text, str)
        and _NAME.fullmatch(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith((".git", ".ipynb"))
    )


def is_hub_revision(text: object) -> bool:
    """Tell whether a text may be a commit, a tag or a branch, and is safe as a part of a path."""
    return (
        isinstance(text, str)
        and _REVISION.fullmatch(text) is not None
        and not any(pair in text for pair in ("..", "//", "/."))
    )


def slug(text: str) -> str:
    """Make a name of the Hub from a text.

    Characters that a name may not have become dashes. A text without a usable character becomes
    ``unnamed``.
    """
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    words = re.sub(r"[.-]{2,}", "-", words).lstrip("-._")[:MOST_CHARACTERS].rstrip("-.")
    return re.sub(r"\.(git|ipynb)$", r"-\1", words) or "unnamed"


def own_slugs(texts: Sequence[str]) -> list[str]:
    """Make a name of each text, in their order; what would be there twice gets its place behind."""
    names: list[str] = []
    for k, text in enumerate(texts, start=1):
        name = slug(text)
        names.append(f"{name}-{k}" if name in names else name)
    return names
