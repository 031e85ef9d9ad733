"""All tszoo models of an account of the Hub, by its catalogue: one request to list them."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.errors import ModelError, ZooError
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import CATALOGUE, CATALOGUE_PROTOTYPES, OPTIONAL_FILES
from tszoo.zoo.catalogue import NewerCatalogueError, read_entries
from tszoo.zoo.contents import Contents
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.faults import MissingError, UnusableError
from tszoo.zoo.hub.listing import fetch_prototypes, list_account
from tszoo.zoo.hub.repository import Repository
from tszoo.zoo.hub.snapshot import Snapshot
from tszoo.zoo.place import Place


@dataclass(frozen=True)
class HubZoo:
    """The account that the models of a catalogue come from.

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
        repository = Repository(Address(self.address.owner, entry.model, entry.revision))
        if whole:
            return repository.fetch(optional=OPTIONAL_FILES).place
        return repository.fetch().place

    def fetch_packed(self) -> None:
        """Fetch the prototypes of all models."""
        Repository(self.catalogue).read(CATALOGUE_PROTOTYPES)

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Fetch one source's prototypes from its own repository: the catalogue's are broken."""
        return fetch_prototypes(self.address, entry)


def read_hub_zoo(address: Address) -> Contents:
    """Read what the zoo of an account holds.

    Its catalogue is one request, or none at a commit that is cached. An account without one, or
    with a broken one, is searched, model by model.

    Raises
    ------
    ZooError
        If the account cannot be read or has no models, or its catalogue of that revision is broken.
    """
    if address.name is not None:
        msg = f"{address}: a model, not a zoo; the zoo is hf://{address.owner}."
        raise ZooError(msg)
    try:
        snapshot = Repository(address).read(CATALOGUE)
    except MissingError:
        if address.revision is not None:  # only a catalogue has revisions
            raise
        return list_account(address)
    try:
        return _read(address, snapshot)
    except UnusableError as error:
        if address.revision is not None:
            raise
        problem = str(error).removeprefix(f"{address}: ").removesuffix(".")
        return list_account(address, f"({problem})")


def read_hub_catalogue(address: Address) -> Contents:
    """Read the catalogue of an account, as of a commit.

    ZooError if there is none, UnusableError if it is broken.
    """
    return _read(address, Repository(address).read(CATALOGUE))


def _read(address: Address, snapshot: Snapshot) -> Contents:
    try:
        entries, packed_sha256 = read_entries(snapshot.folder)
    except NewerCatalogueError as error:
        msg = f"{address}: the catalogue on the Hub cannot be used. {error}"
        raise ZooError(msg) from error
    except ModelError as error:
        msg = f"{address}: the catalogue on the Hub cannot be used. {error}"
        raise UnusableError(msg) from error
    remote = HubZoo(address, Address(address.owner, None, snapshot.address.revision))
    return Contents(snapshot.folder, entries, packed_sha256=packed_sha256, remote=remote)
