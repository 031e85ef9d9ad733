"""Models whose files may be exchanged, because their configs record no digests."""

from __future__ import annotations

from pathlib import Path

from tszoo.models.load import load_config
from tszoo.storage.layout import CONFIG


def forget_digests(folder: Path) -> None:
    """Write a model's config as it was written before it recorded digests."""
    (folder / CONFIG).write_bytes(load_config(folder).to_json())
