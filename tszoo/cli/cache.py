"""Where the command line keeps what it would otherwise compute again."""

from __future__ import annotations

import os
from pathlib import Path


def probe_cache() -> Path | None:
    """Name the folder that results of probing are kept in; None for a user without a home.

    It is in the user's cache, as the XDG base directory specification says.
    """
    root = os.environ.get("XDG_CACHE_HOME")
    if root and Path(root).is_absolute():
        return Path(root) / "tszoo" / "probes"
    try:
        return Path.home() / ".cache" / "tszoo" / "probes"
    except RuntimeError:  # there is no home
        return None
