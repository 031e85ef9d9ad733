"""Files of a repository as of one commit, as the Hub's cache on this machine has them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.models.record import Base
from tszoo.storage.files import reason
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.cache import cached_commit, cached_file, discard, discard_partial
from tszoo.zoo.hub.records import difference, record_by_name
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
        model = str(replace(self.address, revision=None))
        return Place(self.folder, Base(model, self.address.revision))


def find_snapshot(address: Address, names: Sequence[str]) -> Snapshot | None:
    """Find files in the cache, and check them by their names there.

    None if one is missing, or was damaged. A damaged file is removed.
    """
    commit = cached_commit(address)
    if commit is None:
        return None
    folder = None
    all_whole = True
    for name in names:
        path = cached_file(address.repo, name, commit)
        if path is None:
            return None
        folder = path.parent
        all_whole = _check_cached(address, path) and all_whole
    if folder is None or not all_whole:
        return None
    return Snapshot(replace(address, revision=commit), folder)


def _check_cached(address: Address, path: Path) -> bool:
    """Whether a cached file is what its name in the cache says; removed if it is not."""
    record = record_by_name(path)
    if record is None:
        return True
    problem = difference(path, record)
    if problem is None:
        return True
    log.warning(
        "%s: %s in the cache has been altered (%s); it is removed.", address, path.name, problem
    )
    remove_file(address, path)
    return False


def remove_file(address: Address, path: Path) -> None:
    """Remove a damaged file from the cache; ZooError if it cannot be removed."""
    try:
        discard(path)
    except OSError as error:
        msg = f"{address}: {path} is damaged and cannot be removed ({reason(error)}). Delete it."
        raise ZooError(msg) from error


def remove_partial(address: Address, digest: str) -> None:
    """Remove from the cache what came of a file so far; ZooError if it cannot be removed."""
    try:
        discard_partial(address.repo, digest)
    except OSError as error:
        msg = (
            f"{address}: the cache cannot let go of {digest}.incomplete ({reason(error)}). Delete "
            "it."
        )
        raise ZooError(msg) from error
