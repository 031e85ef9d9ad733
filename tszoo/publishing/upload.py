"""One model and its repository: what is there, what would be sent, and sending it in one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written, seal
from tszoo.models.load import read_card
from tszoo.models.model import Model
from tszoo.publishing.claims import check_card
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CARD, CONFIG, PICTURE, PROTOTYPES, WEIGHTS
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.faults import ChangedError
from tszoo.zoo.hub.records import FileRecord, RepoRecord, difference, digest_of
from tszoo.zoo.hub.repository import Content, Repository

Draw = Callable[[Prototypes, str], bytes]


@dataclass(frozen=True)
class Change:
    """A file of a repository.

    Attributes
    ----------
    name : str
    size : int
        Bytes, as it would be.
    state : {"new", "changed", "unchanged", "kept"}
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
    """

    address: Address
    head: str | None
    changes: tuple[Change, ...]
    contents: dict[str, Content]
    is_private: bool

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.contents)

    @property
    def n_bytes(self) -> int:
        """Bytes to send."""
        return sum(change.size for change in self.changes if change.name in self.contents)


def plan_upload(
    folder: Path, model: Model, address: Address, draw: Draw | None, *, force: bool, private: bool
) -> Upload:
    """Compare a model's folder with its repository.

    Parameters
    ----------
    folder : Path
    model : Model
        Loaded from there, so that all its parts are known to agree.
    address : Address
    draw : callable or None
        Makes a picture of prototypes, where neither the folder nor the repository has one of
        these. None leaves the picture out then.
    force : bool
        Replace a card that somebody edited.
    private : bool
        What a repository that is made becomes.

    Raises
    ------
    ModelError
        If a card, here or on the Hub, claims what the model does not reach.
    ZooError
        If the Hub cannot be asked.
    """
    record = Repository(address).find_record()
    contents = _contents(folder, model, address, record, draw)
    plan = UploadPlan(address, record, private)
    for name, content in contents.items():
        state = plan.state_of(name, content)
        if name == CARD and state == "changed" and record is not None and not force:
            state = _state_of_edited(record, model)
        plan.add(name, content, state)
    return plan.upload()


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

    def upload(self) -> Upload:
        """Return the upload of the files that were added."""
        return Upload(
            self._address, self._head, tuple(self._changes), self._contents, self.is_private
        )


def _contents(
    folder: Path, model: Model, address: Address, record: RepoRecord | None, draw: Draw | None
) -> dict[str, Content]:
    """Collect the files that the repository should hold, by name."""
    prototypes = read_checked(folder, PROTOTYPES)
    picture: bytes | None = None
    has_picture = _shows(record, prototypes)
    if (folder / PICTURE).is_file():
        picture = read_checked(folder, PICTURE)
    elif not has_picture and draw is not None:
        picture = draw(model.prototypes, model.config.name)
    text = _card(folder, model, address, has_picture=has_picture or picture is not None)
    contents: dict[str, Content] = {
        CONFIG: read_checked(folder, CONFIG),
        WEIGHTS: folder / WEIGHTS,
        PROTOTYPES: prototypes,
        CARD: text.encode("utf-8"),
    }
    if picture is not None:
        contents[PICTURE] = picture
    return contents


def _shows(record: RepoRecord | None, prototypes: bytes) -> bool:
    """Whether a repository has a picture of these prototypes."""
    if record is None or PICTURE not in record.files:
        return False
    return not differs(prototypes, record.files.get(PROTOTYPES))


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
    return repository.commit(upload.contents, message, head)


def _card(folder: Path, model: Model, address: Address, *, has_picture: bool) -> str:
    """Make the card of a repository.

    The folder's, where a person wrote in it, else one that names the repository.
    """
    text = read_card(folder)
    if is_as_written(text):
        return card(model.config, model.prototypes, str(address), picture=has_picture)
    check_card(text, model.config, str(folder / CARD), "Correct the card.")
    return seal(text)


def card_on_hub(record: RepoRecord) -> str:
    """Fetch the card that a repository has."""
    path = Repository(record.address).fetch_file(record, CARD)
    return path.read_bytes().decode("utf-8", "replace")


def _state_of_edited(record: RepoRecord, model: Model) -> str:
    """Say what becomes of a card that differs: ``"kept"`` if a person wrote in the one on the Hub.

    ModelError if that one would be wrong about the model.
    """
    text = card_on_hub(record)
    if is_as_written(text):
        return "changed"
    check_card(
        text,
        model.config,
        f"{record.address}/{CARD}",
        "Correct it there, or replace it with force=True.",
    )
    return "kept"


def differs(content: Content, record: FileRecord | None) -> bool:
    """Whether a content is another than the Hub has on record.

    OSError if its file cannot be read.
    """
    if record is None:
        return True
    if isinstance(content, Path):
        return difference(content, record) is not None
    return len(content) != record.size or digest_of(content, record.digest) != record.digest
