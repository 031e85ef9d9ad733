"""From an architecture's name and arguments to a network.

The names can be read without PyTorch: a network's module is imported when the network is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tszoo.errors import ModelError
from tszoo.nets.network_config import NetworkConfig, read_arguments, shown, to_arguments
from tszoo.storage.bounds import MOST_CHANNELS, MOST_CLASSES, MOST_LENGTH

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
    """Import the class of that name; ModelError, with the names there are, if there is none."""
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        msg = (
            f"unknown architecture {shown(architecture)}; there are "
            f"{', '.join(sorted(ARCHITECTURES))}."
        )
        raise ModelError(msg)
    module, _, name = ARCHITECTURES[architecture].partition(":")
    found: type[Network] = getattr(import_module(module), name)
    return found


def network_config(architecture: str, args: Mapping[str, Any] | None = None) -> NetworkConfig:
    """Read and check the arguments of an architecture; missing ones take the paper's value.

    Raises
    ------
    ModelError
        If the architecture is unknown, or an argument is unknown, of the wrong type or out of
        range.
    """
    return read_arguments(architecture, network_class(architecture).config_class, args)


def architecture_args(config: NetworkConfig) -> dict[str, Any]:
    """Return the config as JSON values, which ``network_config`` reads."""
    return to_arguments(config)


def outline(
    architecture: str,
    args: Mapping[str, Any] | None,
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
    args : mapping or None
        What differs from its paper's network.
    n_channels, n_classes : int
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

    kind, config = network_class(architecture), network_config(architecture, args)
    sizes = [("n_channels", n_channels, MOST_CHANNELS), ("n_classes", n_classes, MOST_CLASSES)]
    if length is None and not kind.any_length:
        msg = (
            f"{architecture} has a weight for every point of a series; it cannot be built without "
            "their length."
        )
        raise ModelError(msg)
    if length is not None:
        sizes.append(("length", length, MOST_LENGTH))
    for what, value, most in sizes:
        if type(value) is not int or not 1 <= value <= most:
            msg = f"{what} must be a whole number from 1 to {most}, not {shown(value)}."
            raise ModelError(msg)
    with torch.device("meta"):
        made = kind(config, n_channels, n_classes, length)
    n_parameters = sum(parameter.numel() for parameter in made.parameters())
    if n_parameters > MOST_PARAMETERS:
        msg = (
            f"{architecture}: these arguments ask for {n_parameters:,} parameters; "
            f"{MOST_PARAMETERS:,} is the most."
        )
        raise ModelError(msg)
    return made


def build(
    architecture: str,
    args: Mapping[str, Any] | None,
    n_channels: int,
    n_classes: int,
    *,
    length: int | None = None,
) -> Network:
    """Make a network with whatever weights PyTorch starts it with.

    Parameters, and what is raised before anything of the network's size is allocated, are those of
    ``outline``.
    """
    import torch

    outline(architecture, args, n_channels, n_classes, length=length)
    kind, config = network_class(architecture), network_config(architecture, args)
    with torch.random.fork_rng(devices=[]):  # the caller's random state is not ours to advance
        return kind(config, n_channels, n_classes, length)
