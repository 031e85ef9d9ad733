"""How the table that a model has learnt was read, so that the next one is read alike."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from tszoo.data.table_reading import TableReading
from tszoo.errors import ModelError
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_CHANNELS, MOST_LENGTH
from tszoo.text import show

_COLUMNS = ("label", "id", "time", "group")
_LISTS = {"channels": MOST_CHANNELS, "left_out": MOST_LENGTH}
_NAMES = {"values": MOST_LENGTH, "firsts": MOST_CHANNELS}
_NUMBERS = {"window": 2, "stride": 1}
_TRUTHS = ("by_point", "header")


def reading_to_dict(reading: TableReading) -> dict[str, Any]:
    """Give what is known as JSON values."""
    values = {name: value for name, value in asdict(reading).items() if value not in (None, ())}
    for name in (*_LISTS, *_NAMES):
        if name in values:
            values[name] = list(values[name])
    return values


def reading_from_dict(values: Any) -> TableReading:
    """Read what ``reading_to_dict`` wrote; ModelError, naming the field, for anything else."""
    names = {field.name for field in fields(TableReading)}
    checks.keys(values, names, "reading", optional=frozenset(names - set(_TRUTHS)))
    for name in _TRUTHS:
        checks.truth(values[name], f"reading.{name}")
    for name in _COLUMNS:
        if name in values:
            _check_column(values[name], f"reading.{name}")
    for name, least in _NUMBERS.items():
        if name in values:
            checks.whole(values[name], f"reading.{name}", least, MOST_LENGTH)
    if "step" in values:
        checks.number(values["step"], "reading.step")
        if values["step"] == 0:
            msg = "reading.step must be above 0."
            raise ModelError(msg)
    return TableReading(**{**values, **_lists(values)})


def _lists(values: Any) -> dict[str, tuple[Any, ...]]:
    """Return the lists of columns as tuples."""
    lists = {}
    for name, most in (*_LISTS.items(), *_NAMES.items()):
        columns = values.get(name, [])
        checks.listed(columns, f"reading.{name}")
        if len(columns) > most:
            msg = f"reading.{name} has {len(columns)} columns; {most} is the most."
            raise ModelError(msg)
        for i, column in enumerate(columns):
            if name in _NAMES:
                checks.name(column, f"reading.{name}[{i}]", most=1000)
            else:
                _check_column(column, f"reading.{name}[{i}]")
        lists[name] = tuple(columns)
    return lists


def _check_column(value: Any, field: str) -> None:
    """Check a column's name, or its number."""
    if isinstance(value, str):
        checks.name(value, field, most=1000)
    elif type(value) is not int or not 1 <= value <= MOST_LENGTH:
        msg = f"{field} must be a column's name or a number from 1 up, not {show(value)}."
        raise ModelError(msg)
