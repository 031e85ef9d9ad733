"""What a model answers of each series: a label, and what else is asked."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from tszoo.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.models.record import Calibration

BETWEEN = "|"
# Without sets, a label is rejected when all others together are more probable.
LEAST_PROBABILITY = 0.5


@dataclass(frozen=True)
class Asked:
    """What is to be said of each series.

    Attributes
    ----------
    proba : bool
        The probability of each class.
    coverage : float or None
        The share of series whose right class a set of classes is to hold; None for no sets.
    reject : bool
        No label where the set is empty or, without sets, no class has a probability of 0.5.
    """

    proba: bool = False
    coverage: float | None = None
    reject: bool = False


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
    asked : Asked
    calibration : Calibration or None
        Of a model that makes sets.
    """

    labels: tuple[str, ...]
    asked: Asked
    calibration: Calibration | None = None

    @classmethod
    def of(cls, model: Model, asked: Asked) -> Answers:
        """Make ready; an error for what the model cannot say."""
        labels = tuple(str(label) for label in model.config.classes)
        if asked.coverage is None:
            return cls(labels, asked)
        calibration = model.required_calibration()
        calibration.threshold(asked.coverage)
        return cls(labels, asked, calibration)

    def document(self, row: Row) -> dict[str, Any]:
        """Say what a JSON document says of a series."""
        prediction: dict[str, Any] = {"index": row.index, **row.names}
        inside = self._set(row)
        rejected = self._is_rejected(row, inside)
        prediction["label"] = None if rejected else self.labels[row.probabilities.argmax()]
        if inside is not None:
            prediction["set"] = inside
        if self.asked.reject:
            prediction["rejected"] = rejected
        if self.asked.proba:
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
        if self.asked.proba:
            columns = zip(self.labels, row.probabilities, strict=True)
            cells |= {f"p_{label}": f"{p:.6g}" for label, p in columns}
        return cells

    def _set(self, row: Row) -> list[str] | None:
        """List the classes that a series may be of; None where no sets are wanted."""
        if self.calibration is None or self.asked.coverage is None:
            return None
        from tszoo.models.record.calibration import sets_of

        inside = sets_of(row.probabilities[None], self.calibration, self.asked.coverage)[0]
        return [self.labels[k] for k in inside.nonzero()[0]]

    def _is_rejected(self, row: Row, inside: list[str] | None) -> bool:
        if not self.asked.reject:
            return False
        if inside is not None:
            return not inside
        return bool(row.probabilities.max() < LEAST_PROBABILITY)

    def _check_labels(self) -> None:
        """Raise OptionError if sets could not be told apart in one cell."""
        for label in self.labels:
            if BETWEEN in label:
                msg = (
                    f"coverage={self.asked.coverage}: a CSV has sets with {BETWEEN} between the "
                    f"labels, and {label!r} has one. Take JSON."
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


def write_csv(
    file: TextIO, rows: Iterable[Row], answers: Answers, spelled: Callable[[str], str] = str
) -> int:
    """Write answers as they come, and return how many there are.

    Nothing is written before the first is known. Series that have ids have a column of them.
    """
    writer = csv.writer(file, lineterminator="\n")
    n_series = 0
    for row in rows:
        names = map(spelled, row.names.values())
        cells = {name: spelled(cell) for name, cell in answers.cells(row).items()}
        if n_series == 0:
            writer.writerow(["index", *row.names, *map(spelled, cells)])
        writer.writerow([row.index, *names, *cells.values()])
        n_series += 1
    return n_series
