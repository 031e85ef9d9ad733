"""What the Hugging Face Hub lets things be called: the rules for its names and revisions, once."""

from __future__ import annotations

import re

SCHEME = "hf://"
MOST_CHARACTERS = 96

_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{MOST_CHARACTERS - 2}}}[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._/-]{0,198}[A-Za-z0-9_-])?")


def is_hub_name(text: object) -> bool:
    """Whether an account or a repository may be called so.

    Letters, digits, ``_``, single ``-`` and ``.``, at most 96.

    Two dashes or dots in a row, and a few endings, the Hub keeps for itself.
    """
    return (
        isinstance(text, str)
        and _NAME.fullmatch(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith((".git", ".ipynb"))
    )


def is_hub_revision(text: object) -> bool:
    """Whether a text may be a commit, a tag or a branch, and is safe as a part of a path."""
    return (
        isinstance(text, str)
        and _REVISION.fullmatch(text) is not None
        and not any(odd in text for odd in ("..", "//", "/."))
    )


def slug(text: str) -> str:
    """Make a text a name of the Hub.

    Other characters become dashes, and one without any that fits is ``unnamed``.
    """
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    words = re.sub(r"[.-]{2,}", "-", words).lstrip("-._")[:MOST_CHARACTERS].rstrip("-.")
    return re.sub(r"\.(git|ipynb)$", r"-\1", words) or "unnamed"
