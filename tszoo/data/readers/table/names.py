"""Judge column names: those of labels, ids and times, and families such as t0, t1, t2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

from tszoo.data.readers.table.cells import is_given
from tszoo.data.readers.table.periods import calendar_order, period_of
from tszoo.data.readers.table.times import is_time, moments

_LABELS = frozenset({"category", "class", "classes", "label", "labels", "target"})
_LIKELY_LABELS = _LABELS | {"", "y"}
_CHANNELS = frozenset({"axis", "channel", "channel_id", "dim", "dim_id", "dimension", "variable"})
_INDICES = frozenset({"__index_level_0__", "id", "index", "unnamed: 0"})
_TIMES = frozenset(
    {"date", "datetime", "frame", "second", "seconds", "step", "t", "tick", "time", "time_index"}
    | {"timepoint", "timestamp", "timestep", "ts"}
)
_OWNERS = frozenset(
    {"age", "animal", "device", "file", "filename", "gender", "machine", "name", "participant"}
    | {"patient", "person", "record", "recording", "run", "sample", "sensor", "session", "sex"}
    | {"site", "subject", "trial", "user"}
)
_ID = re.compile(r"(^|[^a-z])id$|[a-z]I[Dd]$|(^|[^a-z])(no|nr|number)$")
_LAST_NUMBER = re.compile(r"\d+([.,]\d+)?")
_BETWEEN = " _.:-"
# columns of fewer names with a number in them are no family
_FEWEST_KIN = 3

Family = tuple[str, str]
_PERIODS: Family = ("period", "period")
_SELVES: frozenset[Family] = frozenset({("", ""), ("time", "time")})
_AXES = _SELVES | {("t", ""), ("time", ""), _PERIODS}


def names_labels(name: str) -> bool:
    """Tell whether a column name says that labels stand below it."""
    return name.lower() in _LABELS


def may_name_labels(name: str) -> bool:
    """Tell whether labels are likely below a column name: also ``y``, and no name at all."""
    return name.lower() in _LIKELY_LABELS


def names_channels(name: str) -> bool:
    """Tell whether a column name says that names of channels stand below it."""
    return name.lower() in _CHANNELS


def names_time(name: str) -> bool:
    """Tell whether a column name says that times stand below it."""
    return name.lower() in _TIMES


def names_owner(name: str) -> bool:
    """Tell whether a column name says what a series is of: an id, a person, a machine.

    >>> names_owner("patient_id"), names_owner("subject"), names_owner("covid"), names_owner("y")
    (True, True, False, False)
    """
    return name.lower() in _OWNERS or any(map(_ID.search, (name, name.lower())))


def is_index(name: str, at: int) -> bool:
    """Tell whether a column is what table libraries write to count the rows.

    ``at`` is its position, from 0.
    """
    return name.lower() in _INDICES or (name == "" and at == 0)


def families(names: Mapping[int, str]) -> dict[Family, list[int]]:
    """Group columns whose names differ in a number only, or are all numbers, or all times.

    Names without a number belong to no family.
    """
    groups: dict[Family, list[int]] = {}
    for at, name in names.items():
        family = _family(name) if name else None
        if family is not None:
            groups.setdefault(family, []).append(at)
    return groups


def kin(names: Mapping[int, str]) -> set[int]:
    """Return the columns of families of three or more: those of values, as far as names tell."""
    groups = families(names).values()
    return set(chain(*(group for group in groups if len(group) >= _FEWEST_KIN)))


def is_time_axis(names: Sequence[str]) -> bool:
    """Tell whether names are points of time: numbers, dates, or t0, t1, t2."""
    return len(set(map(_family, names)) | {None}) == 2 and _family(names[0]) in _AXES


def axis_of(names: Sequence[str]) -> list[float] | None:
    """Return the number, or the moment, that each name of one family stands for.

    None if they are of several families or none, or if two stand for the same.
    """
    if "" in names:
        return None
    kinds = set(map(_family, names))
    points = _points_of(kinds.pop(), names) if len(kinds) == 1 else None
    points = points or calendar_order(names)
    return points if points and len(set(points)) == len(points) else None


def _points_of(family: Family | None, names: Sequence[str]) -> list[float] | None:
    """Return the number or the moment of each name of a family; None without a family."""
    if family is None or family in _SELVES:
        return moments(list(names)) if family else None
    if family == _PERIODS:
        return [period_of(name) or 0.0 for name in names]
    return [last_number(name) for name in names]


def is_rising(points: Sequence[float]) -> bool:
    """Tell whether numbers rise throughout."""
    return all(b > a for a, b in pairwise(points))


def last_number(name: str) -> float:
    """Return the number that tells a column of a family from its kin; 0 for a name without one."""
    numbers = list(_LAST_NUMBER.finditer(name))
    if not numbers:
        return 0.0
    return float(numbers[-1][0].replace(",", "."))


def _family(name: str) -> Family | None:
    """Return what a column name has in common with its kin: what stands around its number."""
    if not name:
        return None
    if is_given(name):
        return "", ""
    if is_time(name):
        return "time", "time"
    if period_of(name) is not None:
        return _PERIODS
    numbers = list(_LAST_NUMBER.finditer(name))
    if not numbers:
        return None
    # names with several numbers, such as ch1_t0, are kin by what stands before the last one
    last = numbers[-1]
    return name[: last.start()].lower().rstrip(_BETWEEN), name[last.end() :].lower()
