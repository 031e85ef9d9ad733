"""Which values are tried together: all with all, or one change at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from tszoo.errors import OptionError
from tszoo.study.settings import Settings, default_of

Values = dict[str, Any]
MOST_TRIALS = 100_000


def combinations(
    settings: Settings, vary: Mapping[str, Sequence[Any]], *, grid: bool
) -> list[Values]:
    """List the values of the keys that are tried, each combination once.

    Parameters
    ----------
    settings : Settings
        What holds for a key where it is not varied.
    vary : mapping of str to sequence
        The values of each key.
    grid : bool
        True for every value with every value of the other keys. False for the settings as they are,
        and then one change at a time.

    Returns
    -------
    list of dict
        A dict names the keys that differ from the settings alone.
    """
    _check(vary)
    if grid:
        rows = [dict(zip(vary, row, strict=True)) for row in product(*vary.values())]
    else:
        rows = [{}, *({key: value} for key, values in vary.items() for value in values)]
    defaults = {key: default_of(settings, key) for key in vary}
    found: list[Values] = []
    for row in rows:
        changes = {key: value for key, value in row.items() if not _same(value, defaults[key])}
        if changes not in found:
            found.append(changes)
    return found


def _same(value: Any, default: Any) -> bool:
    """Whether two values are one; Python takes True for 1."""
    return type(value) is type(default) and bool(value == default)


def _check(vary: Mapping[str, Sequence[Any]]) -> None:
    """Raise OptionError for a key without values, or too many combinations."""
    if not vary:
        msg = "vary names nothing: a sweep needs a key and its values, such as depth=3,6,9."
        raise OptionError(msg)
    n_trials = 1
    for key, values in vary.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            msg = f"vary: {key} needs a list of values, such as [3, 6, 9]."
            raise OptionError(msg)
        n_trials *= len(values)
    if n_trials > MOST_TRIALS:
        msg = f"vary: {n_trials} combinations; {MOST_TRIALS} at most. Vary one at a time."
        raise OptionError(msg)
