"""What a zoo held when it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.place import Place


@dataclass(frozen=True)
class BrokenModel:
    """A model folder that cannot be used, and why."""

    model: str
    reason: str


class Remote(Protocol):
    """Where the models of a zoo on the Hub come from."""

    @property
    def name(self) -> str:
        """Return what users call the zoo."""

    def fetch_model(self, entry: CatalogueEntry, *, whole: bool = False) -> Place:
        """Bring a model to this machine; with ``whole``, bring the picture of its card too.

        ZooError if that fails.
        """

    def fetch_packed(self) -> None:
        """Bring ``catalogue.safetensors`` into the catalogue's folder; ZooError if that fails."""

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Bring one source's prototypes here; ZooError or ModelError if that fails."""


@dataclass(frozen=True)
class Contents:
    """The models of a zoo, and where they are.

    Attributes
    ----------
    root : Path
        The zoo's folder. For a zoo on the Hub, the folder where its catalogue is cached.
    models : tuple of CatalogueEntry
        Usable models, by name.
    broken : tuple of BrokenModel
        Folders that hold a config but no usable model. Their weights were not read.
    packed_sha256 : str or None
        Digest of the ``catalogue.safetensors`` that goes with these entries. None means that
        prototypes are read from the model folders.
    remote : Remote or None
        Where models come from; None if they lie in ``root``.
    """

    root: Path
    models: tuple[CatalogueEntry, ...] = ()
    broken: tuple[BrokenModel, ...] = ()
    packed_sha256: str | None = None
    remote: Remote | None = None
