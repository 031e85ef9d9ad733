"""What a model reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from tszoo.errors import ModelError
from tszoo.models.record.simplest import Simplest
from tszoo.models.record.validated import Validated
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_SERIES
from tszoo.storage.strict_json import plain
from tszoo.text import show


@dataclass(frozen=True)
class Published:
    """A published accuracy on the same split.

    The method's name, the figure, and where it stands.
    """

    name: str
    accuracy: float
    url: str | None = None

    def __post_init__(self) -> None:
        checks.name(self.name, "results.published.name")
        checks.fraction(self.accuracy, "results.published.accuracy")
        if self.url is not None:
            checks.name(self.url, "results.published.url", most=1000)

    @classmethod
    def from_dict(cls, values: Any) -> Published:
        """Read what ``dataclasses.asdict`` wrote."""
        names = {f.name for f in fields(cls)}
        checks.keys(values, names, "results.published", optional=frozenset({"url"}))
        return cls(**values)


@dataclass(frozen=True)
class PartResults:
    """What a model of several data sets reaches on one of them, among its own classes.

    Beside it what the simplest classifiers reach on that one's training series, left out.
    """

    accuracy: float | None = None
    train_accuracy: float | None = None
    simplest: Simplest | None = None

    def check(self, where: str) -> None:
        """Raise ModelError, naming the field, for a share that is none."""
        for key in ("accuracy", "train_accuracy"):
            if getattr(self, key) is not None:
                checks.fraction(getattr(self, key), f"{where}.{key}")

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        values = {key: value for key, value in asdict(self).items() if value is not None}
        if self.simplest is not None:
            values["simplest"] = self.simplest.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Any, where: str) -> PartResults:
        """Read what ``to_dict`` wrote; ``where`` names it in an error."""
        checks.keys(values, set(), where, optional=frozenset(f.name for f in fields(cls)))
        values = dict(values)
        if "simplest" in values:
            values["simplest"] = Simplest.from_dict(values["simplest"])
        return cls(**values)


@dataclass(frozen=True)
class Results:
    """What a model reaches. Whatever was not measured is None, or empty.

    Attributes
    ----------
    split : str or None
        The split that ``accuracy`` was measured on.
    n_series : int or None
        Series of that split.
    accuracy : float or None
        Of the ensemble; of several data sets, the mean over them.
    member_accuracy : tuple of float
        Of each member alone on the same series.
    train_accuracy, train_loss : float or None
        On the training series; the loss is the mean cross-entropy in nats.
    member_train_loss : tuple of float
        The loss of the epoch that each trained member's weights were kept from.
    left_out_accuracy, left_out_loss : float or None
        Of a ridge head: each training series predicted by the fit to the others.
    member_left_out_accuracy : tuple of float
    validation : Validated or None
        On series that were held out of training.
    per_dataset : dict of str to PartResults
        Of a model of several data sets, by their names.
    published : Published or None
        A published figure to stand beside the accuracy.
    simplest : Simplest or None
        What the simplest classifiers reach on the training series, left out.
    """

    split: str | None = None
    n_series: int | None = None
    accuracy: float | None = None
    member_accuracy: tuple[float, ...] = ()
    train_accuracy: float | None = None
    train_loss: float | None = None
    member_train_loss: tuple[float, ...] = ()
    left_out_accuracy: float | None = None
    left_out_loss: float | None = None
    member_left_out_accuracy: tuple[float, ...] = ()
    validation: Validated | None = None
    per_dataset: Mapping[str, PartResults] = field(default_factory=dict)
    published: Published | None = None
    simplest: Simplest | None = None

    def __post_init__(self) -> None:
        if self.split is not None:
            checks.name(self.split, "results.split")
        if self.n_series is not None:
            checks.whole(self.n_series, "results.n_series", 1, MOST_SERIES)
        for key in ("accuracy", "train_accuracy", "left_out_accuracy"):
            self._check_fraction(key)
        for key in ("train_loss", "left_out_loss"):
            if getattr(self, key) is not None:
                checks.number(getattr(self, key), f"results.{key}")
        for key in ("member_accuracy", "member_train_loss", "member_left_out_accuracy"):
            object.__setattr__(self, key, checks.numbers(getattr(self, key), f"results.{key}"))
        for key in ("member_accuracy", "member_left_out_accuracy"):
            for i, share in enumerate(getattr(self, key)):
                checks.fraction(share, f"results.{key}[{i}]")
        for name, reached in self.per_dataset.items():
            checks.name(name, "results.per_dataset")
            reached.check(f"results.per_dataset.{show(name)}")

    def _check_fraction(self, key: str) -> None:
        share = getattr(self, key)
        if share is None:
            return
        checks.fraction(share, f"results.{key}")
        object.__setattr__(self, key, float(share))

    def with_test(
        self, accuracy: float, members: tuple[float, ...], split: str, n_series: int
    ) -> Results:
        """Return these results with what was measured on a split that the model has not learnt."""
        return replace(
            self, accuracy=accuracy, member_accuracy=members, split=split, n_series=n_series
        )

    def check_members(self, members: int) -> None:
        """Raise ModelError if what is said of each member is not said of that many."""
        checks.one_a_member(self.member_accuracy, members, "results.member_accuracy")
        if self.validation is not None:
            self.validation.check_members(members)

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        values = {key: value for key, value in asdict(self).items() if value not in (None, (), {})}
        if self.per_dataset:
            values["per_dataset"] = {
                name: reached.to_dict() for name, reached in self.per_dataset.items()
            }
        if self.validation is not None:
            values["validation"] = self.validation.to_dict()
        if self.simplest is not None:
            values["simplest"] = self.simplest.to_dict()
        measured: dict[str, Any] = plain(values, "results")
        return measured

    @classmethod
    def from_dict(cls, values: Any) -> Results:
        """Read what ``to_dict`` wrote."""
        checks.keys(values, set(), "results", optional=frozenset(f.name for f in fields(cls)))
        values = dict(values)
        if "per_dataset" in values:
            values["per_dataset"] = _per_dataset(values["per_dataset"])
        if "validation" in values:
            values["validation"] = Validated.from_dict(values["validation"])
        if "published" in values:
            values["published"] = Published.from_dict(values["published"])
        if "simplest" in values:
            values["simplest"] = Simplest.from_dict(values["simplest"])
        return cls(**values)


def _per_dataset(values: Any) -> dict[str, PartResults]:
    if not isinstance(values, dict):
        msg = f"results.per_dataset must be an object, not {show(values)}."
        raise ModelError(msg)
    return {
        name: PartResults.from_dict(reached, f"results.per_dataset.{show(name)}")
        for name, reached in values.items()
    }
