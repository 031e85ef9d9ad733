"""The files of a model, compared with what its repository holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written, seal
from tszoo.models.load import read_card
from tszoo.models.model import Model
from tszoo.publishing.claims import check_card
from tszoo.publishing.upload import Upload, UploadPlan, card_on_hub, differs
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CARD, CONFIG, PICTURE, PROTOTYPES, WEIGHTS
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.records import RepoRecord
from tszoo.zoo.hub.repository import Content, Repository

Draw = Callable[[Prototypes, str], bytes]


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


def _card(folder: Path, model: Model, address: Address, *, has_picture: bool) -> str:
    """Make the card of a repository.

    The folder's, where a person wrote in it, else one that names the repository.
    """
    text = read_card(folder)
    if is_as_written(text):
        return card(model.config, model.prototypes, str(address), picture=has_picture)
    check_card(text, model.config, str(folder / CARD), "Correct the card.")
    return seal(text)


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
