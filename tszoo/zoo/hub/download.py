"""Models from the Hub.

Fetched into its cache, and refused unless every file is the one that the Hub has on record.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.models.record import Base
from tszoo.storage.files import reason
from tszoo.storage.layout import MODEL_FILES, MOST_BYTES
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.cache import cached_commit, cached_file, discard, discard_partial, remember
from tszoo.zoo.hub.client import (
    LIBRARY,
    TIMEOUT_SECONDS,
    IncompleteError,
    UnreachableError,
    client,
    explaining,
    is_offline,
    patiently,
)
from tszoo.zoo.hub.records import RepoRecord, difference, read_record, record_by_name
from tszoo.zoo.place import Place

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """Files of a repository as of one commit, on this machine.

    Attributes
    ----------
    address : Address
        With the commit as its revision.
    folder : Path
        Holds the files; it belongs to the Hub's cache.
    """

    address: Address
    folder: Path

    @property
    def place(self) -> Place:
        """The folder as a model's, with its address and commit."""
        return Place(
            self.folder, Base(str(replace(self.address, revision=None)), self.address.revision)
        )


def fetch(
    address: Address, names: Sequence[str] = MODEL_FILES, optional: Sequence[str] = ()
) -> Snapshot:
    """Fetch files of a repository, or find them in the cache.

    What is cached of a commit needs no request, unless optional files are wanted that are not; of a
    branch, one that asks for its newest commit. When the Hub cannot be reached, the newest that is
    cached is used, with a warning in the log.

    Parameters
    ----------
    address : Address
    names : sequence of str
        Files of the layout; all of them have to be there.
    optional : sequence of str
        Files of the layout that are fetched as well if they are there.

    Raises
    ------
    ZooError
        If there is no such repository, revision or file, the Hub cannot be reached and the files
        are not cached, one is larger than the layout allows, or is not what the Hub has on record;
        it is removed from the cache then.
    """
    if address.is_pinned or is_offline():
        found = held(address, names if is_offline() else [*names, *optional])
        if found is not None:
            return found
    if is_offline():
        msg = f"{address}: not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        raise UnreachableError(msg)
    try:
        return _fetch(address, names, optional)
    except UnreachableError as error:
        found = held(address, names)
        if found is None:
            raise
        log.warning("%s Using what is cached, commit %s.", error, found.address.revision)
        return found


def _fetch(address: Address, names: Sequence[str], optional: Sequence[str]) -> Snapshot:
    record = look_up(address)
    names = [*names, *(name for name in optional if name in record.files)]
    check_record(record, names)
    with ThreadPoolExecutor(len(names)) as pool:
        paths = list(pool.map(lambda name: fetch_recorded(record, name), names))
    with explaining(address):
        remember(address, record.commit)
    return Snapshot(replace(address, revision=record.commit), paths[0].parent)


def look_up(address: Address) -> RepoRecord:
    """Ask the Hub which commit an address stands for and what it holds; ZooError as ``fetch``."""
    with explaining(address):
        info = patiently(
            lambda: client().model_info(
                address.repo,
                revision=address.revision,
                files_metadata=True,
                timeout=TIMEOUT_SECONDS,
            )
        )
        return read_record(address, info)


def held(address: Address, names: Sequence[str]) -> Snapshot | None:
    """Find files in the cache, and check them by their names there.

    None if one is missing or was damaged.
    """
    commit = cached_commit(address)
    if commit is None:
        return None
    paths = [cached_file(address.repo, name, commit) for name in names]
    whole = True
    for path in paths:
        if path is None:
            return None
        record = record_by_name(path)
        found = None if record is None else difference(path, record)
        if found is not None:
            log.warning(
                "%s: %s in the cache has been altered (%s); it is removed.",
                address,
                path.name,
                found,
            )
            _discard(address, path)
            whole = False
    if not whole or paths[0] is None:
        return None
    return Snapshot(replace(address, revision=commit), paths[0].parent)


def check_record(record: RepoRecord, names: Sequence[str] = MODEL_FILES) -> None:
    """Raise ZooError if a repository lacks one of these files, or has one of a size that it may not have."""
    missing = [name for name in names if name not in record.files]
    if missing:
        msg = f"{record.address}: no tszoo model, {' and '.join(missing)} missing."
        raise ZooError(msg)
    for name in names:
        size = record.files[name].size
        if not 1 <= size <= MOST_BYTES[name]:
            msg = (
                f"{record.address}: {name} has {size} bytes; such a file has 1 to "
                f"{MOST_BYTES[name]}."
            )
            raise ZooError(msg)


def fetch_recorded(record: RepoRecord, name: str) -> Path:
    """Fetch one file of a repository that was looked up; ZooError as ``fetch``."""
    from huggingface_hub import hf_hub_download

    address = replace(record.address, revision=record.commit)
    try:
        with explaining(f"{record.address}, {name}"):
            path = Path(
                patiently(
                    lambda: hf_hub_download(
                        address.repo, name, revision=record.commit, library_name=LIBRARY
                    )
                )
            )
            found = difference(path, record.files[name])
    except (
        IncompleteError
    ):  # all that was sent is there, and it is something else: not to be gone on with
        _discard_partial(address, record.files[name].digest)
        raise
    if found is not None:
        _discard(address, path)
        msg = (
            f"{address}: {name} is not the file that the Hub has on record ({found}). It was "
            "removed; try again."
        )
        raise ZooError(msg)
    return path


def _discard(address: Address, path: Path) -> None:
    try:
        discard(path)
    except OSError as error:
        msg = f"{address}: {path} is damaged and cannot be removed ({reason(error)}). Delete it."
        raise ZooError(msg) from error


def _discard_partial(address: Address, digest: str) -> None:
    try:
        discard_partial(address.repo, digest)
    except OSError as error:
        msg = (
            f"{address}: the cache cannot let go of {digest}.incomplete ({reason(error)}). Delete "
            "it."
        )
        raise ZooError(msg) from error
