"""The tszoo models of an account that has no catalogue: asked for one by one."""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.errors import TszooError
from tszoo.models.config import ModelConfig, read_config
from tszoo.models.prototypes import read_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CONFIG, OPTIONAL_FILES, PROTOTYPES
from tszoo.zoo.catalogue import BrokenModel, Catalogue
from tszoo.zoo.entry import CatalogueEntry, describe
from tszoo.zoo.hub.address import CATALOGUE_NAME, Address
from tszoo.zoo.hub.client import (
    LIBRARY,
    MissingError,
    UnreachableError,
    client,
    explaining,
    is_offline,
    patiently,
)
from tszoo.zoo.hub.download import check_record, fetch, look_up
from tszoo.zoo.place import Place

log = logging.getLogger(__name__)

MOST_MODELS = 2000
_AT_ONCE = 8


@dataclass(frozen=True)
class Account:
    """The source of the models of an account without a catalogue."""

    address: Address

    @property
    def name(self) -> str:
        """The zoo's address."""
        return str(self.address)

    def fetch_model(self, entry: CatalogueEntry, *, whole: bool = False) -> Place:
        """Fetch a model at the commit that was found."""
        return fetch(self._of(entry), optional=OPTIONAL_FILES if whole else ()).place

    def fetch_packed(self) -> None:
        """Fetch nothing: prototypes come with their models."""

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Fetch one source's prototypes."""
        folder = fetch(self._of(entry), (CONFIG, PROTOTYPES)).folder
        return read_prototypes(folder, read_config(folder))

    def _of(self, entry: CatalogueEntry) -> Address:
        return Address(self.address.owner, entry.model, entry.revision)


def list_account(address: Address) -> Catalogue:
    """Describe the models of an account from their repositories.

    ZooError if it has none, or cannot be asked.
    """
    if is_offline():
        msg = (
            f"{address}: its catalogue is not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        )
        raise UnreachableError(msg)
    with explaining(address):
        found = patiently(
            lambda: list(
                client().list_models(author=address.owner, filter=LIBRARY, limit=MOST_MODELS)
            )
        )
        names = [
            one.id.partition("/")[2] for one in found if one.id.startswith(f"{address.owner}/")
        ]
    names = sorted(name for name in names if name != CATALOGUE_NAME)
    if not names:
        msg = (
            f"{address}: no tszoo models in this account, or none that may be seen. Check the "
            "name; log in to see "
        )
        raise MissingError(f"{msg}what is private: hf auth login, or HF_TOKEN.")
    log.warning(
        "%s has no catalogue, so each of its %d models is asked for; tszoo publish makes one.",
        address,
        len(names),
    )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        described = list(pool.map(lambda name: _describe(address, name), names))
    entries = tuple(one for one in described if isinstance(one, CatalogueEntry))
    broken = tuple(one for one in described if isinstance(one, BrokenModel))
    return Catalogue(Path(), entries, broken, remote=Account(address))


def _describe(account: Address, name: str) -> CatalogueEntry | BrokenModel:
    """Describe a model from its repository.

    One that is none is broken, but a Hub that fails is an error.
    """
    try:
        address = Address(account.owner, name)
        record = look_up(address)
        check_record(record)
        folder = fetch(replace(address, revision=record.commit), (CONFIG,)).folder
        data = read_checked(folder, CONFIG)
        sizes = {path: file.size for path, file in record.files.items()}
        entry = describe(name, ModelConfig.from_json(data), hashlib.sha256(data).hexdigest(), sizes)
    except UnreachableError:
        raise
    except TszooError as error:
        return BrokenModel(name, str(error))
    return replace(entry, revision=record.commit)
