"""The names of models in a zoo: also names of folders and of the Hub's repositories, on any system.

None may lead anywhere else, be something else on Windows, or be one that the Hub refuses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from tszoo.errors import ZooError
from tszoo.storage.hub_names import MOST_CHARACTERS, is_hub_name
from tszoo.text import show

# what Windows takes for a device, in any folder, whatever stands behind the first dot
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
# the Hub minds the case of these endings, folders of some systems do not
_RESERVED = re.compile(r"(?i)\.(git|ipynb)$")


def is_name(text: str) -> bool:
    """Whether ``text`` may name a model: letters, digits, dots, dashes, underscores.

    No folder, no hidden file.
    """
    return is_hub_name(text) and _DEVICE.match(text) is None and _RESERVED.search(text) is None


def check_name(text: str) -> str:
    """Return ``text``; ZooError if it may not name a model."""
    if not isinstance(text, str) or not is_name(text):
        msg = (
            f"{show(text)} cannot name a model: letters, digits, '_' and, between them, single '-' "
            f"and '.', at most {MOST_CHARACTERS}; not a device of Windows (con, nul, com1), not "
            "ending in .git or .ipynb."
        )
        raise ZooError(msg)
    return text


def name_for(text: str) -> str:
    """Turn any text into a model's name, with ``_`` for what a name may not have."""
    if is_name(text):
        return text
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text)
    name = re.sub(r"([.-])\1+", r"\1", name).strip("._-")
    if _DEVICE.match(name):
        name = _DEVICE.sub(r"\1_", name, count=1)
    return check_name(_RESERVED.sub(r"_\1", name[:MOST_CHARACTERS].rstrip(".-")))


def suggestion(name: str, names: Iterable[str]) -> str:
    """Say which of the names may be meant: a sentence that begins with a space, or nothing."""
    by_folded = {other.casefold(): other for other in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    if not close:
        return ""
    return f" Did you mean {' or '.join(by_folded[folded] for folded in close)}?"
