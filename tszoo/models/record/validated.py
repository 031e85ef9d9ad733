"""What a model reaches on series that were held out of its training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from tszoo.storage import checks
from tszoo.storage.bounds import MOST_COUNT
from tszoo.storage.strict_json import plain

_WHERE = "results.validation"


@dataclass(frozen=True)
class Validated:
    """What a model reaches on held-out series, by which nothing was chosen.

    Attributes
    ----------
    accuracy, loss : float
        Of the whole ensemble; the loss is the mean cross-entropy in nats.
    member_accuracy : tuple of float
        Of each member alone.
    best_epoch : tuple of int
        The epoch, from 1, with each member's highest accuracy on these series, and the first of
        those; 0 for a ridge head. Weights are kept by the recipe, not by this.
    """

    accuracy: float
    loss: float
    member_accuracy: tuple[float, ...] = ()
    best_epoch: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks.fraction(self.accuracy, f"{_WHERE}.accuracy")
        checks.number(self.loss, f"{_WHERE}.loss")
        shares = checks.numbers(self.member_accuracy, f"{_WHERE}.member_accuracy")
        object.__setattr__(self, "member_accuracy", shares)
        for i, share in enumerate(shares):
            checks.fraction(share, f"{_WHERE}.member_accuracy[{i}]")
        checks.listed(self.best_epoch, f"{_WHERE}.best_epoch")
        object.__setattr__(self, "best_epoch", tuple(self.best_epoch))
        for i, epoch in enumerate(self.best_epoch):
            checks.whole(epoch, f"{_WHERE}.best_epoch[{i}]", 0, MOST_COUNT)

    def check_members(self, members: int) -> None:
        """Raise ModelError if what is said of each member is not said of that many."""
        checks.one_a_member(self.member_accuracy, members, f"{_WHERE}.member_accuracy")
        checks.one_a_member(self.best_epoch, members, f"{_WHERE}.best_epoch")

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        values = {key: value for key, value in asdict(self).items() if value != ()}
        measured: dict[str, Any] = plain(values, _WHERE)
        return measured

    @classmethod
    def from_dict(cls, values: Any) -> Validated:
        """Read what ``to_dict`` wrote."""
        names = {f.name for f in fields(cls)}
        checks.keys(values, names, _WHERE, optional=frozenset(names - {"accuracy", "loss"}))
        return cls(**values)
