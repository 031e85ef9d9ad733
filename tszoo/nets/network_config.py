"""Configs of networks.

What all of them share, and how they are read from values that anybody may have written.

A config is a frozen dataclass of whole numbers, truth values, texts and tuples of whole numbers,
all with defaults. What a value may be stands in its field's metadata: ``least`` (1) and ``most``
(4096) bound a number, or each number of a tuple; ``longest`` (100) is how many numbers a tuple may
have; ``choices`` are the texts to choose from. What fields must be together is for the config's
``__post_init__`` to check, which raises ModelError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from reprlib import Repr
from typing import Any, TypeVar, get_type_hints

from tszoo.errors import ModelError

# A config may come from anywhere: what it asks for is bounded before anything is allocated.
LEAST, MOST, LONGEST = 1, 4096, 100  # unless a field says otherwise


@dataclass(frozen=True)
class NetworkConfig:
    """What every network can be told.

    Attributes
    ----------
    channels_apart : bool
        Whether the body sees each channel of a series by itself, as if it were a series of one
        channel. The head then reads the features of all channels side by side. So a body that was
        trained on univariate series serves multivariate ones.
    readout : {"mean", "stages"}
        What the head reads: the means over time of the last maps, or standardised poolings of the
        maps of all stages, of the series and of its first difference (``tszoo.nets.stages``).
    """

    channels_apart: bool = field(default=False, kw_only=True)
    readout: str = field(default="mean", kw_only=True, metadata={"choices": ("mean", "stages")})


Config = TypeVar("Config", bound=NetworkConfig)


def read_arguments(architecture: str, kind: type[Config], args: Mapping[str, Any] | None) -> Config:
    """Make a config of JSON values; fields that are not among them take their defaults.

    Raises
    ------
    ModelError
        If an argument is unknown, of the wrong type or out of range, or the arguments do not go
        together.
    """
    if args is not None and not isinstance(args, Mapping):
        msg = f"{architecture}: its arguments must be names with values, not {shown(args)}."
        raise ModelError(msg)
    known, types = {one.name: one for one in own_fields_first(kind)}, get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in (args or {}).items():
        if key not in known:
            msg = f"{architecture} has no argument {shown(key)}; it has {', '.join(known)}."
            raise ModelError(msg)
        if not _is_valid(value, types[key], known[key].metadata):
            msg = (
                f"{architecture}: {key} = {shown(value)} is not "
                f"{_describe(types[key], known[key].metadata)}."
            )
            raise ModelError(msg)
        values[key] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def to_arguments(config: NetworkConfig) -> dict[str, Any]:
    """Give a config as JSON values.

    What all networks share only where it differs from the default.
    """
    shared = {one.name: one.default for one in fields(NetworkConfig)}
    values = {one.name: getattr(config, one.name) for one in own_fields_first(type(config))}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if key not in shared or value != shared[key]
    }


def own_fields_first(kind: type[NetworkConfig]) -> list[Field[Any]]:
    """List a config's fields, those that all networks share behind its own."""
    shared = {one.name for one in fields(NetworkConfig)}
    return sorted(fields(kind), key=lambda one: one.name in shared)


def shown(value: Any) -> str:
    """Spell a value, whatever it is, in a text of bounded length."""
    bounded = Repr()
    bounded.maxstring = bounded.maxother = 80
    try:
        return bounded.repr(value)
    except ValueError:  # Python will not spell an integer of thousands of digits
        return "a number of thousands of digits"


def _is_valid(value: Any, kind: Any, bounds: Mapping[str, Any]) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if kind is str:
        return isinstance(value, str) and value in bounds["choices"]
    least, most = bounds.get("least", LEAST), bounds.get("most", MOST)
    if kind is int:
        return type(value) is int and least <= value <= most
    return (
        isinstance(value, (list, tuple))
        and 1 <= len(value) <= bounds.get("longest", LONGEST)
        and all(type(item) is int and least <= item <= most for item in value)
    )


def _describe(kind: Any, bounds: Mapping[str, Any]) -> str:
    if kind is bool:
        return "a truth value"
    if kind is str:
        return f"one of {', '.join(bounds['choices'])}"
    most, longest = bounds.get("most", MOST), bounds.get("longest", LONGEST)
    return (
        f"a whole number up to {most}"
        if kind is int
        else f"a list of 1 to {longest} whole numbers up to {most}"
    )
