"""One run of a sweep: one data set, one value of each key, one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from tszoo.data import Dataset
from tszoo.data.holdout import hold_out
from tszoo.errors import DataError
from tszoo.study.settings import Settings


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes
    ----------
    number : int
        Its place in the sweep, from 1.
    dataset : int
        The place of its data set, from 0.
    values : dict
        What differs from the settings, by key.
    repeat : int
        From 1.
    seed : int
        Member k uses ``seed + k``; the series that are held out are drawn by it, too.
    """

    number: int
    dataset: int
    values: Mapping[str, Any]
    repeat: int
    seed: int


@dataclass(frozen=True)
class Conditions:
    """What all trials of a sweep have in common.

    Attributes
    ----------
    settings : Settings
    validation : str
        Which series are held out of the training series: see ``tszoo.data.holdout``.
    device, precision : str
        As for ``tszoo.Run``.
    curves : bool
        Whether every epoch is looked at.
    record : bool
        Whether it is recorded how the nodes of each member learn.
    """

    settings: Settings
    validation: str = "0.2"
    device: str = "auto"
    precision: str = "auto"
    curves: bool = True
    record: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {**asdict(self), "settings": self.settings.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Conditions:
        """Read what ``to_dict`` gave."""
        return cls(**{**values, "settings": Settings(**values["settings"])})


class Sets(NamedTuple):
    """A data set of a sweep.

    Attributes
    ----------
    train : Dataset
    test : Dataset or None
        Read to report, and for nothing else.
    validation : Dataset or None
        Series to choose by; None holds them out of the training series.
    """

    train: Dataset
    test: Dataset | None = None
    validation: Dataset | None = None

    def aligned(self) -> Sets:
        """Number all classes as the training series do.

        Raises
        ------
        DataError
            If others have no labels, or labels that the training series lack.
        """
        self.train.require_labels()
        others = [_aligned(other, self.train) for other in self[1:]]
        return Sets(self.train, *others)

    def split(self, rule: str, seed: int) -> tuple[Dataset, Dataset]:
        """Return the series to train on, and those to choose by."""
        if self.validation is not None:
            return self.train, self.validation
        return hold_out(self.train, rule, seed)


def _aligned(other: Dataset | None, train: Dataset) -> Dataset | None:
    if other is None:
        return None
    if other.labels is None:
        msg = f"{other.name}: series without labels cannot be scored."
        raise DataError(msg)
    return other.with_classes(train.classes)
