"""The names of models in a zoo: also names of folders and of the Hub's repositories, on any system.

None may lead anywhere else, be something else on Windows, or be one that the Hub refuses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from tszoo.errors import ZooError
from tszoo.models.text import show

MOST_CHARACTERS = 96
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_]|-(?!-)|\.(?!\.))*(?<![.-])")
# what Windows takes for a device, in any folder, whatever stands behind the first dot
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
_REPOSITORY = re.compile(r"(?i)\.git$")


def is_name(text: str) -> bool:
    """Whether ``text`` may name a model: letters, digits, dots, dashes, underscores; no folder, no hidden file."""
    if len(text) > MOST_CHARACTERS or _NAME.fullmatch(text) is None:
        return False
    return _DEVICE.match(text) is None and _REPOSITORY.search(text) is None


def check_name(text: str) -> str:
    """Return ``text``; ZooError if it may not name a model."""
    if not isinstance(text, str) or not is_name(text):
        msg = (
            f"{show(text)} cannot name a model: letters, digits, '_' and, between them, single '-' and '.', at most "
            f"{MOST_CHARACTERS}; not a device of Windows (con, nul, com1), not ending in .git."
        )
        raise ZooError(msg)
    return text


def name_for(text: str) -> str:
    """Turn any text into a model's name, with ``_`` for what a name may not have."""
    if is_name(text):
        return text
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text)
    name = re.sub(r"([.-])\1+", r"\1", name).strip("._-")
    name = _DEVICE.sub(r"\1_", name, count=1) if _DEVICE.match(name) else name
    return check_name(_REPOSITORY.sub("_git", name[:MOST_CHARACTERS].rstrip(".-")))


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which known names are meant, perhaps: a sentence, or nothing."""
    by_folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(by_folded[folded] for folded in close)}?" if close else ""
