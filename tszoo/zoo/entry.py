"""What a catalogue says of one model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tszoo.data.ucr.table import facts_of
from tszoo.errors import ModelError, ZooError
from tszoo.models.config import ModelConfig
from tszoo.models.load import check_complete
from tszoo.models.record import TrainedPart, parts_from_list
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_CHANNELS, MOST_CLASSES, MOST_LENGTH, MOST_MEMBERS, MOST_SERIES
from tszoo.storage.files import read_checked, reason
from tszoo.storage.layout import CARD, CONFIG, MOST_BYTES, PROTOTYPES, WEIGHTS
from tszoo.zoo.names import check_name


@dataclass(frozen=True)
class CatalogueEntry:
    """One model of a zoo.

    Attributes
    ----------
    model : str
        The model's name: its folder in the zoo. Also called ``name``.
    architecture, dataset : str
    n_series : int
        Training series; 0 for made-up ones alone.
    n_classes : int
    classes : tuple of str
        The labels as text, in the order of the model's outputs; none of a universal body.
    length, n_channels, members : int
    accuracy : float or None
        On the source's test split; None for sources without one.
    bytes : int
        Size of the weights.
    sha256 : str
        Digest of the source's training data (``Dataset.sha256``).
    kind : str or None
        What the source measures, where that is known.
    config_sha256, prototypes_bytes : str, int
        What the model's files were when this was written: another digest or size means that the
        entry is stale.
    parts : tuple of TrainedPart
        The data sets of a model that was trained on several at once.
    revision : str or None
        The commit to take the model from, where it is kept on the Hub.
    """

    model: str
    architecture: str
    dataset: str
    n_series: int
    n_classes: int
    classes: tuple[str, ...]
    length: int
    n_channels: int
    members: int
    accuracy: float | None
    bytes: int
    sha256: str
    kind: str | None
    config_sha256: str
    prototypes_bytes: int
    parts: tuple[TrainedPart, ...] = ()
    revision: str | None = None

    def __post_init__(self) -> None:
        try:
            check_name(self.model)
        except ZooError as error:
            raise ModelError(str(error)) from error
        checks.identifier(self.architecture, "architecture")
        checks.name(self.dataset, "dataset")
        if self.classes:
            checks.class_names(self.classes, MOST_CLASSES)
        checks.whole(self.n_classes, "n_classes", len(self.classes), len(self.classes))
        checks.whole(self.n_series, "n_series", min(self.n_classes, 1), MOST_SERIES)
        checks.whole(self.length, "length", 1, MOST_LENGTH)
        checks.whole(self.n_channels, "n_channels", 1, MOST_CHANNELS)
        checks.whole(self.members, "members", 1, MOST_MEMBERS)
        checks.whole(self.bytes, "bytes", 1, MOST_BYTES[WEIGHTS])
        checks.whole(self.prototypes_bytes, "prototypes_bytes", 1, MOST_BYTES[PROTOTYPES])
        checks.sha256(self.sha256, "sha256")
        checks.sha256(self.config_sha256, "config_sha256")
        if self.accuracy is not None:
            checks.fraction(self.accuracy, "accuracy")
        if self.kind is not None:
            checks.name(self.kind, "kind")
        if self.revision is not None:
            checks.commit(self.revision, "revision")

    @property
    def is_universal(self) -> bool:
        """Whether the model is a body without a head, trained to be read on any data."""
        return not self.classes

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; ``parts`` and ``revision`` only where there are any."""
        values = asdict(self)
        values["classes"] = list(self.classes)
        values["parts"] = [asdict(part) for part in self.parts]
        for key in ("parts", "revision"):
            if not values[key]:
                del values[key]
        return values

    @classmethod
    def from_dict(cls, values: Any) -> CatalogueEntry:
        """Read what ``to_dict`` wrote; ModelError, naming the field, for anything else."""
        checks.keys(
            values,
            {f.name for f in fields(cls)},
            "an entry",
            optional=frozenset({"parts", "revision"}),
        )
        classes = values["classes"]
        if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
            msg = "classes must be a list of text."
            raise ModelError(msg)
        parts = parts_from_list(values.get("parts", []))
        return cls(**{**values, "classes": tuple(classes), "parts": parts})


def read_entry(folder: Path) -> CatalogueEntry:
    """Describe the model in a folder; ModelError names what is wrong with it.

    Weights are not read.
    """
    check_complete(folder)
    data = read_checked(folder, CONFIG)
    sizes = {name: _size(folder, name) for name in (WEIGHTS, PROTOTYPES, CARD)}
    try:
        return describe(
            folder.name, ModelConfig.from_json(data), hashlib.sha256(data).hexdigest(), sizes
        )
    except ModelError as error:
        msg = f"{folder / CONFIG}: {error}"
        raise ModelError(msg) from error


def _size(folder: Path, name: str) -> int:
    """Look up the size of a model's file; ModelError if it is empty, too large or none."""
    try:
        size = (folder / name).stat().st_size
    except OSError as error:
        msg = f"{folder / name}: cannot be read ({reason(error)})."
        raise ModelError(msg) from error
    if not 1 <= size <= MOST_BYTES[name]:
        msg = f"{folder / name}: {size} bytes; such a file has 1 to {MOST_BYTES[name]}."
        raise ModelError(msg)
    return size


def describe(
    model: str, config: ModelConfig, config_sha256: str, sizes: Mapping[str, int]
) -> CatalogueEntry:
    """Describe a model by its config and the sizes of its files.

    ModelError if its name cannot be one.
    """
    facts = facts_of(config.trained_on.dataset, config.length, config.n_classes)
    kind = None
    if facts is not None:
        kind = facts.kind
    return CatalogueEntry(
        model=model,
        architecture=config.architecture,
        dataset=config.trained_on.dataset,
        n_series=config.trained_on.n_series,
        n_classes=config.n_classes,
        classes=config.class_names,
        length=config.length,
        n_channels=config.n_channels,
        members=config.members,
        accuracy=config.results.accuracy,
        bytes=sizes[WEIGHTS],
        sha256=config.trained_on.sha256,
        kind=kind,
        config_sha256=config_sha256,
        prototypes_bytes=sizes[PROTOTYPES],
        parts=config.trained_on.parts,
    )


def is_fresh(entry: CatalogueEntry, folder: Path) -> bool:
    """Whether an entry still describes the model in a folder.

    Only the sizes of the files and the config's digest are compared.
    """
    try:
        return (
            not folder.is_symlink()
            and (folder / CARD).is_file()
            and (folder / WEIGHTS).stat().st_size == entry.bytes
            and (folder / PROTOTYPES).stat().st_size == entry.prototypes_bytes
            and hashlib.sha256(read_checked(folder, CONFIG)).hexdigest() == entry.config_sha256
        )
    except (OSError, ModelError):
        return False
