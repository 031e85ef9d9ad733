"""One model and its repository: what is there, what would be sent, and sending it in one commit."""

from __future__ import annotations

from collections.abc import Callable
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
from tszoo.zoo.hub.address import MAIN, Address
from tszoo.zoo.hub.client import ChangedError, MissingError, client, explaining, patiently
from tszoo.zoo.hub.download import fetch_recorded, look_up
from tszoo.zoo.hub.records import FileRecord, RepoRecord, difference, digest_of

Draw = Callable[[Prototypes, str], bytes]
Content = bytes | Path


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


def look(address: Address) -> RepoRecord | None:
    """Ask what a repository holds; None if there is none, or none that may be seen."""
    try:
        return look_up(address)
    except MissingError:
        return None


def plan_upload(
    folder: Path, model: Model, address: Address, draw: Draw, *, force: bool, private: bool
) -> Upload:
    """Compare a model's folder with its repository.

    Parameters
    ----------
    folder : Path
    model : Model
        Loaded from there, so that all its parts are known to agree.
    address : Address
    draw : callable
        Makes a picture of prototypes, where neither the folder nor the repository has one of these.
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
    record = look(address)
    files = {} if record is None else record.files
    contents: dict[str, Content] = {
        CONFIG: read_checked(folder, CONFIG),
        WEIGHTS: folder / WEIGHTS,
        PROTOTYPES: read_checked(folder, PROTOTYPES),
        CARD: _card(folder, model, address).encode("utf-8"),
    }
    if (folder / PICTURE).is_file():
        contents[PICTURE] = read_checked(folder, PICTURE)
    elif PICTURE not in files or differs(contents[PROTOTYPES], files.get(PROTOTYPES)):
        contents[PICTURE] = draw(model.prototypes, model.config.name)
    changes = []
    for name, content in list(contents.items()):
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        state = (
            "new"
            if name not in files
            else "changed"
            if differs(content, files[name])
            else "unchanged"
        )
        if (
            state == "changed"
            and name == CARD
            and record is not None
            and not force
            and _is_edited(record, model)
        ):
            state = "kept"
        changes.append(Change(name, size, state))
        if state in ("unchanged", "kept"):
            del contents[name]
    is_private = private if record is None else record.is_private
    return Upload(
        address, None if record is None else record.commit, tuple(changes), contents, is_private
    )


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
    from huggingface_hub import CommitOperationAdd

    address = upload.address
    with explaining(address):
        hub = client()
        head = upload.head
        if head is None:
            patiently(
                lambda: hub.create_repo(address.repo, private=upload.is_private, exist_ok=True)
            )
            made = look_up(address)
            if set(made.files) & set(upload.contents):
                msg = f"{address}: somebody else wrote there meanwhile. Try again."
                raise ChangedError(msg)
            head = made.commit
        operations = [
            CommitOperationAdd(name, str(content) if isinstance(content, Path) else content)
            for name, content in upload.contents.items()
        ]
        done = patiently(
            lambda: hub.create_commit(
                address.repo, operations, commit_message=message, revision=MAIN, parent_commit=head
            )
        )
    return str(done.oid)


def _card(folder: Path, model: Model, address: Address) -> str:
    """Make the card of a repository.

    The folder's, where a person wrote in it, else one that names the repository.
    """
    text = read_card(folder)
    if is_as_written(text):
        return card(model.config, model.prototypes, str(address), picture=True)
    check_card(text, model.config, str(folder / CARD), "Correct the card.")
    return seal(text)


def _is_edited(record: RepoRecord, model: Model) -> bool:
    """Whether the card on the Hub is one that a person wrote in.

    ModelError if it would be wrong about the model.
    """
    text = fetch_recorded(record, CARD).read_bytes().decode("utf-8", "replace")
    if is_as_written(text):
        return False
    check_card(
        text,
        model.config,
        f"{record.address}/{CARD}",
        "Correct it there, or replace it with --force.",
    )
    return True


def differs(content: Content, record: FileRecord | None) -> bool:
    """Whether a content is another than the Hub has on record.

    OSError if its file cannot be read.
    """
    if record is None:
        return True
    if isinstance(content, Path):
        return difference(content, record) is not None
    return len(content) != record.size or digest_of(content, record.digest) != record.digest
