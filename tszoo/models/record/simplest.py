"""What the simplest classifiers reach on the series that a model learnt from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_SERIES

_WHERE = "results.simplest"


@dataclass(frozen=True)
class Simplest:
    """What the simplest classifiers reach on training series, each left out in its turn.

    Attributes
    ----------
    majority : float
        Share of the largest class, which is the accuracy of guessing it.
    neighbour : float or None
        Accuracy of 1-NN with dynamic time warping, under the window that does best; None where that
        would take too long, or nothing could be compared.
    window : float or None
        That window, as a share of the length.
    n_series : int or None
        How many series were compared.
    """

    majority: float
    neighbour: float | None = None
    window: float | None = None
    n_series: int | None = None

    def __post_init__(self) -> None:
        checks.fraction(self.majority, f"{_WHERE}.majority")
        known = [value is not None for value in (self.neighbour, self.window, self.n_series)]
        if any(known) != all(known):
            msg = f"{_WHERE}: neighbour, window and n_series are known together, or none is."
            raise ModelError(msg)
        if self.n_series is not None:
            checks.fraction(self.neighbour, f"{_WHERE}.neighbour")
            checks.fraction(self.window, f"{_WHERE}.window")
            checks.whole(self.n_series, f"{_WHERE}.n_series", 1, MOST_SERIES)

    def to_dict(self) -> dict[str, Any]:
        """Give what is known as JSON values."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, values: Any) -> Simplest:
        """Read what ``to_dict`` wrote."""
        names = {f.name for f in fields(cls)}
        checks.keys(values, names, _WHERE, optional=frozenset(names - {"majority"}))
        return cls(**values)
