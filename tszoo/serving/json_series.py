"""Series in JSON: a document of instances, or one a line."""

from __future__ import annotations

import json
from typing import Any

from tszoo.errors import DataError
from tszoo.text import show

_FORM = '{"instances": [[1.5, 2, …], …]}'


def instances_of(content: bytes) -> list[Any]:
    """Read ``{"instances": [series, …]}``.

    A series is a list of numbers, or one such list a channel; null is a missing value. It may also
    stand in an object: ``{"features": series}``.

    Raises
    ------
    DataError
        If it is no JSON, or none of this form.
    """
    document = _parsed(content, "body")
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        msg = f"body: expected {_FORM}."
        raise DataError(msg)
    return [_series(value, f"body, instance {i}") for i, value in enumerate(instances)]


def lines_of(content: bytes) -> list[Any]:
    """Read one series a line, each as in ``instances_of``; blank lines are passed over."""
    series = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            where = f"body, line {number}"
            series.append(_series(_parsed(line, where), where))
    return series


def _parsed(text: bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "too deep" if isinstance(error, RecursionError) else error
        msg = f"{where}: not JSON ({reason})."
        raise DataError(msg) from error


def _series(value: Any, where: str) -> Any:
    if isinstance(value, dict) and "features" in value:
        value = value["features"]
    if not isinstance(value, list) or not value:
        msg = f"{where}: {show(value)}, expected a list of numbers, or one a channel."
        raise DataError(msg)
    if isinstance(value[0], list):
        _check_channels(value, where)
    else:
        _check_numbers(value, where)
    return value


def _check_channels(channels: list[Any], where: str) -> None:
    for k, channel in enumerate(channels):
        if not isinstance(channel, list):
            msg = f"{where}, channel {k}: {show(channel)}, expected a list of numbers."
            raise DataError(msg)
        _check_numbers(channel, f"{where}, channel {k}")
        if len(channel) != len(channels[0]):
            msg = f"{where}, channel {k}: {len(channel)} values, the first has {len(channels[0])}."
            raise DataError(msg)


def _check_numbers(values: list[Any], where: str) -> None:
    for t, value in enumerate(values):
        if type(value) not in (int, float) and value is not None:
            msg = f"{where}, point {t}: {show(value)} is no number; null is a missing value."
            raise DataError(msg)
