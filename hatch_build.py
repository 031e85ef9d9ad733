"""README as a package page shows it: without links that lead nowhere from there.

Links of README are relative, as they have to be in a clone. They become absolute ones to the
address that ``[project.urls]`` calls Source. As long as there is none, their text stays.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)")


class PackagePage(MetadataHookInterface):
    """Makes the long description of the package from README."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the page into the package's metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {"content-type": "text/markdown", "text": package_page(text, source)}


def package_page(text: str, source: str | None) -> str:
    """Make relative links and pictures absolute, or plain text where there is no address for them.

    Parameters
    ----------
    text : str
        Markdown.
    source : str or None
        The address of the repository's page.
    """

    def absolute(match: re.Match[str]) -> str:
        is_picture, shown, path = match.groups()
        if source is not None:
            folder = {"!": "raw", "": "blob"}[is_picture]
            return f"{is_picture}[{shown}]({source.rstrip('/')}/{folder}/HEAD/{path})"
        if is_picture:
            return ""
        return shown

    return RELATIVE.sub(absolute, text)
