"""All that decides what a sweep finds out: which trials there are, on which data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tszoo.errors import DataError, OptionError
from tszoo.study.combine import Values, combinations
from tszoo.study.settings import check_keys, default_of, is_set
from tszoo.study.trial import Conditions, Sets, Trial
from tszoo.transfer.ensemble import check_members

FORMAT, VERSION = "tszoo-sweep", 1
# Ensembles have fewer members than this, so that no two repeats share one.
SEEDS_APART = 1000


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """A sweep that is to be done.

    Attributes
    ----------
    sets : sequence of Sets
        The data sets, with names of their own.
    conditions : Conditions
    vary : mapping of str to list
        The values of each key.
    grid : bool
        All values with all, or one change at a time.
    repeats : int
        How often each is tried, with other seeds and other series held out.
    seed : int
        Of the first repeat; the next ones are 1000 apart.

    Raises
    ------
    DataError
        If two data sets have one name, or labels are missing.
    OptionError
        If a key or a number makes no sense.
    """

    sets: Sequence[Sets]
    conditions: Conditions
    vary: Mapping[str, Sequence[Any]]
    grid: bool = True
    repeats: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if type(self.repeats) is not int or not 1 <= self.repeats <= SEEDS_APART:
            msg = f"repeats must be a whole number from 1 to {SEEDS_APART}, not {self.repeats!r}."
            raise OptionError(msg)
        check_members(1, self.seed)
        _check_names(self.names)
        check_keys(self.conditions.settings, self.vary)
        self._check_architecture()

    def _check_architecture(self) -> None:
        """Raise OptionError for an architecture where every trial has a source, with its own."""
        settings, sources = self.conditions.settings, self.vary.get("source")
        if sources is None or not is_set(settings, "arch") or not self.grid:
            return
        if "none" not in sources:
            msg = (
                f'architecture="{settings.architecture}" is for source="none", which is not among '
                "the sources; each brings its own network."
            )
            raise OptionError(msg)

    @property
    def names(self) -> list[str]:
        """The data sets' names."""
        return [sets.train.name for sets in self.sets]

    @property
    def keys(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(self.vary)

    def candidates(self) -> list[Values]:
        """List the combinations of values that are tried on each data set."""
        return combinations(self.conditions.settings, self.vary, grid=self.grid)

    def trials(self) -> list[Trial]:
        """List all trials.

        Every combination is tried once on every data set before any is tried again, so that a sweep
        that ends early has compared them all.
        """
        candidates = self.candidates()
        rows = [
            (dataset, values, repeat)
            for repeat in range(self.repeats)
            for dataset in range(len(self.sets))
            for values in candidates
        ]
        return [
            Trial(number, dataset, values, repeat + 1, self.seed + SEEDS_APART * repeat)
            for number, (dataset, values, repeat) in enumerate(rows, start=1)
        ]

    def all_values(self, values: Values) -> Values:
        """Complete a trial's values: what it does not change, follows from the rest."""
        settings = self.conditions.settings.changed(values)
        return {key: values.get(key, default_of(settings, key)) for key in self.vary}

    def to_dict(self) -> dict[str, Any]:
        """Say what decides about the results, as JSON values; of data, their digests."""
        conditions = self.conditions.to_dict()
        # what is looked at changes nothing
        del conditions["curves"], conditions["record"]
        return {
            "format": FORMAT,
            "version": VERSION,
            "data": {sets.train.name: _digests(sets) for sets in self.sets},
            **conditions,
            "vary": {key: list(values) for key, values in self.vary.items()},
            "grid": self.grid,
            "repeats": self.repeats,
            "seed": self.seed,
        }


def _digests(sets: Sets) -> dict[str, str | None]:
    return {
        part: None if dataset is None else dataset.sha256
        for part, dataset in sets._asdict().items()
    }


def _check_names(names: Sequence[str]) -> None:
    if not names:
        msg = "no data to try anything on."
        raise DataError(msg)
    for name in names:
        if names.count(name) > 1:
            msg = f"two data sets are called {name}; a table could not tell them apart."
            raise DataError(msg)
