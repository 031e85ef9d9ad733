"""Choose data sets that are kept to judge a body by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tszoo.data import Dataset
from tszoo.data.ucr.table import kin_of
from tszoo.errors import OptionError

# With fewer data sets than this, none is kept unless it is asked for.
FEWEST_SETS = 5
SHARE = 0.1

HeldOut = int | Sequence[str] | None


def choose_held_out(sets: Sequence[Dataset], held_out: HeldOut) -> tuple[str, ...]:
    """Choose the data sets that are kept for judging, whole groups of kin at a time.

    Parameters
    ----------
    sets : sequence of Dataset
        Their names differ.
    held_out : int, sequence of str, or None
        How many at least, in an order that the names alone decide; or which, and their kin. None
        keeps about a tenth, and none of fewer than ``FEWEST_SETS``.

    Returns
    -------
    tuple of str
        Names, in the order of ``sets``.

    Raises
    ------
    OptionError
        If a name is none of the data sets', or there are not as many.
    """
    names = [dataset.name for dataset in sets]
    if held_out is None:
        wanted = round(SHARE * len(names)) if len(names) >= FEWEST_SETS else 0
        held_out = max(wanted, int(len(names) >= FEWEST_SETS))
    if isinstance(held_out, int):
        chosen = _first_groups(names, held_out)
    else:
        chosen = _with_kin(names, held_out)
    return tuple(name for name in names if name in chosen)


def _first_groups(names: Sequence[str], wanted: int) -> set[str]:
    """Take groups of kin, in the order of their hashes, until there are enough data sets."""
    if not 0 <= wanted <= len(names):
        msg = f"held_out must be from 0 to the number of data sets, {len(names)}, not {wanted}."
        raise OptionError(msg)
    chosen: set[str] = set()
    for name in sorted(names, key=_place):
        if len(chosen) < wanted:
            chosen |= kin_of(name) & set(names)
    return chosen


def _place(name: str) -> tuple[str, str]:
    group = min(kin_of(name))
    return hashlib.sha256(group.encode()).hexdigest(), name


def _with_kin(names: Sequence[str], wanted: Sequence[str]) -> set[str]:
    chosen: set[str] = set()
    for name in wanted:
        if name not in names:
            msg = f'held_out="{name}": no data set of that name is among those given.'
            raise OptionError(msg)
        chosen |= kin_of(name) & set(names)
    return chosen
