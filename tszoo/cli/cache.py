"""Where the command line keeps what it would otherwise compute again."""

from __future__ import annotations

import os
from pathlib import Path


def probe_cache() -> Path | None:
    """Name the folder of what probing found.

    In the user's cache (XDG base directory specification), or none.
    """
    root = os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(root) if root and Path(root).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # nobody's machine: no home
        return None
    return base / "tszoo" / "probes"
