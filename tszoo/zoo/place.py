"""Where a model lies on this machine, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tszoo.models.record import Base


@dataclass(frozen=True)
class Place:
    """A model's folder.

    Attributes
    ----------
    folder : Path
    reference : Base or None
        The model's address on the Hub and the commit, if it came from there.
    """

    folder: Path
    reference: Base | None = None
