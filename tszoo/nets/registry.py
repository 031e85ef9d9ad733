"""From an architecture's name and arguments to a network.

The names can be read without PyTorch: a network's module is imported when the network is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tszoo.errors import ModelError
from tszoo.nets.network_config import NetworkConfig, config_from_args, own_fields_first, shown
from tszoo.storage.bounds import MOST_CHANNELS, MOST_CLASSES, MOST_LENGTH
from tszoo.storage.checks import plain

if TYPE_CHECKING:
    from tszoo.nets.network import Network

# name: module and class
ARCHITECTURES: dict[str, str] = {
    "inception": "tszoo.nets.inception:Inception",
    "fcn": "tszoo.nets.fcn:FCN",
    "resnet": "tszoo.nets.resnet:ResNet",
    "convtimenet": "tszoo.nets.convtimenet:ConvTimeNet",
    "mlp": "tszoo.nets.mlp:MLP",
}

MOST_PARAMETERS = 100_000_000  # 400 MB of float32, some 50 times the largest network here


def network_class(architecture: str) -> type[Network]:
    """Import the class of an architecture.

    Raises
    ------
    ModelError
        If there is no architecture of that name; the message lists the names there are.
    """
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        names = ", ".join(sorted(ARCHITECTURES))
        msg = f"unknown architecture {shown(architecture)}; there are {names}."
        raise ModelError(msg)
    module, _, name = ARCHITECTURES[architecture].partition(":")
    network: type[Network] = getattr(import_module(module), name)
    return network


def network_config(
    architecture: str, architecture_args: Mapping[str, Any] | None = None
) -> NetworkConfig:
    """Read and check an architecture's arguments; missing ones take the paper's values.

    Raises
    ------
    ModelError
        If the architecture is unknown, or an argument is unknown, of the wrong type or out of
        range.
    """
    config_class = network_class(architecture).config_class
    if isinstance(architecture_args, Mapping):
        architecture_args = {name: plain(value) for name, value in architecture_args.items()}
    return config_from_args(architecture, config_class, architecture_args)


def args_of(config: NetworkConfig) -> dict[str, Any]:
    """Return a config as JSON values, which ``network_config`` reads.

    What all networks share is among them only where it differs from the default.
    """
    defaults = {parameter.name: parameter.default for parameter in fields(NetworkConfig)}
    args: dict[str, Any] = {}
    for parameter in own_fields_first(type(config)):
        value = getattr(config, parameter.name)
        if parameter.name in defaults and value == defaults[parameter.name]:
            continue
        args[parameter.name] = list(value) if isinstance(value, tuple) else value
    return args


def outline(
    architecture: str,
    architecture_args: Mapping[str, Any] | None,
    n_channels: int,
    n_classes: int,
    *,
    length: int | None = None,
) -> Network:
    """Make a network whose weights have shapes but no memory, on PyTorch's meta device.

    Parameters
    ----------
    architecture : str
        A name of ``ARCHITECTURES``.
    architecture_args : mapping or None
        What differs from its paper's network.
    n_channels, n_classes : int
        0 classes leave the head without outputs.
    length : int or None
        Points of a series. Only a network with a weight for every point needs it; the others take
        any length.

    Raises
    ------
    ModelError
        As ``network_config``, or if ``n_channels``, ``n_classes`` or ``length`` is out of range or
        missing, or the network would have more than ``MOST_PARAMETERS`` parameters.
    """
    import torch

    kind = network_class(architecture)
    config = network_config(architecture, architecture_args)
    if length is None and not kind.any_length:
        msg = (
            f"{architecture} has a weight for every point of a series; it cannot be built without "
            "their length."
        )
        raise ModelError(msg)
    _require_in_range("n_channels", n_channels, MOST_CHANNELS)
    _require_in_range("n_classes", n_classes, MOST_CLASSES, least=0)
    if length is not None:
        _require_in_range("length", length, MOST_LENGTH)
    with torch.device("meta"):
        network = kind(config, n_channels, n_classes, length)
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    if n_parameters > MOST_PARAMETERS:
        msg = (
            f"{architecture}: these arguments ask for {n_parameters:,} parameters; "
            f"{MOST_PARAMETERS:,} is the most."
        )
        raise ModelError(msg)
    return network


def build(
    architecture: str,
    architecture_args: Mapping[str, Any] | None,
    n_channels: int,
    n_classes: int,
    *,
    length: int | None = None,
) -> Network:
    """Make a network with whatever weights PyTorch starts it with.

    The parameters are those of ``outline``, and so are the errors, which are raised before anything
    of the network's size is allocated.
    """
    from tszoo.nets.random_state import kept_random_state

    outline(architecture, architecture_args, n_channels, n_classes, length=length)
    kind = network_class(architecture)
    config = network_config(architecture, architecture_args)
    with kept_random_state():
        return kind(config, n_channels, n_classes, length)


def _require_in_range(parameter: str, value: int, most: int, *, least: int = 1) -> None:
    if type(value) is not int or not least <= value <= most:
        msg = f"{parameter} must be a whole number from {least} to {most}, not {shown(value)}."
        raise ModelError(msg)
