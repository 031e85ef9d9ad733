"""The tszoo models of an account without a catalogue of use: asked for one by one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.errors import TszooError
from tszoo.models.config import ModelConfig, read_config
from tszoo.models.prototypes import read_prototypes
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CONFIG, OPTIONAL_FILES, PROTOTYPES
from tszoo.zoo.contents import BrokenModel, Contents
from tszoo.zoo.entry import CatalogueEntry, describe
from tszoo.zoo.hub.address import CATALOGUE_NAME, Address
from tszoo.zoo.hub.client import LIBRARY, client, is_offline, patiently
from tszoo.zoo.hub.faults import MissingError, UnreachableError, explaining
from tszoo.zoo.hub.repository import Repository
from tszoo.zoo.place import Place

log = logging.getLogger(__name__)

MOST_MODELS = 2000
_AT_ONCE = 8


@dataclass(frozen=True)
class Account:
    """An account without a catalogue of use, whose models are asked for one by one."""

    address: Address

    @property
    def name(self) -> str:
        """The zoo's address."""
        return str(self.address)

    def fetch_model(self, entry: CatalogueEntry, *, whole: bool = False) -> Place:
        """Fetch a model at the commit that was found."""
        repository = self._repository(entry)
        if whole:
            return repository.fetch(optional=OPTIONAL_FILES).place
        return repository.fetch().place

    def fetch_packed(self) -> None:
        """Fetch nothing: prototypes come with their models."""

    def fetch_prototypes(self, entry: CatalogueEntry) -> Prototypes:
        """Fetch one source's prototypes."""
        return fetch_prototypes(self.address, entry)

    def _repository(self, entry: CatalogueEntry) -> Repository:
        return Repository(Address(self.address.owner, entry.model, entry.revision))


def fetch_prototypes(account: Address, entry: CatalogueEntry) -> Prototypes:
    """Fetch a source's prototypes from its own repository; ZooError or ModelError if that fails."""
    repository = Repository(Address(account.owner, entry.model, entry.revision))
    folder = repository.fetch((CONFIG, PROTOTYPES)).folder
    return read_prototypes(folder, read_config(folder))


def list_account(address: Address, problem: str = "has no catalogue") -> Contents:
    """Describe the models of an account from their repositories, with a warning in the log.

    Parameters
    ----------
    address : Address
    problem : str
        What the warning says of the account's catalogue.

    Raises
    ------
    ZooError
        If the account has no models, or cannot be asked.
    """
    if is_offline():
        msg = (
            f"{address}: its catalogue is not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        )
        raise UnreachableError(msg)
    contents = describe_account(address)
    n_models = len(contents.models) + len(contents.broken)
    if not n_models:
        msg = (
            f"{address}: no tszoo models in this account, or none that may be seen. Check the "
            "name; log in to see what is private: hf auth login, or HF_TOKEN."
        )
        raise MissingError(msg)
    log.warning(
        "%s %s, so each of its %d models was asked for; tszoo publish makes one.",
        address,
        problem,
        n_models,
    )
    return contents


def describe_account(address: Address, without: Container[str] = ()) -> Contents:
    """Describe the models of an account, but those of some names; there may be none.

    ZooError if the Hub cannot be asked.
    """
    names = [name for name in _model_names(address) if name not in without]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        described = list(pool.map(lambda name: _describe(address, name), names))
    entries = tuple(model for model in described if isinstance(model, CatalogueEntry))
    broken = tuple(model for model in described if isinstance(model, BrokenModel))
    return Contents(Path(), entries, broken, remote=Account(address))


def _model_names(address: Address) -> list[str]:
    """Ask for the names of an account's tszoo models, sorted."""
    beginning = f"{address.owner}/"
    with explaining(address):
        models = patiently(
            lambda: list(
                client().list_models(author=address.owner, filter=LIBRARY, limit=MOST_MODELS)
            )
        )
        repos = [model.id for model in models if model.id.startswith(beginning)]
    names = {repo.removeprefix(beginning) for repo in repos}
    return sorted(names - {CATALOGUE_NAME})


def _describe(account: Address, name: str) -> CatalogueEntry | BrokenModel:
    """Describe a model from its repository.

    A repository that holds no model is a broken model; a Hub that fails is an error.
    """
    try:
        address = Address(account.owner, name)
        record = Repository(address).record()
        record.check()
        pinned = Repository(replace(address, revision=record.commit))
        data = read_checked(pinned.fetch((CONFIG,)).folder, CONFIG)
        sizes = {path: file.size for path, file in record.files.items()}
        entry = describe(name, ModelConfig.from_json(data), hashlib.sha256(data).hexdigest(), sizes)
    except UnreachableError:
        raise
    except TszooError as error:
        return BrokenModel(name, str(error))
    return replace(entry, revision=record.commit)
