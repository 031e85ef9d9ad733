"""What a model has learnt: one data set, or several."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_CLASSES, MOST_LENGTH, MOST_SERIES
from tszoo.text import printable, show

_OPTIONAL = ("parts", "class_series")


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
    """Read a list of parts from a file; raise ModelError for anything else."""
    if not isinstance(values, list):
        msg = f"parts must be a list, not {show(values)}."
        raise ModelError(msg)
    for part in values:
        checks.keys(part, {f.name for f in fields(TrainedPart)}, "a part")
    return tuple(TrainedPart(**part) for part in values)


@dataclass(frozen=True)
class TrainedOn:
    """The data that a model has learnt.

    Attributes
    ----------
    dataset : str
        The data set's name, or what several together are called.
    split : str or None
        ``"train"`` or ``"test"``; None when there is only one.
    n_series : int
        0 for made-up series alone, which are new at every step.
    sha256 : str
        Digest of the content (``Dataset.sha256``); of several data sets, of their digests.
    parts : tuple of TrainedPart
        The data sets, if they are several. The model's first outputs stand for the first one's
        classes, and so on.
    class_series : tuple of int
        Training series of each class, in the order of the model's classes. None of a universal
        body, nor of a model that was written before they were counted.
    """

    dataset: str
    split: str | None
    n_series: int
    sha256: str
    parts: tuple[TrainedPart, ...] = ()
    class_series: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks.name(self.dataset, "trained_on.dataset")
        if self.split is not None:
            checks.name(self.split, "trained_on.split")
        checks.whole(self.n_series, "trained_on.n_series", 0, MOST_SERIES)
        checks.sha256(self.sha256, "trained_on.sha256")
        self._check_class_series()
        if not self.parts:
            return
        n_names = len({part.dataset for part in self.parts})
        if n_names != len(self.parts):
            msg = "trained_on.parts must be data sets of different names."
            raise ModelError(msg)
        n_series = sum(part.n_series for part in self.parts)
        if n_series != self.n_series:
            msg = f"trained_on.n_series is {self.n_series}, but its parts have {n_series}."
            raise ModelError(msg)

    def holds(self, sha256: str) -> bool:
        """Tell whether a data set of this digest (``Dataset.sha256``) is what was learnt."""
        return sha256 in {self.sha256, *(part.sha256 for part in self.parts)}

    def _check_class_series(self) -> None:
        for i, count in enumerate(self.class_series):
            checks.whole(count, f"trained_on.class_series[{i}]", 0, MOST_SERIES)
        total = sum(self.class_series)
        if self.class_series and total != self.n_series:
            msg = f"trained_on.n_series is {self.n_series}, but its classes have {total}."
            raise ModelError(msg)

    @classmethod
    def of(cls, dataset: Dataset) -> TrainedOn:
        """Describe a data set; characters of its name that do not print are replaced."""
        return cls(
            _shown(dataset),
            dataset.split,
            dataset.n_series,
            dataset.sha256,
            class_series=count_series([dataset]),
        )

    @classmethod
    def joint(
        cls, name: str, sets: Sequence[Dataset], before: Sequence[TrainedPart] = ()
    ) -> TrainedOn:
        """Describe the training splits of several data sets, which are called ``name`` together.

        What was learnt ``before``, by the model that training went on from, counts too; of two data
        sets of one name, the new one.
        """
        names = {_shown(dataset) for dataset in sets}
        parts = tuple(part for part in before if part.dataset not in names)
        parts += tuple(TrainedPart.of(dataset) for dataset in sets)
        digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
        return cls(name, "train", sum(part.n_series for part in parts), digest, parts)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values; ``parts``, ``class_series`` only where there are any."""
        values = asdict(self)
        for key in _OPTIONAL:
            values[key] = list(values[key])
            if not values[key]:
                del values[key]
        return values

    @classmethod
    def from_dict(cls, values: Any) -> TrainedOn:
        """Read what ``to_dict`` wrote."""
        names = {f.name for f in fields(cls)}
        checks.keys(values, names, "trained_on", optional=frozenset(_OPTIONAL))
        counts = values.get("class_series", [])
        checks.listed(counts, "trained_on.class_series")
        parts = parts_from_list(values.get("parts", []))
        return cls(**{**values, "parts": parts, "class_series": tuple(counts)})


def count_series(sets: Sequence[Dataset]) -> tuple[int, ...]:
    """Count the series of each class of each data set; nothing if one has no labels."""
    counts: list[int] = []
    for dataset in sets:
        if dataset.labels is None:
            return ()
        counts += np.bincount(dataset.labels, minlength=dataset.n_classes).tolist()
    return tuple(counts)


def _shown(dataset: Dataset) -> str:
    return printable(dataset.name) or "unnamed"
