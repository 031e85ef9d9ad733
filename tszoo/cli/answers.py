"""What ``tszoo predict`` answers of each series: a label, and what else is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import typer

from tszoo.cli.options import WHAT
from tszoo.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.models.record import Calibration

BETWEEN = "|"
# Without --coverage, a label is rejected when all others together are more probable.
LEAST_PROBABILITY = 0.5


@dataclass(frozen=True)
class Wanted:
    """What is to be said of each series."""

    panel: ClassVar[str] = WHAT

    proba: Annotated[
        bool, typer.Option("--proba", help="Add a column of probabilities for each class.")
    ] = False
    coverage: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            metavar="SHARE",
            help="Add a set of classes that holds the right one for this share of series.",
            show_default=False,
        ),
    ] = None
    reject: Annotated[
        bool,
        typer.Option(
            "--reject",
            help="Give no label where the set is empty or, without --coverage, no class has a "
            "probability of 0.5.",
        ),
    ] = False


@dataclass(frozen=True)
class Row:
    """Hold the probabilities of one series, shape (n_classes,), and what it is called.

    A window of a recording has the recording's id, and a start and an end.
    """

    index: int
    names: dict[str, str]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Makes the answers of a model.

    Attributes
    ----------
    labels : tuple of str
    wanted : Wanted
    calibration : Calibration or None
        Of a model that makes sets.
    """

    labels: tuple[str, ...]
    wanted: Wanted
    calibration: Calibration | None = None

    @classmethod
    def of(cls, model: Model, wanted: Wanted) -> Answers:
        """Make ready; an error for what the model cannot say."""
        labels = tuple(str(label) for label in model.config.classes)
        if wanted.coverage is None:
            return cls(labels, wanted)
        calibration = model.required_calibration()
        calibration.threshold(wanted.coverage)
        return cls(labels, wanted, calibration)

    def document(self, row: Row) -> dict[str, Any]:
        """Say what a JSON document says of a series."""
        prediction: dict[str, Any] = {"index": row.index, **row.names}
        inside = self._set(row)
        rejected = self._is_rejected(row, inside)
        prediction["label"] = None if rejected else self.labels[row.probabilities.argmax()]
        if inside is not None:
            prediction["set"] = inside
        if self.wanted.reject:
            prediction["rejected"] = rejected
        if self.wanted.proba:
            prediction["probabilities"] = [float(f"{p:.6g}") for p in row.probabilities]
        return prediction

    def cells(self, row: Row) -> dict[str, str]:
        """Spell the cells of a series' line in a CSV, by their columns."""
        said = self.document(row)
        cells = {"label": said["label"] or ""}
        if "set" in said:
            self._check_labels()
            cells["set"] = BETWEEN.join(said["set"])
        if "rejected" in said:
            cells["rejected"] = "rejected" * said["rejected"]
        if self.wanted.proba:
            columns = zip(self.labels, row.probabilities, strict=True)
            cells |= {f"p_{label}": f"{p:.6g}" for label, p in columns}
        return cells

    def _set(self, row: Row) -> list[str] | None:
        """List the classes that a series may be of; None where no sets are wanted."""
        if self.calibration is None or self.wanted.coverage is None:
            return None
        from tszoo.models.record.calibration import sets_of

        inside = sets_of(row.probabilities[None], self.calibration, self.wanted.coverage)[0]
        return [self.labels[k] for k in inside.nonzero()[0]]

    def _is_rejected(self, row: Row, inside: list[str] | None) -> bool:
        if not self.wanted.reject:
            return False
        if inside is not None:
            return not inside
        return bool(row.probabilities.max() < LEAST_PROBABILITY)

    def _check_labels(self) -> None:
        """Raise OptionError if sets could not be told apart in one cell."""
        for label in self.labels:
            if BETWEEN in label:
                msg = (
                    f"--coverage writes sets with {BETWEEN} between the labels, and {label!r} has "
                    "one. Take --json."
                )
                raise OptionError(msg)


def names_of(dataset: Dataset) -> list[dict[str, str]]:
    """Say what each series is called, by column: its id, and a window's start and end."""
    names: list[dict[str, str]] = [{} for _ in range(dataset.n_series)]
    for name, called in zip(names, dataset.ids or (), strict=False):
        name["id"] = called
    for name, (start, end) in zip(names, dataset.spans or (), strict=False):
        name |= {"start": start, "end": end}
    return names
