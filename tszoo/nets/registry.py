"""From an architecture's name and arguments to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from reprlib import Repr
from typing import Any, NamedTuple, get_type_hints

import torch

from tszoo.errors import ModelError
from tszoo.nets.fcn import FCN, FCNConfig
from tszoo.nets.inception import Inception, InceptionConfig
from tszoo.nets.network import Network

NetworkConfig = InceptionConfig | FCNConfig


class Architecture(NamedTuple):
    """A network class and the config that shapes it."""

    config: type[NetworkConfig]
    network: type[Network]


ARCHITECTURES: dict[str, Architecture] = {
    "inception": Architecture(InceptionConfig, Inception),
    "fcn": Architecture(FCNConfig, FCN),
}

# A config may come from anywhere: what it asks for is bounded before anything is allocated.
LARGEST = {"depth": 100, "filters": 4096, "kernel_lengths": 4096, "bottleneck": 4096}
MOST_LAYERS = 100
MOST_CHANNELS = 10_000
MOST_CLASSES = 100_000
MOST_PARAMETERS = 100_000_000  # 400 MB of float32, some 200 times the largest published network


def architecture_args(config: NetworkConfig) -> dict[str, Any]:
    """Return the config as JSON values."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}


def network_config(architecture: str, args: Mapping[str, Any] | None = None) -> NetworkConfig:
    """Read and check the arguments of an architecture; missing ones take the paper's value.

    Raises
    ------
    ModelError
        If the architecture is unknown, or an argument is unknown, of the wrong type or out of range.
    """
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        msg = f"unknown architecture {_shown(architecture)}; there are {', '.join(sorted(ARCHITECTURES))}."
        raise ModelError(msg)
    if args is not None and not isinstance(args, Mapping):
        msg = f"{architecture}: its arguments must be names with values, not {_shown(args)}."
        raise ModelError(msg)
    config_class = ARCHITECTURES[architecture].config
    kinds = get_type_hints(config_class)
    values: dict[str, Any] = {}
    for key, value in (args or {}).items():
        if key not in kinds:
            known = ", ".join(field.name for field in fields(config_class))
            msg = f"{architecture} has no argument {_shown(key)}; it has {known}."
            raise ModelError(msg)
        if not _is_valid(key, value, kinds[key]):
            msg = f"{architecture}: {key} = {_shown(value)} is not a {_describe(key, kinds[key])}."
            raise ModelError(msg)
        values[key] = tuple(value) if isinstance(value, list) else value
    config = config_class(**values)
    if isinstance(config, FCNConfig) and len(config.filters) != len(config.kernel_lengths):
        n_filters, n_lengths = len(config.filters), len(config.kernel_lengths)
        msg = f"fcn: {n_filters} filters but {n_lengths} kernel_lengths; one of each a layer."
        raise ModelError(msg)
    return config


def build(architecture: str, args: Mapping[str, Any] | None, n_channels: int, n_classes: int) -> Network:
    """Make a network with whatever weights PyTorch starts it with.

    Raises
    ------
    ModelError
        As ``network_config``, or if ``n_channels`` or ``n_classes`` is out of range, or the network would have more
        than ``MOST_PARAMETERS`` parameters.
    """
    config = network_config(architecture, args)
    for what, value, most in (("n_channels", n_channels, MOST_CHANNELS), ("n_classes", n_classes, MOST_CLASSES)):
        if type(value) is not int or not 1 <= value <= most:
            msg = f"{what} must be a whole number from 1 to {most}, not {_shown(value)}."
            raise ModelError(msg)
    network_class = ARCHITECTURES[architecture].network
    with torch.device("meta"):  # counts without allocating
        outline = network_class(config, n_channels, n_classes)  # type: ignore[arg-type]
    n_parameters = sum(parameter.numel() for parameter in outline.parameters())
    if n_parameters > MOST_PARAMETERS:
        msg = f"{architecture}: these arguments ask for {n_parameters:,} parameters; {MOST_PARAMETERS:,} is the most."
        raise ModelError(msg)
    with torch.random.fork_rng(devices=[]):  # the caller's random state is not ours to advance
        network: Network = network_class(config, n_channels, n_classes)  # type: ignore[arg-type]
    return network


def _is_valid(key: str, value: Any, kind: Any) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return type(value) is int and (0 if key == "bottleneck" else 1) <= value <= LARGEST[key]
    return (
        isinstance(value, (list, tuple))
        and 1 <= len(value) <= MOST_LAYERS
        and all(type(item) is int and 1 <= item <= LARGEST[key] for item in value)
    )


def _shown(value: Any) -> str:
    """Spell a value, whatever it is, in a text of bounded length."""
    bounded = Repr()
    bounded.maxstring = bounded.maxother = 80
    try:
        return bounded.repr(value)
    except ValueError:  # Python will not spell an integer of thousands of digits
        return "a number of thousands of digits"


def _describe(key: str, kind: Any) -> str:
    if kind is bool:
        return "truth value"
    return f"whole number up to {LARGEST[key]}" if kind is int else f"list of whole numbers up to {LARGEST[key]}"
