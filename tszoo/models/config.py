"""What a model is, apart from its weights.

Everything needed to rebuild it, and where it came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from tszoo.data.dataset import Dataset, Label
from tszoo.data.preprocess import Preprocessing
from tszoo.errors import ModelError
from tszoo.models.labels import label_type, labels_from_text
from tszoo.storage import checks
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CONFIG, FORMAT_VERSION
from tszoo.storage.strict_json import dump_json, parse_json, plain
from tszoo.text import printable, show

MOST_MEMBERS = 1_000
MOST_CHANNELS = 10_000
MOST_CLASSES = 100_000
MOST_LENGTH = 1_000_000
MOST_SERIES = 2**53


@dataclass(frozen=True)
class TrainedPart:
    """One of several data sets that a model was trained on at once.

    Attributes
    ----------
    dataset : str
        The data set's name.
    n_series, n_classes : int
    length : int
        Points of a training series (of the longest, if they differ).
    sha256 : str
        Digest of the content (``Dataset.sha256``).
    """

    dataset: str
    n_series: int
    n_classes: int
    length: int
    sha256: str

    def __post_init__(self) -> None:
        checks.name(self.dataset, "a part's dataset")
        checks.whole(self.n_series, "a part's n_series", 1, MOST_SERIES)
        checks.whole(self.n_classes, "a part's n_classes", 1, MOST_CLASSES)
        checks.whole(self.length, "a part's length", 1, MOST_LENGTH)
        checks.sha256(self.sha256, "a part's sha256")

    @classmethod
    def of(cls, dataset: Dataset) -> TrainedPart:
        """Describe a data set; characters of its name that do not print are replaced."""
        return cls(
            _shown(dataset), dataset.n_series, dataset.n_classes, dataset.length, dataset.sha256
        )


def parts_from_list(values: Any) -> tuple[TrainedPart, ...]:
    """Read the parts of a source that a file lists; ModelError for anything else."""
    if not isinstance(values, list):
        msg = f"parts must be a list, not {show(values)}."
        raise ModelError(msg)
    for one in values:
        checks.keys(one, {f.name for f in fields(TrainedPart)}, "a part")
    return tuple(TrainedPart(**one) for one in values)


@dataclass(frozen=True)
class TrainedOn:
    """The data that a model was trained on.

    Attributes
    ----------
    dataset : str
        The data set's name, or what several together are called.
    split : str or None
        ``"train"`` or ``"test"``; None when there is only one.
    n_series : int
    sha256 : str
        Digest of the content (``Dataset.sha256``); of several data sets, of their digests.
    parts : tuple of TrainedPart
        The data sets, if they are several: the model's first outputs stand for the first one's
        classes, and so on.
    """

    dataset: str
    split: str | None
    n_series: int
    sha256: str
    parts: tuple[TrainedPart, ...] = ()

    def __post_init__(self) -> None:
        checks.name(self.dataset, "source.dataset")
        if self.split is not None:
            checks.name(self.split, "source.split")
        checks.whole(self.n_series, "source.n_series", 1, MOST_SERIES)
        checks.sha256(self.sha256, "source.sha256")
        if not self.parts:
            return
        if len({part.dataset for part in self.parts}) != len(self.parts) or len(self.parts) < 2:
            msg = (
                "source.parts must be two data sets or more, of different names, not "
                f"{len(self.parts)} of them."
            )
            raise ModelError(msg)
        if sum(part.n_series for part in self.parts) != self.n_series:
            msg = (
                f"source.n_series is {self.n_series}, but its parts have "
                f"{sum(one.n_series for one in self.parts)}."
            )
            raise ModelError(msg)

    @classmethod
    def of(cls, dataset: Dataset) -> TrainedOn:
        """Describe a data set; characters of its name that do not print are replaced."""
        return cls(_shown(dataset), dataset.split, dataset.n_series, dataset.sha256)

    @classmethod
    def joint(cls, name: str, sets: Sequence[Dataset]) -> TrainedOn:
        """Describe the training splits of several data sets, which are called ``name`` together."""
        parts = tuple(TrainedPart.of(one) for one in sets)
        digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
        return cls(name, "train", sum(part.n_series for part in parts), digest, parts)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values; ``parts`` only where there are several."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "parts"}
        return {**values, "parts": [asdict(part) for part in self.parts]} if self.parts else values

    @classmethod
    def from_dict(cls, values: Any) -> TrainedOn:
        """Read what ``to_dict`` wrote; ModelError, naming the field, for anything else."""
        checks.keys(values, {f.name for f in fields(cls)}, "source", optional=frozenset({"parts"}))
        return cls(**{**values, "parts": parts_from_list(values.get("parts", []))})


def _shown(dataset: Dataset) -> str:
    return printable(dataset.name) or "unnamed"


@dataclass(frozen=True)
class Base:
    """The model that a model was fine-tuned from.

    Attributes
    ----------
    model : str
        Its name in a zoo, or its address on the Hub, ``hf://ORG/NAME``.
    revision : str or None
        Which of its versions, where it has versions: a commit of the Hub.
    """

    model: str
    revision: str | None = None

    def __post_init__(self) -> None:
        checks.name(self.model, "parent.model", most=1000)
        if self.revision is not None:
            checks.name(self.revision, "parent.revision")


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
        The labels, in the order of the network's outputs. A config that was read from a file has
        whole numbers, other numbers, truth values and text as they went in, and any other label as
        its text.
    n_channels : int
    length : int
        Points of a training series (of the longest, if they differ).
    preprocessing : Preprocessing
        Applied again at prediction.
    recipe : dict
        Every hyper-parameter of the training, and its seed.
    source : TrainedOn
    parent : Base or None
        None for a model that was trained from scratch.
    results : dict
        ``split``, ``n_series``, ``accuracy``, ``member_accuracy``, ``train_accuracy``,
        ``train_loss``, of a ridge head ``left_out_accuracy`` (of each training series by the fit to
        the others), for comparison ``published`` (``name``, ``accuracy``, ``url``), and of several
        data sets ``per_dataset``: by a part's name, ``accuracy`` and ``train_accuracy`` among its
        own classes. Each may be missing.
    training : dict
        ``epochs`` (one number a member), ``seconds``, ``device``, ``precision``, ``versions``,
        ``date``, ``stopped`` (why, by ``member K``), ``validation`` (``dataset``, ``split``,
        ``n_series`` of held-out series); each may be missing.
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
    recipe: dict[str, Any]
    source: TrainedOn
    parent: Base | None = None
    results: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        checks.version(self.format_version)
        checks.identifier(self.architecture, "architecture")
        checks.whole(self.members, "members", 1, MOST_MEMBERS)
        checks.whole(self.n_channels, "n_channels", 1, MOST_CHANNELS)
        checks.whole(self.length, "length", 1, MOST_LENGTH)
        labels = tuple(
            label.item() if isinstance(label, np.generic) else label for label in self.classes
        )
        object.__setattr__(self, "classes", labels)
        checks.class_names(self.class_names, MOST_CLASSES)
        if (
            self.source.parts
            and sum(part.n_classes for part in self.source.parts) != self.n_classes
        ):
            msg = (
                f"{self.n_classes} classes, but source.parts have "
                f"{sum(p.n_classes for p in self.source.parts)}."
            )
            raise ModelError(msg)
        for key in ("architecture_args", "recipe", "results", "training"):
            value = getattr(self, key)
            if not isinstance(value, dict):
                msg = f"{key} must be an object, not {show(value)}."
                raise ModelError(msg)
            object.__setattr__(self, key, plain(value, key))
        checks.results(self.results, self.members)
        checks.training(self.training, self.members)

    @property
    def name(self) -> str:
        """What the model is called in a zoo: architecture dot data set."""
        return f"{self.architecture}.{self.source.dataset}"

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes as text."""
        return tuple(str(label) for label in self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values, in the order of ``config.json``."""
        parent = self.parent
        return {
            "format_version": self.format_version,
            "architecture": self.architecture,
            "architecture_args": plain(self.architecture_args, "architecture_args"),
            "members": self.members,
            "classes": list(self.class_names),
            "label_type": label_type(self.classes),
            "n_channels": self.n_channels,
            "length": self.length,
            "preprocessing": self.preprocessing.to_dict(),
            "recipe": plain(self.recipe, "recipe"),
            "source": self.source.to_dict(),
            "parent": None
            if parent is None
            else {f.name: getattr(parent, f.name) for f in fields(Base)},
            "results": plain(self.results, "results"),
            "training": plain(self.training, "training"),
        }

    @classmethod
    def from_dict(cls, values: Any) -> ModelConfig:
        """Read what ``to_dict`` wrote; ModelError, naming the field, for anything else."""
        if not isinstance(values, dict):
            msg = f"a config must be an object, not {show(values)}."
            raise ModelError(msg)
        # first of all: a newer format may have other fields
        checks.version(values.get("format_version"))
        checks.keys(values, {f.name for f in fields(cls)} | {"label_type"}, "a config")
        values = dict(values)
        texts, kind = values["classes"], values.pop("label_type")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            msg = f"classes must be a list of text, not {show(texts)}."
            raise ModelError(msg)
        values["classes"] = labels_from_text(texts, kind)
        values["preprocessing"] = _preprocessing(values["preprocessing"])
        values["source"] = TrainedOn.from_dict(values["source"])
        if values["parent"] is not None:
            checks.keys(values["parent"], {f.name for f in fields(Base)}, "parent")
            values["parent"] = Base(**values["parent"])
        return cls(**values)

    def to_json(self) -> bytes:
        """Write the text of ``config.json``."""
        return dump_json(self.to_dict())

    @classmethod
    def from_json(cls, data: bytes) -> ModelConfig:
        """Read what ``to_json`` wrote; ModelError, naming the field, for anything else."""
        return cls.from_dict(parse_json(data))


def read_config(folder: Path) -> ModelConfig:
    """Read a model folder's ``config.json``.

    ModelError names the file and the field that is wrong.
    """
    data = read_checked(folder, CONFIG)
    try:
        return ModelConfig.from_json(data)
    except ModelError as error:
        msg = f"{folder / CONFIG}: {error}"
        raise ModelError(msg) from error


def _preprocessing(values: Any) -> Preprocessing:
    checks.keys(values, {f.name for f in fields(Preprocessing)}, "preprocessing")
    checks.truth(values["normalize"], "preprocessing.normalize")
    checks.truth(values["unequal"], "preprocessing.unequal")
    return Preprocessing.from_dict(values)
