"""From an architecture's name and arguments to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, NamedTuple, get_type_hints

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


def architecture_args(config: NetworkConfig) -> dict[str, Any]:
    """The config as JSON values."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}


def network_config(architecture: str, args: Mapping[str, Any] | None = None) -> NetworkConfig:
    """Read and check the arguments of an architecture; missing ones take the paper's value.

    Raises
    ------
    ModelError
        If the architecture is unknown, or an argument is unknown, of the wrong type or out of range.
    """
    if architecture not in ARCHITECTURES:
        msg = f"unknown architecture {architecture!r}; there are {', '.join(sorted(ARCHITECTURES))}."
        raise ModelError(msg)
    config_class = ARCHITECTURES[architecture].config
    kinds = get_type_hints(config_class)
    values: dict[str, Any] = {}
    for key, value in (args or {}).items():
        if key not in kinds:
            msg = f"{architecture} has no argument {key!r}; it has {', '.join(f.name for f in fields(config_class))}."
            raise ModelError(msg)
        if not _is_valid(key, value, kinds[key]):
            msg = f"{architecture}: {key} = {str(value)[:80]} is not a {_describe(key, kinds[key])}."
            raise ModelError(msg)
        values[key] = tuple(value) if isinstance(value, list) else value
    config = config_class(**values)
    if isinstance(config, FCNConfig) and len(config.filters) != len(config.kernel_lengths):
        msg = f"fcn: {len(config.filters)} filters but {len(config.kernel_lengths)} kernel_lengths; one of each a layer."
        raise ModelError(msg)
    return config


def build(architecture: str, args: Mapping[str, Any] | None, n_channels: int, n_classes: int) -> Network:
    """Make a network with whatever weights PyTorch starts it with.

    Raises
    ------
    ModelError
        As ``network_config``, or if ``n_channels`` or ``n_classes`` is out of range.
    """
    config = network_config(architecture, args)
    for what, value, most in (("n_channels", n_channels, MOST_CHANNELS), ("n_classes", n_classes, MOST_CLASSES)):
        if type(value) is not int or not 1 <= value <= most:
            msg = f"{what} must be a whole number from 1 to {most}, not {str(value)[:80]}."
            raise ModelError(msg)
    network: Network = ARCHITECTURES[architecture].network(config, n_channels, n_classes)  # type: ignore[arg-type]
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


def _describe(key: str, kind: Any) -> str:
    if kind is bool:
        return "truth value"
    return f"whole number up to {LARGEST[key]}" if kind is int else f"list of whole numbers up to {LARGEST[key]}"
