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

    def of(self, entry: CatalogueEntry) -> Prototypes:
        """Return the prototypes of one source; it may have none, and a universal body never has."""
        if entry.is_universal:
            return Prototypes((), ())
        if self._packed is None:
            return self._read(entry)
        position = self._positions.get(entry.model)
        if position is None:
            return Prototypes((), ())
        return self._packed.source(position)

    def pool(self, entries: Sequence[CatalogueEntry]) -> PrototypePool:
        """Return the prototypes of several sources, in that order; those with none are left out."""
        if self._packed is None:
            sources = {entry.model: self.of(entry) for entry in entries}
            return PrototypePool.of({name: each for name, each in sources.items() if each.series})
        names = tuple(entry.model for entry in entries if entry.model in self._positions)
        if names == self._packed.names:
            return self._packed
        return self._packed.take([self._positions[name] for name in names])

    @cached_property
    def _positions(self) -> dict[str, int]:
        """Where sources stand in the packed file, by the model's name."""
        if self._packed is None:
            return {}
        return {name: i for i, name in enumerate(self._packed.names)}

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
        try:
            return map_packed(contents.root, contents.models, contents.packed_sha256)
        except ModelError as error:
            # for instance because the zoo has been written to since its entries were read
            problem = str(error).removesuffix(".")
            where = "the model folders"
            if contents.remote is not None:
                where = "the models themselves"
            log.warning("%s; reading prototypes from %s.", problem, where)
            return None
