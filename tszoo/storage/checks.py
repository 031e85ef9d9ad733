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
_COMMIT = re.compile(r"[0-9a-f]{40}")


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
    if not isinstance(values, dict):
        msg = f"{what} must be an object, not {show(values)}."
        raise ModelError(msg)
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


def results(values: dict[str, Any], members: int) -> None:
    """Check the results that cards and catalogues show; others are kept as they are."""
    if values.get("split") is not None:
        name(values["split"], "results.split")
    if values.get("n_series") is not None:
        whole(values["n_series"], "results.n_series", 1, 2**53)
    for key in ("accuracy", "train_accuracy", "left_out_accuracy"):
        if values.get(key) is not None:
            fraction(values[key], f"results.{key}")
    if values.get("member_accuracy") is not None:
        _one_a_member(values["member_accuracy"], members, "results.member_accuracy")
        for i, value in enumerate(values["member_accuracy"]):
            fraction(value, f"results.member_accuracy[{i}]")
    if values.get("per_dataset") is not None:
        _per_dataset(values["per_dataset"])
    published = values.get("published")
    if published is not None:
        if not isinstance(published, dict):
            msg = f"results.published must be an object, not {show(published)}."
            raise ModelError(msg)
        name(published.get("name"), "results.published.name")
        fraction(published.get("accuracy"), "results.published.accuracy")


def training(values: dict[str, Any], members: int) -> None:
    """Check what cards show of the training; other entries are kept as they are."""
    epochs = values.get("epochs")
    if epochs is not None:
        _one_a_member(epochs, members, "training.epochs")
        for i, value in enumerate(epochs):
            whole(value, f"training.epochs[{i}]", 0, 2**53)
    seconds = values.get("seconds")
    if seconds is not None and (type(seconds) not in (int, float) or seconds < 0):
        msg = f"training.seconds must be a number from 0 up, not {show(seconds)}."
        raise ModelError(msg)
    for key in ("device", "precision", "date"):
        if values.get(key) is not None:
            name(values[key], f"training.{key}")
    versions = values.get("versions")
    if versions is not None:
        if not isinstance(versions, dict):
            msg = f"training.versions must be an object, not {show(versions)}."
            raise ModelError(msg)
        for key, value in versions.items():
            name(key, "training.versions")
            name(value, f"training.versions.{show(key)}")
    if values.get("stopped") is not None:
        _stopped(values["stopped"])
    validation = values.get("validation")
    if validation is not None:
        keys(validation, {"dataset", "split", "n_series"}, "training.validation")
        name(validation["dataset"], "training.validation.dataset")
        if validation["split"] is not None:
            name(validation["split"], "training.validation.split")
        whole(validation["n_series"], "training.validation.n_series", 1, 2**53)


def _per_dataset(values: Any) -> None:
    """Check what a model of several data sets reaches on each."""
    if not isinstance(values, dict):
        msg = f"results.per_dataset must be an object, not {show(values)}."
        raise ModelError(msg)
    for key, reached in values.items():
        field = f"results.per_dataset.{show(key)}"
        name(key, "results.per_dataset")
        if not isinstance(reached, dict):
            msg = f"{field} must be an object, not {show(reached)}."
            raise ModelError(msg)
        for what in ("accuracy", "train_accuracy"):
            if reached.get(what) is not None:
                fraction(reached[what], f"{field}.{what}")


def _stopped(values: Any) -> None:
    """Check why members ended before their recipe did."""
    if not isinstance(values, dict):
        msg = f"training.stopped must be an object, not {show(values)}."
        raise ModelError(msg)
    for key, why in values.items():
        name(key, "training.stopped")
        name(why, f"training.stopped.{show(key)}", most=1000)


def _one_a_member(values: Any, members: int, field: str) -> None:
    if not isinstance(values, list) or len(values) != members:
        found = f"{len(values)} of them" if isinstance(values, list) else show(values)
        msg = f"{field} must be a list of {members} numbers, one a member, not {found}."
        raise ModelError(msg)
