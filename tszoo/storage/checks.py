"""Checks on the fields of a config: each says which field is wrong, how, and what was expected."""

from __future__ import annotations

import re
from typing import Any

from tszoo.errors import ModelError
from tszoo.storage.bounds import MOST_LABEL
from tszoo.storage.layout import FORMAT_VERSION
from tszoo.storage.strict_json import check_unicode
from tszoo.text import show

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LICENSE = re.compile(r"[a-z0-9](?:[a-z0-9.+-]{0,62}[a-z0-9+])?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def plain(value: Any) -> Any:
    """Return the Python number of a NumPy one, as a grid of ``np.arange`` has them."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return value


def whole(value: Any, field: str, least: int, most: int) -> None:
    """Check a whole number; truth values are none."""
    if type(value) is not int or not least <= value <= most:
        msg = f"{field} must be a whole number from {least} to {most}, not {show(value)}."
        raise ModelError(msg)


def truth(value: Any, field: str) -> None:
    """Check a truth value."""
    if type(value) is not bool:
        msg = f"{field} must be true or false, not {show(value)}."
        raise ModelError(msg)


def fraction(value: Any, field: str) -> None:
    """Check a number from 0 to 1."""
    if type(value) not in (int, float) or not 0 <= value <= 1:
        msg = f"{field} must be a number from 0 to 1, not {show(value)}."
        raise ModelError(msg)


def name(value: Any, field: str, most: int = 200) -> None:
    """Check a name: one line of characters that print."""
    if not isinstance(value, str) or not 1 <= len(value) <= most or not value.isprintable():
        msg = f"{field} must be text of 1 to {most} characters that print, not {show(value)}."
        raise ModelError(msg)


def identifier(value: Any, field: str) -> None:
    """Check a lower-case word such as an architecture's name."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        msg = (
            f"{field} must be a word of lower-case letters, digits and underscores, not "
            f"{show(value)}."
        )
        raise ModelError(msg)


def sha256(value: Any, field: str) -> None:
    """Check a digest."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        msg = f"{field} must be 64 hexadecimal digits in lower case, not {show(value)}."
        raise ModelError(msg)


def is_license(value: Any) -> bool:
    """Whether a value is spelled as the Hub's names of licences are: ``apache-2.0``, ``mit``."""
    return isinstance(value, str) and _LICENSE.fullmatch(value) is not None


def license_id(value: Any, field: str) -> None:
    """Check that a value is spelled as the Hub's names of licences are."""
    if not is_license(value):
        msg = (
            f"{field} must be a licence as the Hub names it, for instance apache-2.0, mit or "
            f"cc-by-4.0, not {show(value)}."
        )
        raise ModelError(msg)


def commit(value: Any, field: str) -> None:
    """Check the id of a commit."""
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        msg = f"{field} must be 40 hexadecimal digits in lower case, not {show(value)}."
        raise ModelError(msg)


def version(value: Any) -> None:
    """Check the version of the format."""
    if type(value) is not int or value < 1:
        msg = f"format_version must be {FORMAT_VERSION}, not {show(value)}."
        raise ModelError(msg)
    if value != FORMAT_VERSION:
        msg = (
            f"format_version is {value}, this tszoo reads {FORMAT_VERSION}. Install a newer tszoo."
        )
        raise ModelError(msg)


def keys(
    values: Any, expected: set[str], what: str, optional: frozenset[str] = frozenset()
) -> None:
    """Check that ``values`` is an object with exactly these keys, or lacks ``optional`` ones."""
    mapped(values, what)
    missing = expected - values.keys() - optional
    unknown = values.keys() - expected - optional
    if missing:
        msg = f"{what} lacks {', '.join(map(show, sorted(missing)))}."
        raise ModelError(msg)
    if unknown:
        msg = (
            f"{what} has {show(min(unknown))}, which is none of its fields "
            f"({', '.join(sorted(expected))})."
        )
        raise ModelError(msg)


def class_names(names: tuple[str, ...], most: int) -> None:
    """Check the labels' texts: at least two, distinct, of a sensible length."""
    if not 2 <= len(names) <= most:
        msg = f"classes must be 2 to {most} labels, not {len(names)}."
        raise ModelError(msg)
    seen: set[str] = set()
    for text in names:
        if not 1 <= len(text) <= MOST_LABEL:
            msg = f"classes: a label of {len(text)} characters; expected 1 to {MOST_LABEL}."
            raise ModelError(msg)
        if check_unicode(text, "classes") in seen:
            msg = f"classes: two labels are written {show(text)}."
            raise ModelError(msg)
        seen.add(text)


def number(value: Any, field: str) -> None:
    """Check a finite number from 0 up; truth values are none."""
    if type(value) not in (int, float) or not 0 <= value < float("inf"):
        msg = f"{field} must be a number from 0 up, not {show(value)}."
        raise ModelError(msg)


def numbers(values: Any, field: str) -> tuple[float, ...]:
    """Return a list of finite numbers from 0 up as a tuple of floats."""
    listed(values, field)
    for i, value in enumerate(values):
        number(value, f"{field}[{i}]")
    return tuple(float(value) for value in values)


def listed(values: Any, field: str) -> None:
    """Check a list, or a tuple."""
    if not isinstance(values, (list, tuple)):
        msg = f"{field} must be a list, not {show(values)}."
        raise ModelError(msg)


def mapped(values: Any, field: str) -> None:
    """Check an object: a mapping."""
    if not isinstance(values, dict):
        msg = f"{field} must be an object, not {show(values)}."
        raise ModelError(msg)


def one_a_member(values: tuple[float, ...], members: int, field: str) -> None:
    """Check that there is one value for each member, or none at all."""
    if values and len(values) != members:
        msg = f"{field} must be a list of {members} numbers, one a member, not {len(values)}."
        raise ModelError(msg)
