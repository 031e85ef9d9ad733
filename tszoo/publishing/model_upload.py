"""The files of a model, compared with what its repository holds."""

from __future__ import annotations

from pathlib import Path

from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written, seal
from tszoo.models.load import read_card
from tszoo.models.model import Model
from tszoo.nets.network_config import READS_LESS
from tszoo.publishing import modeling
from tszoo.publishing.claims import check_card, check_license
from tszoo.publishing.options import Options
from tszoo.publishing.outgoing import Outgoing
from tszoo.publishing.upload import Upload, UploadPlan, card_on_hub, differs
from tszoo.storage.layout import CARD, CODE, CONFIG, PICTURE, PROTOTYPES, WEIGHTS
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.records import RepoRecord
from tszoo.zoo.hub.repository import Content, Repository


def plan_upload(outgoing: Outgoing, address: Address, options: Options) -> Upload:
    """Compare a model with its repository.

    Parameters
    ----------
    outgoing : Outgoing
    address : Address
    options : Options
        Of these, ``draw`` makes a picture of prototypes where neither the folder nor the repository
        has one of these, ``force`` replaces a card that somebody edited, and ``private`` says what
        a repository becomes that is made.

    Raises
    ------
    ModelError
        If a card, here or on the Hub, claims what the model does not reach, or names another
        licence than the options do.
    ZooError
        If the Hub cannot be asked.
    """
    record = Repository(address).find_record()
    contents = _contents(outgoing, address, record, options)
    plan = UploadPlan(address, record, options.private)
    for name, content in contents.items():
        state = plan.state_of(name, content)
        if name == CARD and state == "changed" and record is not None and not options.force:
            state = _state_of_edited(record, outgoing.model, options)
        plan.add(name, content, state)
    if PICTURE not in contents and not _shows(record, outgoing):
        plan.remove(PICTURE)  # it shows other prototypes, which may be private by now
    return plan.upload()


def _contents(
    outgoing: Outgoing, address: Address, record: RepoRecord | None, options: Options
) -> dict[str, Content]:
    """Collect the files that the repository should hold, by name."""
    model, picture = outgoing.model, outgoing.picture
    has_picture = _shows(record, outgoing)
    must_draw = picture is None and not has_picture and model.prototypes.series
    if must_draw and options.draw is not None:
        picture = options.draw(model.prototypes, model.config.name)
    text = _card(outgoing, address, options, has_picture=has_picture or picture is not None)
    contents: dict[str, Content] = {
        CONFIG: outgoing.config,
        WEIGHTS: outgoing.folder / WEIGHTS,
        PROTOTYPES: outgoing.prototypes,
        CARD: text.encode("utf-8"),
    }
    if picture is not None:
        contents[PICTURE] = picture
    reads_less = READS_LESS & model.config.architecture_args.keys()
    # the file computes logits of whole series, and a body without a head has none
    if not model.config.is_universal and not reads_less:
        contents[CODE] = Path(modeling.__file__)
    return contents


def _shows(record: RepoRecord | None, outgoing: Outgoing) -> bool:
    """Whether a repository has a picture of the prototypes that are to be sent."""
    if record is None or PICTURE not in record.files or not outgoing.model.prototypes.series:
        return False
    return not differs(outgoing.prototypes, record.files.get(PROTOTYPES))


def _card(outgoing: Outgoing, address: Address, options: Options, *, has_picture: bool) -> str:
    """Make the card of a repository.

    The folder's, where a person wrote in it, else one that names the repository.
    """
    model, text = outgoing.model, read_card(outgoing.folder)
    if is_as_written(text):
        return card(model.config, model.prototypes, str(address), picture=has_picture)
    where, advice = str(outgoing.folder / CARD), "Correct the card."
    check_card(text, model.config, where, advice)
    check_license(text, options.license, where, advice)
    return seal(text)


def _state_of_edited(record: RepoRecord, model: Model, options: Options) -> str:
    """Say what becomes of a card that differs: ``"kept"`` if a person wrote in the one on the Hub.

    ModelError if that one would be wrong about the model.
    """
    text = card_on_hub(record)
    if is_as_written(text):
        return "changed"
    where = f"{record.address}/{CARD}"
    advice = "Correct it there, or replace it with force=True."
    check_card(text, model.config, where, advice)
    check_license(text, options.license, where, advice)
    return "kept"
