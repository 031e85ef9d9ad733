"""The prototypes of a zoo's sources: from the packed file, or from the model folders."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property

from tszoo.errors import ModelError
from tszoo.models.load import load_prototypes
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.contents import Contents
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.packed import map_packed

log = logging.getLogger(__name__)


class StoredPrototypes:
    """The prototypes of all models of a zoo; nothing is read before the first use."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        with_classes = [entry for entry in contents.models if not entry.is_universal]
        self._positions = {entry.model: i for i, entry in enumerate(with_classes)}

    def of(self, entry: CatalogueEntry) -> Prototypes:
        """Return the prototypes of one source; a universal body has none."""
        if entry.is_universal:
            return Prototypes((), ())
        if self._packed is None:
            return self._read(entry)
        return self._packed.source(self._positions[entry.model])

    def pool(self, entries: Sequence[CatalogueEntry]) -> PrototypePool:
        """Return the prototypes of several sources, in that order; none may be universal."""
        if self._packed is None:
            return PrototypePool.of({entry.model: self._read(entry) for entry in entries})
        names = tuple(entry.model for entry in entries)
        if names == self._packed.names:
            return self._packed
        return self._packed.take([self._positions[name] for name in names])

    def _read(self, entry: CatalogueEntry) -> Prototypes:
        contents = self._contents
        if contents.remote is not None:
            return contents.remote.fetch_prototypes(entry)
        return load_prototypes(contents.root / entry.model)

    @cached_property
    def _packed(self) -> PrototypePool | None:
        contents = self._contents
        if contents.packed_sha256 is None:
            return None
        if contents.remote is not None:
            contents.remote.fetch_packed()
            return map_packed(contents.root, contents.models, contents.packed_sha256)
        try:
            return map_packed(contents.root, contents.models, contents.packed_sha256)
        except ModelError as error:
            # for instance because the zoo has been written to since its entries were read
            problem = str(error).removesuffix(".")
            log.warning("%s; reading prototypes from the model folders.", problem)
            return None
