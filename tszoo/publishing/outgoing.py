"""A model as it is to be published: under its licence, without series of its training data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.models.digests import file_digest
from tszoo.models.model import Model
from tszoo.models.prototypes import averages, write_prototypes
from tszoo.publishing.options import Options
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CARD, PICTURE, PROTOTYPES, WEIGHTS
from tszoo.zoo.entry import CatalogueEntry, describe


@dataclass(frozen=True, eq=False)
class Outgoing:
    """A model as it is to be published.

    Attributes
    ----------
    folder : Path
        Where it was loaded from; its weights are sent from there.
    model : Model
        With the licence and the prototypes that are sent.
    config, prototypes : bytes
        The contents of the two files.
    picture : bytes or None
        The folder's picture, if it shows these prototypes.
    n_withheld : int
        Prototypes that are not sent, because they would show training series.
    """

    folder: Path
    model: Model
    config: bytes
    prototypes: bytes
    picture: bytes | None
    n_withheld: int

    def entry(self, name: str) -> CatalogueEntry:
        """Describe the model for a catalogue, under the name that it is published by."""
        sizes = {path: (self.folder / path).stat().st_size for path in (WEIGHTS, CARD)}
        sizes[PROTOTYPES] = len(self.prototypes)
        digest = hashlib.sha256(self.config).hexdigest()
        return describe(name, self.model.config, digest, sizes)


def prepare(folder: Path, model: Model, options: Options) -> Outgoing:
    """Make of a model in a folder what may be sent of it.

    Parameters
    ----------
    folder : Path
    model : Model
        Loaded from there, so that all its parts are known to agree.
    options : Options
    """
    prototypes = read_checked(folder, PROTOTYPES)
    picture = None
    if (folder / PICTURE).is_file():
        picture = read_checked(folder, PICTURE)
    n_stored = len(model.prototypes.series)
    if not options.share_prototypes:
        model = replace(model, prototypes=averages(model.prototypes, model.config))
    n_withheld = n_stored - len(model.prototypes.series)
    if n_withheld:
        prototypes, picture = write_prototypes(model.prototypes), None
    if options.license is not None:
        model = replace(model, config=replace(model.config, license=options.license))
    digests = {
        WEIGHTS: file_digest(folder, WEIGHTS),
        PROTOTYPES: hashlib.sha256(prototypes).hexdigest(),
    }
    config = model.config.to_json(digests)
    return Outgoing(folder, model, config, prototypes, picture, n_withheld)
