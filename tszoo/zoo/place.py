"""Where a model lies on this machine, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.models.load import load_folder
from tszoo.models.record import Base

if TYPE_CHECKING:
    from tszoo.models.model import Model


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

    def load(self, device: str = "cpu") -> Model:
        """Load the model, which keeps its address on the Hub.

        See `tszoo.models.load.load_folder` for what is raised.
        """
        return replace(load_folder(self.folder, device), reference=self.reference)
