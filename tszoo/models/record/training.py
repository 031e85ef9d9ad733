"""How fitting a model went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_SERIES
from tszoo.storage.strict_json import plain
from tszoo.text import printable, show


@dataclass(frozen=True)
class Validation:
    """The held-out series that a training run was watched by."""

    dataset: str
    split: str | None
    n_series: int

    def __post_init__(self) -> None:
        checks.name(self.dataset, "training.validation.dataset")
        if self.split is not None:
            checks.name(self.split, "training.validation.split")
        checks.whole(self.n_series, "training.validation.n_series", 1, MOST_SERIES)

    @classmethod
    def of(cls, dataset: Dataset) -> Validation:
        """Describe held-out series."""
        return cls(printable(dataset.name) or "unnamed", dataset.split, dataset.n_series)

    @classmethod
    def from_dict(cls, values: Any) -> Validation:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "training.validation")
        return cls(**values)


@dataclass(frozen=True)
class TrainingRecord:
    """How fitting went. Whatever is not known is None, or empty.

    Attributes
    ----------
    epochs : tuple of int
        Epochs that each member was trained for; 0 for a ridge head.
    best_epoch : tuple of int
        The epoch, from 1, that each member's weights were kept from; 0 for a ridge head.
    seconds : float or None
        Of all members, added up: some may have been fitted at the same time.
    device, precision : str or None
    versions : dict of str to str
        Of Python and of the libraries.
    date : str or None
        Year, month and day.
    stopped : dict of int to str
        Why members ended before their recipe did, by their number.
    validation : Validation or None
    """

    epochs: tuple[int, ...] = ()
    best_epoch: tuple[int, ...] = ()
    seconds: float | None = None
    device: str | None = None
    precision: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    date: str | None = None
    stopped: Mapping[int, str] = field(default_factory=dict)
    validation: Validation | None = None

    def __post_init__(self) -> None:
        for key in ("epochs", "best_epoch"):
            object.__setattr__(self, key, tuple(getattr(self, key)))
            for i, number in enumerate(getattr(self, key)):
                checks.whole(number, f"training.{key}[{i}]", 0, MOST_SERIES)
        if self.seconds is not None:
            checks.number(self.seconds, "training.seconds")
        for key in ("device", "precision", "date"):
            if getattr(self, key) is not None:
                checks.name(getattr(self, key), f"training.{key}")
        for library, version in self.versions.items():
            checks.name(library, "training.versions")
            checks.name(version, f"training.versions.{show(library)}")
        for member, reason in self.stopped.items():
            checks.name(reason, f"training.stopped.{member}", most=1000)

    def check_members(self, members: int) -> None:
        """Raise ModelError if what is said of each member is not said of that many."""
        checks.one_a_member(self.epochs, members, "training.epochs")
        checks.one_a_member(self.best_epoch, members, "training.best_epoch")
        for member in self.stopped:
            checks.whole(member, "a member in training.stopped", 0, members - 1)

    def first(self, k: int) -> TrainingRecord:
        """Keep what is known of the first ``k`` members; how long they took is not."""
        return replace(
            self,
            epochs=self.epochs[:k],
            best_epoch=self.best_epoch[:k],
            stopped={member: why for member, why in self.stopped.items() if member < k},
            seconds=None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        values = {key: value for key, value in asdict(self).items() if value not in (None, (), {})}
        if self.stopped:
            values["stopped"] = {str(member): reason for member, reason in self.stopped.items()}
        recorded: dict[str, Any] = plain(values, "training")
        return recorded

    @classmethod
    def from_dict(cls, values: Any) -> TrainingRecord:
        """Read what ``to_dict`` wrote."""
        checks.keys(values, set(), "training", optional=frozenset(f.name for f in fields(cls)))
        values = dict(values)
        for key in ("epochs", "best_epoch"):
            checks.listed(values.get(key, []), f"training.{key}")
        for key in ("versions", "stopped"):
            checks.mapped(values.get(key, {}), f"training.{key}")
        if "stopped" in values:
            values["stopped"] = {
                _member(member): reason for member, reason in values["stopped"].items()
            }
        if "validation" in values:
            values["validation"] = Validation.from_dict(values["validation"])
        return cls(**values)


def _member(text: str) -> int:
    """Read the number of a member, which is a key of JSON and so is text."""
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        msg = f"training.stopped: {show(text)} is not the number of a member."
        raise ModelError(msg)
    return int(text)
