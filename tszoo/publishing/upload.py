"""An upload to one repository: what would be sent, and sending it in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tszoo.storage.layout import CARD
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.faults import ChangedError
from tszoo.zoo.hub.records import FileRecord, RepoRecord, difference, digest_of
from tszoo.zoo.hub.repository import Content, Repository


@dataclass(frozen=True)
class Change:
    """A file of a repository.

    Attributes
    ----------
    name : str
    size : int
        Bytes, as it would be.
    state : {"new", "changed", "unchanged", "kept", "removed"}
        A card is kept that somebody edited on the Hub.
    """

    name: str
    size: int
    state: str


@dataclass(frozen=True, eq=False)
class Upload:
    """What is to be done for one repository.

    Attributes
    ----------
    address : Address
    head : str or None
        Its newest commit; None if there is no such repository yet.
    changes : tuple of Change
    contents : dict
        Bytes, or the file, of all that is new or changed.
    is_private : bool
        As the repository is.
    removed : tuple of str
        Files that the repository is no longer to have.
    """

    address: Address
    head: str | None
    changes: tuple[Change, ...]
    contents: dict[str, Content]
    is_private: bool
    removed: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to send or to remove."""
        return bool(self.contents or self.removed)

    @property
    def n_bytes(self) -> int:
        """Bytes to send."""
        return sum(change.size for change in self.changes if change.name in self.contents)


class UploadPlan:
    """The files of an upload, collected one by one.

    Parameters
    ----------
    address : Address
    record : RepoRecord or None
        What the repository holds; None if there is none.
    private : bool
        What a repository that is made becomes.
    """

    def __init__(self, address: Address, record: RepoRecord | None, private: bool) -> None:
        self._address = address
        self._head: str | None = None
        self._files: Mapping[str, FileRecord] = {}
        self.is_private = private
        if record is not None:
            self._head, self._files = record.commit, record.files
            self.is_private = record.is_private
        self._changes: list[Change] = []
        self._contents: dict[str, Content] = {}
        self._removed: list[str] = []

    def state_of(self, name: str, content: Content) -> str:
        """Compare a file with the repository's: ``"new"``, ``"changed"`` or ``"unchanged"``."""
        if name not in self._files:
            return "new"
        if differs(content, self._files[name]):
            return "changed"
        return "unchanged"

    def add(self, name: str, content: Content, state: str) -> None:
        """Take a file into the upload; only new and changed ones are sent."""
        self._changes.append(Change(name, _size_of(content), state))
        if state in ("new", "changed"):
            self._contents[name] = content

    def remove(self, name: str) -> None:
        """Take a file away, if the repository has it."""
        if name in self._files:
            self._changes.append(Change(name, 0, "removed"))
            self._removed.append(name)

    def upload(self) -> Upload:
        """Return the upload of the files that were added."""
        return Upload(
            self._address,
            self._head,
            tuple(self._changes),
            self._contents,
            self.is_private,
            tuple(self._removed),
        )


def _size_of(content: Content) -> int:
    if isinstance(content, Path):
        return content.stat().st_size
    return len(content)


def send(upload: Upload, message: str) -> str:
    """Send an upload as one commit, and make the repository first where there is none.

    Returns
    -------
    str
        The commit.

    Raises
    ------
    ChangedError
        If the repository is not what it was when the upload was planned.
    ZooError
        If the Hub refuses or cannot be reached.
    """
    repository = Repository(upload.address)
    head = upload.head
    if head is None:
        made = repository.create(private=upload.is_private)
        if set(made.files) & set(upload.contents):
            msg = f"{upload.address}: somebody else wrote there meanwhile. Try again."
            raise ChangedError(msg)
        head = made.commit
    return repository.commit(upload.contents, message, head, upload.removed)


def card_on_hub(record: RepoRecord) -> str:
    """Fetch the card that a repository has."""
    path = Repository(record.address).fetch_file(record, CARD)
    return path.read_bytes().decode("utf-8", "replace")


def differs(content: Content, record: FileRecord | None) -> bool:
    """Whether a content is another than the Hub has on record.

    OSError if its file cannot be read.
    """
    if record is None:
        return True
    if isinstance(content, Path):
        return difference(content, record) is not None
    return len(content) != record.size or digest_of(content, record.digest) != record.digest
