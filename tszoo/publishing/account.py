"""The catalogue of an account: one small repository that answers for all its models."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tszoo.errors import ModelError
from tszoo.models.card.frontmatter import front_matter
from tszoo.models.card.markdown import escaped
from tszoo.models.card.seal import is_as_written, seal
from tszoo.publishing.upload import Upload, UploadPlan, card_on_hub, send
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import CARD, CATALOGUE
from tszoo.zoo.catalogue import encode_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.faults import ChangedError, UnusableError
from tszoo.zoo.hub.listing import describe_account
from tszoo.zoo.hub.records import RepoRecord
from tszoo.zoo.hub.repository import Repository
from tszoo.zoo.hub.zoo import read_hub_catalogue
from tszoo.zoo.zoo import Zoo

log = logging.getLogger(__name__)

ATTEMPTS = 5


@dataclass(frozen=True, eq=False)
class Described:
    """A published model, as its account's catalogue has it."""

    entry: CatalogueEntry
    prototypes: Prototypes
    is_private: bool


def update_catalogue(
    owner: str, described: Mapping[str, Described], *, private: bool, force: bool = False
) -> tuple[Upload, str | None]:
    """Enter models into the catalogue of their account, beside those that it has.

    A catalogue that is made, or made anew because it was broken, lists all models of the account.
    Private models enter a private catalogue only. Two who write at once take turns.

    Parameters
    ----------
    owner : str
    described : mapping of str to Described
        By the models' names.
    private : bool
        What a catalogue that is made becomes.
    force : bool
        Replace its card where somebody edited it.

    Returns
    -------
    upload : Upload
        What was sent, if anything was.
    commit : str or None
        The catalogue's newest commit now.

    Raises
    ------
    ZooError
        If the catalogue cannot be read or written.
    """
    what = f"{len(described)} models"
    if len(described) <= 3:
        what = ", ".join(sorted(described))
    for attempt in range(1, ATTEMPTS + 1):
        upload = plan_catalogue(owner, described, private=private, force=force)
        if not upload.is_needed:
            return upload, upload.head
        try:
            commit = send(upload, f"List {what}")
        except ChangedError:
            if attempt == ATTEMPTS:
                raise
        else:
            return upload, commit
    raise AssertionError


def plan_catalogue(
    owner: str, described: Mapping[str, Described], *, private: bool, force: bool = False
) -> Upload:
    """Compare the catalogue that is there with the one that should be.

    Parameters and errors as above.
    """
    address = Address(owner)
    record = Repository(address).find_record()
    plan = UploadPlan(address, record, private)
    listed = _listed(owner, record, described, is_private=plan.is_private)
    for name, model in described.items():
        if model.is_private and not plan.is_private:
            listed.pop(name, None)
        else:
            listed[name] = (model.entry, model.prototypes)
    names = sorted(listed)
    entries = [listed[name][0] for name in names]
    files = encode_catalogue(entries, {name: listed[name][1] for name in names})
    files[CARD] = _card(owner, entries).encode("utf-8")
    for name, data in files.items():
        state = plan.state_of(name, data)
        if name == CARD and state == "changed" and record is not None and not force:
            state = _state_of_edited(record)
        plan.add(name, data, state)
    return plan.upload()


def _listed(
    owner: str, record: RepoRecord | None, described: Mapping[str, Described], *, is_private: bool
) -> dict[str, tuple[CatalogueEntry, Prototypes]]:
    """Find what the account has beside the models that are described, by the models' names.

    Its catalogue says it or, where there is none that can be used, each of its models does: a new
    catalogue must not hide them.
    """
    if record is not None and CATALOGUE in record.files:
        try:
            zoo = Zoo.of(read_hub_catalogue(Address(owner, None, record.commit)))
            return _with_prototypes(owner, zoo, list(zoo))
        except UnusableError as error:
            log.warning("%s It is made anew, from the account's models.", error)
    contents = describe_account(Address(owner), without=described)
    for model in contents.broken:
        log.warning("hf://%s/%s left out of the catalogue: %s", owner, model.model, model.reason)
    zoo = Zoo.of(contents)
    shown = [entry for entry in zoo if is_private or not _is_private(owner, entry)]
    return _with_prototypes(owner, zoo, shown)


def _with_prototypes(
    owner: str, zoo: Zoo, entries: Sequence[CatalogueEntry]
) -> dict[str, tuple[CatalogueEntry, Prototypes]]:
    """Read the prototypes of models; one whose are broken is left out, with a warning."""
    listed = {}
    for entry in entries:
        try:
            listed[entry.name] = entry, zoo.prototypes(entry.name)
        except ModelError as error:  # noqa: PERF203
            log.warning("hf://%s/%s left out of the catalogue: %s", owner, entry.name, error)
    return listed


def _is_private(owner: str, entry: CatalogueEntry) -> bool:
    return Repository(Address(owner, entry.name)).record().is_private


def _state_of_edited(record: RepoRecord) -> str:
    """Say what becomes of a card that differs: ``"kept"`` if a person wrote in the one there."""
    if is_as_written(card_on_hub(record)):
        return "changed"
    return "kept"


def _card(owner: str, entries: list[CatalogueEntry]) -> str:
    head = front_matter(
        {
            "library_name": "tszoo",
            "tags": ["tszoo-catalogue", "time-series-classification"],
        }
    )
    rows = [_row(owner, entry) for entry in entries]
    return seal(
        "\n".join(
            [
                head,
                "",
                f"# {escaped(owner)}: pretrained models for time series classification",
                "",
                "This repository lists them for tszoo, with a prototype of each of their classes, "
                "so that one request finds the sources nearest to your data:",
                "",
                "```bash",
                "pip install tszoo",
                f"tszoo list --zoo hf://{owner}",
                f"tszoo recommend my.csv --zoo hf://{owner}",
                "```",
                "",
                "| Model | Kind | Classes | Length | Members | Accuracy |",
                "|---|---|---|---|---|---|",
                *rows,
            ]
        )
    )


def _row(owner: str, entry: CatalogueEntry) -> str:
    accuracy = ""
    if entry.accuracy is not None:
        accuracy = f"{entry.accuracy:.4f}"
    name = escaped(entry.name)
    return (
        f"| [{name}](/{owner}/{entry.name}) | {escaped(entry.kind or '')} | {entry.n_classes} | "
        f"{entry.length} | {entry.members} | {accuracy} |"
    )
