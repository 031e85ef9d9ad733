"""Hyper-parameters as SageMaker gives them: a JSON object of texts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tszoo.data.holdout import parse_validation
from tszoo.errors import OptionError
from tszoo.text import listed, show
from tszoo.training.recipe import NAMES

FILE = "hyperparameters.json"
# What the tuner and the SDK add for themselves.
OF_OTHERS = ("_", "sagemaker_")
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
            raise ValueError(f"a whole number from {least} up")
        return int(text)

    return read


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError("a number above 0")
    return rate


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("true or false")
    return _TRUTH[text.lower()]


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return read


def _text(text: str) -> str:
    if not text:
        raise ValueError("a name")
    return text


def _held_out(text: str) -> str:
    expected = "a share such as 0.2, or every:5, last:0.2 or group:0.2"
    try:
        rule = parse_validation(text)
    except OptionError:
        rule = None
    if rule is None:
        raise ValueError(expected)
    return text


@dataclass(frozen=True)
class Known:
    """A hyper-parameter: its default, and what reads its text, with a ValueError for what it takes.

    A default of None leaves it to the plan.
    """

    default: Any
    read: Callable[[str], Any]


KNOWN: dict[str, Known] = {
    "filters": Known(32, _whole(1)),
    "depth": Known(6, _whole(1)),
    "models": Known(5, _whole(1)),
    "lr": Known(0.001, _rate),
    "batch-size": Known(64, _whole(1)),
    "epochs": Known(100, _whole(1)),
    # beyond those of the algorithm of 2018
    "seed": Known(0, _whole(0)),
    "source": Known(None, _text),
    "head": Known(None, _one_of("softmax", "ridge", "both")),
    "recipe": Known(None, _one_of(*NAMES)),
    "level": Known("auto", _one_of("auto", "yes", "no")),
    "freeze": Known(False, _truth),
    "balance": Known(False, _truth),
    "validation": Known(None, _held_out),
    "unequal": Known(None, _truth),
}


@dataclass(frozen=True)
class HyperParameters:
    """What is asked for.

    Attributes
    ----------
    given : mapping of str to Any
        What was said, read.
    """

    given: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """Return what was said of a hyper-parameter, or its default."""
        return self.given.get(name, KNOWN[name].default)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> HyperParameters:
        """Read the object of ``hyperparameters.json``.

        Values are texts. JSON numbers and truth values, and texts in quotes of their own, as the
        SDK's framework estimators send them, are taken, too.

        Raises
        ------
        OptionError
            Naming all hyper-parameters that are unknown, or all whose values are of no use.
        """
        wanted = {name: x for name, x in values.items() if not name.startswith(OF_OTHERS)}
        unknown = [name for name in wanted if name not in KNOWN]
        if unknown:
            names = listed(list(map(show, unknown)), 10)
            msg = f"{FILE}: there is no hyper-parameter {names}; known are {', '.join(KNOWN)}."
            raise OptionError(msg)
        given, wrong = {}, []
        for name, value in wanted.items():
            try:
                given[name] = KNOWN[name].read(_as_text(value))
            except ValueError as error:  # noqa: PERF203
                wrong.append(f"{name} must be {error}, not {show(value)}")
        if wrong:
            msg = f"{FILE}: {'; '.join(wrong)}."
            raise OptionError(msg)
        return cls(given)


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text
