"""What a model is, apart from its weights.

All that is needed to rebuild it, and where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from tszoo.data.dataset import Label
from tszoo.data.preprocess import Preprocessing
from tszoo.data.table_reading import Like, TableReading
from tszoo.errors import ModelError
from tszoo.models import digests, version1
from tszoo.models.labels import label_type, labels_from_text
from tszoo.models.record import (
    Base,
    Calibration,
    ModelRecipe,
    Results,
    TrainedOn,
    TrainingRecord,
)
from tszoo.models.record.reading import reading_from_dict, reading_to_dict
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_CHANNELS, MOST_CLASSES, MOST_LENGTH, MOST_MEMBERS
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CONFIG, FORMAT_VERSION
from tszoo.storage.strict_json import dump_json, parse_json, plain
from tszoo.text import show

# what is read where there is such a thing
_READ_WHERE_PRESENT: dict[str, Callable[[Any], Any]] = {
    "base": Base.from_dict,
    "reading": reading_from_dict,
    "calibration": Calibration.from_dict,
}
# what a config has only where there is such a thing
_OPTIONAL = frozenset({"license", "reading", "calibration", digests.KEY})


@dataclass(frozen=True)
class ModelConfig:
    """Everything about a model but its weights and prototypes; what ``config.json`` holds.

    Attributes
    ----------
    architecture : str
        A name of the registry of networks, for instance ``"inception"``.
    architecture_args : dict
        The network's arguments, as JSON values.
    members : int
        How many networks the ensemble has.
    classes : tuple of hashables
        The labels, in the order of the network's outputs; none for a universal body, which has no
        head. A config that was read from a file has
        whole numbers, other numbers, truth values and text as they went in, and any other label as
        its text.
    n_channels : int
    length : int
        Points of a training series (of the longest, if they differ).
    preprocessing : Preprocessing
        Applied again at prediction.
    recipe : ModelRecipe
        How the members were made: every hyper-parameter and seed.
    trained_on : TrainedOn
        The data that the model has learnt.
    base : Base or None
        The model that it did start from; None for one that started from scratch.
    results : Results
        What it reaches.
    training : TrainingRecord
        How fitting it went.
    license : str or None
        What its author lets others do with it, as the Hub names licences (``"mit"``); None where
        nobody said.
    reading : TableReading or None
        How the table was read that the model has learnt; None where it was no table.
    calibration : Calibration or None
        How sure it may be; None where nobody has found that out.
    format_version : int

    Raises
    ------
    ModelError
        Naming the field and what was expected of it.
    """

    architecture: str
    architecture_args: dict[str, Any]
    members: int
    classes: tuple[Label, ...]
    n_channels: int
    length: int
    preprocessing: Preprocessing
    recipe: ModelRecipe
    trained_on: TrainedOn
    base: Base | None = None
    results: Results = field(default_factory=Results)
    training: TrainingRecord = field(default_factory=TrainingRecord)
    license: str | None = None
    reading: TableReading | None = None
    calibration: Calibration | None = None
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        checks.version(self.format_version)
        checks.identifier(self.architecture, "architecture")
        checks.whole(self.members, "members", 1, MOST_MEMBERS)
        checks.whole(self.n_channels, "n_channels", 1, MOST_CHANNELS)
        checks.whole(self.length, "length", 1, MOST_LENGTH)
        labels = tuple(_as_python(label) for label in self.classes)
        object.__setattr__(self, "classes", labels)
        self._check_classes()
        if self.license is not None:
            checks.license_id(self.license, "license")
        checks.mapped(self.architecture_args, "architecture_args")
        arguments = plain(self.architecture_args, "architecture_args")
        object.__setattr__(self, "architecture_args", arguments)
        self.recipe.check_members(self.members)
        self.recipe.check_classes(self.n_classes)
        self.results.check_members(self.members)
        self.training.check_members(self.members)

    def _check_classes(self) -> None:
        """Raise ModelError unless the classes are those of the data, or none without a head."""
        if self.is_universal:
            if self.classes:
                msg = f"a universal body has no head, so no classes, not {self.n_classes}."
                raise ModelError(msg)
            return
        checks.class_names(self.class_names, MOST_CLASSES)
        if self.trained_on.n_series == 0:
            msg = "trained_on.n_series must be 1 or more, not 0."
            raise ModelError(msg)
        parts = self.trained_on.parts
        n_classes = sum(part.n_classes for part in parts)
        if parts and n_classes != self.n_classes:
            msg = f"{self.n_classes} classes, but trained_on.parts have {n_classes}."
            raise ModelError(msg)
        if len(parts) == 1:
            msg = "trained_on.parts must be two data sets or more, not 1 of them."
            raise ModelError(msg)

    @property
    def is_universal(self) -> bool:
        """Whether the model is a body without a head, trained in episodes to be read by one."""
        return self.recipe.episodic is not None

    @property
    def like(self) -> Like:
        """What a file of such series is to be read like: ``load_dataset(..., like=...)``."""
        n_values = None
        if not self.preprocessing.unequal:
            n_values = self.n_channels * self.length
        return Like(self.reading, n_values)

    @property
    def name(self) -> str:
        """What the model is called in a zoo: architecture dot data set."""
        return f"{self.architecture}.{self.trained_on.dataset}"

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes as text."""
        return tuple(str(label) for label in self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values, in the order of ``config.json``.

        ``license``, ``reading`` and ``calibration`` stand there only where there is one.
        """
        values = {
            "format_version": self.format_version,
            "architecture": self.architecture,
            "architecture_args": plain(self.architecture_args, "architecture_args"),
            "members": self.members,
            "classes": list(self.class_names),
            "label_type": label_type(self.classes),
            "n_channels": self.n_channels,
            "length": self.length,
            "preprocessing": self.preprocessing.to_dict(),
            "recipe": self.recipe.to_dict(),
            "trained_on": self.trained_on.to_dict(),
            "base": self.base and asdict(self.base),
            "results": self.results.to_dict(),
            "training": self.training.to_dict(),
        }
        if self.license is not None:
            values["license"] = self.license
        if self.reading is not None:
            values["reading"] = reading_to_dict(self.reading)
        if self.calibration is not None:
            values["calibration"] = self.calibration.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Any) -> ModelConfig:
        """Read what ``to_dict`` wrote, or a config of version 1.

        Raises
        ------
        ModelError
            Naming the field, for anything else.
        """
        checks.mapped(values, "a config")
        if (
            values.get("format_version") == version1.VERSION
            and values["format_version"] is not True
        ):
            values = version1.upgraded(values)
        # first of all: a newer format may have other fields
        checks.version(values.get("format_version"))
        expected = {f.name for f in fields(cls)} | {"label_type"}
        checks.keys(values, expected, "a config", _OPTIONAL)
        values = dict(values)
        if digests.KEY in values:
            digests.check_recorded(values.pop(digests.KEY))
        texts, kind = values["classes"], values.pop("label_type")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            msg = f"classes must be a list of text, not {show(texts)}."
            raise ModelError(msg)
        values["classes"] = labels_from_text(texts, kind)
        values["preprocessing"] = _preprocessing(values["preprocessing"])
        values["recipe"] = ModelRecipe.from_dict(values["recipe"])
        values["trained_on"] = TrainedOn.from_dict(values["trained_on"])
        values["results"] = Results.from_dict(values["results"])
        values["training"] = TrainingRecord.from_dict(values["training"])
        for name, read in _READ_WHERE_PRESENT.items():
            if values.get(name) is not None:
                values[name] = read(values[name])
        return cls(**values)

    def to_json(self, sha256: Mapping[str, str] | None = None) -> bytes:
        """Write the text of ``config.json``, with the digests of the files beside it if given."""
        values = self.to_dict()
        if sha256:
            values[digests.KEY] = dict(sha256)
        return dump_json(values)

    @classmethod
    def from_json(cls, data: bytes) -> ModelConfig:
        """Read what ``to_json`` wrote; raise ModelError, naming the field, for anything else."""
        return cls.from_dict(parse_json(data))


def read_config(folder: Path) -> ModelConfig:
    """Read a model folder's ``config.json``.

    Raises
    ------
    ModelError
        Naming the file and the field that is wrong.
    """
    data = read_checked(folder, CONFIG)
    try:
        return ModelConfig.from_json(data)
    except ModelError as error:
        msg = f"{folder / CONFIG}: {error}"
        raise ModelError(msg) from error


def _as_python(label: Label) -> Label:
    """Return a label of NumPy's as Python's own."""
    if isinstance(label, np.generic):
        return label.item()  # type: ignore[no-any-return]
    return label


def _preprocessing(values: Any) -> Preprocessing:
    checks.keys(values, {f.name for f in fields(Preprocessing)}, "preprocessing")
    checks.truth(values["normalize"], "preprocessing.normalize")
    checks.truth(values["unequal"], "preprocessing.unequal")
    return Preprocessing.from_dict(values)
