"""All tszoo models of an account of the Hub, by its catalogue: one request to list them."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.errors import ModelError, ZooError
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES, OPTIONAL_FILES
from tszoo.zoo.catalogue import Catalogue, read_entries
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.client import MissingError
from tszoo.zoo.hub.download import Snapshot, fetch
from tszoo.zoo.hub.listing import list_account
from tszoo.zoo.hub.page import fetch_page
from tszoo.zoo.place import Place


@dataclass(frozen=True)
class HubZoo:
    """The source of a catalogue's models.

    Attributes
    ----------
    address : Address
        The account, as the user named it.
    catalogue : Address
        The catalogue's repository at the commit that was read.
    """

    address: Address
    catalogue: Address

    @property
    def name(self) -> str:
        """The zoo's address."""
        return str(self.address)

    def fetch_model(self, entry: CatalogueEntry, *, whole: bool = False) -> Place:
        """Fetch a model at the commit that the catalogue names."""
        address = Address(self.address.owner, entry.model, entry.revision)
        return fetch(address, optional=OPTIONAL_FILES if whole else ()).place

    def fetch_packed(self) -> None:
        """Fetch the prototypes of all models."""
        fetch_page(self.catalogue, CATALOGUE_PROTOTYPES)

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Fetch nothing: a catalogue has the prototypes of all its models."""
        msg = f"{self.address}: the catalogue lacks the prototypes of {entry.model}."
        raise ZooError(msg)


def open_hub_zoo(address: Address) -> Catalogue:
    """Open the zoo of an account.

    Its catalogue is one request, or none at a commit that is cached. An account without one is
    searched, model by model.

    Raises
    ------
    ZooError
        If the account cannot be read, has no models, or has a catalogue that is broken.
    """
    if address.name is not None:
        msg = f"{address}: a model, not a zoo; the zoo is hf://{address.owner}."
        raise ZooError(msg)
    try:
        snapshot = fetch_page(address, CATALOGUE)
    except MissingError:
        if address.revision is not None:  # only a catalogue has revisions
            raise
        return list_account(address)
    return _read(address, snapshot)


def open_catalogue(address: Address) -> Catalogue:
    """Open the catalogue of an account, as of a commit.

    ZooError if there is none, or it is broken.
    """
    return _read(address, fetch_page(address, CATALOGUE))


def _read(address: Address, snapshot: Snapshot) -> Catalogue:
    try:
        entries, packed_sha256 = read_entries(snapshot.folder)
    except ModelError as error:
        msg = f"{address}: the catalogue on the Hub cannot be used. {error}"
        raise ZooError(msg) from error
    remote = HubZoo(address, Address(address.owner, None, snapshot.address.revision))
    return Catalogue(snapshot.folder, entries, packed_sha256=packed_sha256, remote=remote)
