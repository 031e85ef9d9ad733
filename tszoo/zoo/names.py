"""The names of models in a zoo: also names of folders, so that none may lead anywhere else."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from tszoo.errors import ZooError
from tszoo.models.text import show

MOST_CHARACTERS = 96
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*(?<!\.)")


def is_name(text: str) -> bool:
    """Whether ``text`` may name a model: letters, digits, dots, dashes, underscores; no folder, no hidden file."""
    return len(text) <= MOST_CHARACTERS and _NAME.fullmatch(text) is not None


def check_name(text: str) -> str:
    """Return ``text``; ZooError if it may not name a model."""
    if not isinstance(text, str) or not is_name(text):
        msg = (
            f"{show(text)} cannot name a model: letters, digits, '_', '-' and single dots, beginning with a letter or "
            f"digit, at most {MOST_CHARACTERS}."
        )
        raise ZooError(msg)
    return text


def name_for(text: str) -> str:
    """Turn any text into a model's name, with ``_`` for what a name may not have."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text)
    name = re.sub(r"\.{2,}", ".", name).strip("._-")[:MOST_CHARACTERS].rstrip("._-")
    return check_name(name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which known names are meant, perhaps: a sentence, or nothing."""
    by_folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(by_folded[folded] for folded in close)}?" if close else ""
