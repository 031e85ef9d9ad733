"""Where members start: the bodies of one source, or of several of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.models.config import Base
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.nets.registry import args_of, network_config


@dataclass(frozen=True, eq=False)
class Start:
    """Sources whose bodies serve a target.

    Attributes
    ----------
    sources : tuple of Model
        Of one architecture with equal arguments.
    arguments : dict
        The members' architecture arguments, with a head on the means of the last maps.
    channels_apart : int or None
        How many channels will go through a body one by one; None leaves that as it is.
    """

    sources: tuple[Model, ...]
    arguments: dict[str, Any]
    channels_apart: int | None

    @property
    def architecture(self) -> str:
        """The sources' architecture."""
        return self.sources[0].config.architecture

    @property
    def parents(self) -> tuple[Base, ...]:
        """The sources: by address and commit those of the Hub, by name the others."""
        return tuple(source.origin or Base(source.config.name) for source in self.sources)

    def network(self, k: int) -> Network:
        """Copy the network that member k starts from.

        Of source k modulo their number, its members in turn.
        """
        networks = self.sources[k % len(self.sources)].networks
        return deepcopy(networks[k // len(self.sources) % len(networks)])


def start_from(sources: Sequence[Model], target: Dataset) -> Start:
    """Check that sources go together, and that they take the target's series.

    Networks that see one channel serve a target of several: each channel goes through the body by
    itself, and the head reads the features of all of them.

    Raises
    ------
    ModelError
        If a source's networks see several channels together and the target has another number of
        them, or if they take series of one length only and the target's have another.
    OptionError
        If there is no source, or two of them differ in their architecture or its arguments.
    """
    if not sources:
        msg = "no source is named. Name one, or none."
        raise OptionError(msg)
    first = sources[0]
    for source in sources:
        if shape_of(source) != shape_of(first):
            msg = (
                f"{first.config.name} and {source.config.name} are networks of different shapes, "
                "which members of one model cannot start from. Choose sources of one shape."
            )
            raise OptionError(msg)
        _check_fit(target, source)
    arguments = _body_arguments(first)
    if all(source.config.n_channels == target.n_channels for source in sources):
        return Start(tuple(sources), arguments, None)
    return Start(tuple(sources), {**arguments, "channels_apart": True}, target.n_channels)


def shape_of(source: Model) -> tuple[str, dict[str, Any], int]:
    """Tell what sources of one model's members have in common.

    Architecture, the body's arguments, channels it sees.

    Arguments are those of the registry: one that is left out is the same as one that is what it
    would be. What the head reads does not count, for it is not kept.
    """
    return source.config.architecture, _body_arguments(source), source.networks[0].channels_together


def _body_arguments(source: Model) -> dict[str, Any]:
    args = args_of(network_config(source.config.architecture, source.config.architecture_args))
    return {key: value for key, value in args.items() if key != "readout"}


def _check_fit(target: Dataset, source: Model) -> None:
    """Raise ModelError if the source's networks cannot take the target's series."""
    network, config = source.networks[0], source.config
    if network.channels_together > 1 and target.n_channels != config.n_channels:
        msg = (
            f"{config.name} takes series of {config.n_channels} channel(s), {target.name} has "
            f"{target.n_channels}. Choose another source, or none."
        )
        raise ModelError(msg)
    odd = [length for length in target.lengths.tolist() if length != config.length]
    if odd and not network.any_length:
        msg = (
            f"{config.name} takes series of {config.length} points only, {target.name} has one of "
            f"{odd[0]}. Choose another source, or none."
        )
        raise ModelError(msg)
