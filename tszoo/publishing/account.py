"""The catalogue of an account: one small repository that answers for all its models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tszoo.models.card.frontmatter import front_matter
from tszoo.models.card.markdown import escaped
from tszoo.models.card.seal import is_as_written, seal
from tszoo.publishing.upload import Change, Content, Upload, differs, look, send
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import CARD, CATALOGUE
from tszoo.zoo.catalogue import encode_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.hub.address import Address
from tszoo.zoo.hub.client import ChangedError
from tszoo.zoo.hub.download import fetch_recorded
from tszoo.zoo.hub.zoo import open_catalogue

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
    message = (
        f"List {', '.join(sorted(described)) if len(described) < 4 else f'{len(described)} models'}"
    )
    for attempt in range(1, ATTEMPTS + 1):
        upload = plan_catalogue(owner, described, private=private, force=force)
        if not upload.is_needed:
            return upload, upload.head
        try:
            commit = send(upload, message)
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
    record = look(address)
    is_private = private if record is None else record.is_private
    entries: dict[str, CatalogueEntry] = {}
    prototypes: dict[str, Prototypes] = {}
    if record is not None and CATALOGUE in record.files:
        held = open_catalogue(Address(owner, None, record.commit))
        for entry in held.entries:
            entries[entry.model], prototypes[entry.model] = entry, held.prototypes(entry.model)
    for name, one in described.items():
        if one.is_private and not is_private:
            entries.pop(name, None)
        else:
            entries[name], prototypes[name] = one.entry, one.prototypes
    ordered = [entries[name] for name in sorted(entries)]
    files = encode_catalogue(ordered, prototypes)
    files[CARD] = _card(owner, ordered).encode("utf-8")
    had = {} if record is None else record.files
    changes: list[Change] = []
    contents: dict[str, Content] = {}
    for name, data in files.items():
        state = "new" if name not in had else "changed" if differs(data, had[name]) else "unchanged"
        if name == CARD and state == "changed" and record is not None and not force:
            held_card = fetch_recorded(record, CARD).read_bytes().decode("utf-8", "replace")
            state = state if is_as_written(held_card) else "kept"
        changes.append(Change(name, len(data), state))
        if state in ("new", "changed"):
            contents[name] = data
    return Upload(
        address, None if record is None else record.commit, tuple(changes), contents, is_private
    )


def _card(owner: str, entries: list[CatalogueEntry]) -> str:
    head = front_matter(
        {
            "library_name": "tszoo",
            "license": "apache-2.0",
            "tags": ["tszoo-catalogue", "time-series-classification"],
        }
    )
    rows = [
        f"| [{escaped(e.model)}](/{owner}/{e.model}) | {escaped(e.kind or '')} | {e.n_classes} | "
        f"{e.length} | {e.members} | {'' if e.accuracy is None else f'{e.accuracy:.4f}'} |"
        for e in entries
    ]
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
