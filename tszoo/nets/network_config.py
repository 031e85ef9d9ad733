"""Configs of networks: what all share, and how one is read from values that anybody may write.

A config is a frozen dataclass of whole numbers, truth values, texts and tuples of whole numbers,
all with defaults. A field's metadata says which values are allowed: ``least`` (1) and ``most``
(4096) bound a number, or each number of a tuple; ``longest`` (100) is how many numbers a tuple may
have; ``choices`` are the texts to choose from. If fields must suit one another, the config's
``__post_init__`` checks that, and raises ModelError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from reprlib import Repr
from typing import Any, TypeVar, get_type_hints

from tszoo.errors import ModelError
from tszoo.storage.bounds import MOST_CHANNELS, MOST_LENGTH

# A config may come from anywhere: what it asks for is bounded before anything is allocated. These
# bounds hold unless a field's metadata has others.
LEAST, MOST, LONGEST = 1, 4096, 100
# Arguments by which less is read of large series than there is.
READS_LESS = frozenset({"averaged", "channels_read", "features_read"})


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
    resampled : int
        Points that a head on all stages reads every series at, too, beside its own length; 0 for
        that alone.
    nuisances : int
        How many directions of its stage features a body without a head names as nuisance; see
        ``tszoo.readout.nuisance``.
    level : bool
        Whether the head reads each channel's level, scale and trend before normalisation, too, see
        ``tszoo.nets.levels``.
    averaged : int
        Of so many points the body reads the mean, of long series; 1 for every point.
    channels_read : int
        How many of the channels that go through the body one by one are read, evenly spaced; 0 for
        all.
    features_read : int
        How many of a channel's stage features a head on all stages reads, evenly spaced; 0 for all.
    """

    channels_apart: bool = field(default=False, kw_only=True)
    readout: str = field(default="mean", kw_only=True, metadata={"choices": ("mean", "stages")})
    resampled: int = field(default=0, kw_only=True, metadata={"least": 0})
    nuisances: int = field(default=0, kw_only=True, metadata={"least": 0, "most": 256})
    level: bool = field(default=False, kw_only=True)
    averaged: int = field(default=1, kw_only=True, metadata={"most": MOST_LENGTH})
    channels_read: int = field(
        default=0, kw_only=True, metadata={"least": 0, "most": MOST_CHANNELS}
    )
    features_read: int = field(default=0, kw_only=True, metadata={"least": 0, "most": 1 << 20})


Config = TypeVar("Config", bound=NetworkConfig)


def config_from_args(
    architecture: str, config_class: type[Config], architecture_args: Mapping[str, Any] | None
) -> Config:
    """Make a config of JSON values; fields that are not among them take their defaults.

    Raises
    ------
    ModelError
        If an argument is unknown, of the wrong type or out of range, or the arguments do not suit
        one another.
    """
    if architecture_args is None:
        return config_class()
    if not isinstance(architecture_args, Mapping):
        msg = (
            f"{architecture}: its arguments must be names with values, not "
            f"{shown(architecture_args)}."
        )
        raise ModelError(msg)
    parameters = {parameter.name: parameter for parameter in own_fields_first(config_class)}
    types = get_type_hints(config_class)
    values: dict[str, Any] = {}
    for name, value in architecture_args.items():
        if name not in parameters:
            msg = f"{architecture} has no argument {shown(name)}; it has {', '.join(parameters)}."
            raise ModelError(msg)
        bounds = parameters[name].metadata
        if not _is_valid(value, types[name], bounds):
            msg = (
                f"{architecture}: {name} = {shown(value)} is not {_describe(types[name], bounds)}."
            )
            raise ModelError(msg)
        values[name] = tuple(value) if isinstance(value, list) else value
    return config_class(**values)


def own_fields_first(config_class: type[NetworkConfig]) -> list[Field[Any]]:
    """List a config's fields: its own, then those that all networks share."""
    shared = {parameter.name for parameter in fields(NetworkConfig)}
    return sorted(fields(config_class), key=lambda parameter: parameter.name in shared)


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
        and all(type(number) is int and least <= number <= most for number in value)
    )


def _describe(kind: Any, bounds: Mapping[str, Any]) -> str:
    if kind is bool:
        return "a truth value"
    if kind is str:
        return f"one of {', '.join(bounds['choices'])}"
    most = bounds.get("most", MOST)
    if kind is int:
        return f"a whole number up to {most}"
    return f"a list of 1 to {bounds.get('longest', LONGEST)} whole numbers up to {most}"
