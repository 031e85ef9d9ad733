"""Say in JSON values what a network is built like, and build one of that shape elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from tszoo.nets.network import Network
from tszoo.nets.registry import ARCHITECTURES, args_of, build, network_class

# What is said of how the head reads the body, beside the body's own arguments.
READ = ("resampled", "level", "averaged", "channels_read", "features_read")


def describe_network(network: Network) -> dict[str, Any]:
    """Describe a network that ``is_describable`` as JSON values, without its weights."""
    body = replace(
        network.config,
        channels_apart=False,
        readout="mean",
        resampled=0,
        level=False,
        averaged=1,
        channels_read=0,
        features_read=0,
    )
    return {
        "architecture": _architecture(network),
        "body": args_of(body),
        "length": network.length,
        "channels_together": network.channels_together,
        "channels_apart": network.channels_apart,
        **{name: getattr(network, name) for name in READ},
        "readout": network.readout,
        "n_classes": network.head.out_features,
        "dtype": str(network.head.weight.dtype).removeprefix("torch."),
    }


def is_describable(network: Network) -> bool:
    """Whether ``describe_network`` can say all of a network, which is an architecture's own."""
    return any(type(network) is network_class(name) for name in ARCHITECTURES)


def described_network(description: Mapping[str, Any]) -> Network:
    """Build the network that ``describe_network`` described, with any weights."""
    network = build(
        description["architecture"],
        description["body"],
        description["channels_together"],
        description["n_classes"],
        length=description["length"],
    )
    network.channels_apart = description["channels_apart"]
    for name in READ:
        setattr(network, name, description[name])
    network.set_head(description["n_classes"], description["readout"])
    return network.to(getattr(torch, description["dtype"]))


def _architecture(network: Network) -> str:
    return next(name for name in ARCHITECTURES if type(network) is network_class(name))
