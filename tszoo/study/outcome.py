"""What came out of a trial."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from tszoo.text import printable
from tszoo.training.epoch import EpochReport

MOST_TEXT = 400


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial; what could not be found out is None.

    Attributes
    ----------
    validation_accuracy, validation_loss : float or None
        Of the held-out series, by all members together; the loss is the mean cross-entropy in nats.
    test_accuracy : float or None
        Of the test split, where there is one. Nothing is chosen by it.
    train_accuracy, train_loss : float or None
    seconds : float or None
        How long fitting took.
    epochs : int or None
        Of the member that had most of them.
    parameters : int or None
        Of all members together.
    receptive_field : int or None
        Points that one value of the last maps depends on.
    error : str
        Why the trial failed; empty if it did not.
    """

    validation_accuracy: float | None = None
    validation_loss: float | None = None
    test_accuracy: float | None = None
    train_accuracy: float | None = None
    train_loss: float | None = None
    seconds: float | None = None
    epochs: int | None = None
    parameters: int | None = None
    receptive_field: int | None = None
    error: str = ""


NUMBERS = tuple(f.name for f in fields(Outcome) if f.name != "error")
WHOLE = ("epochs", "parameters", "receptive_field")


class Reported(NamedTuple):
    """What one epoch of one member came to."""

    member: int
    report: EpochReport


class Done(NamedTuple):
    """A trial that has ended.

    Attributes
    ----------
    outcome : Outcome
    curves : list of Reported
        Every epoch of every member, in the order in which they ended; empty if none were asked for.
    confusion : sequence of sequence of int
        How many held-out series of each class, a row, were taken for each, a column; empty where
        the trial failed.
    nodes : sequence of bytes
        How the nodes of each member learnt, the files of a ``NodeRecorder``; empty if that was not
        asked for, and so is the file of a member of which nothing was recorded.
    """

    outcome: Outcome
    curves: Sequence[Reported] = ()
    confusion: Sequence[Sequence[int]] = ()
    nodes: Sequence[bytes] = ()

    @classmethod
    def failed(cls, why: str) -> Done:
        """Say why a trial failed."""
        return cls(Outcome(error=printable(why, MOST_TEXT)))

    def to_dict(self) -> dict[str, Any]:
        """Return what came out as JSON values."""
        curves = [[member, asdict(report)] for member, report in self.curves]
        return {
            "outcome": asdict(self.outcome),
            "curves": curves,
            "confusion": self.confusion,
            "nodes": [base64.b64encode(record).decode("ascii") for record in self.nodes],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Done:
        """Read what ``to_dict`` gave."""
        curves = [Reported(member, EpochReport(**report)) for member, report in values["curves"]]
        nodes = list(map(base64.b64decode, values["nodes"]))
        return cls(Outcome(**values["outcome"]), curves, values["confusion"], nodes)
