"""Where members start: the bodies of one source, or of several of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.models.model import Model
from tszoo.models.record import Base
from tszoo.nets.network import Network
from tszoo.nets.network_config import READS_LESS
from tszoo.transfer.ensemble import Ensemble, complete_args

# Arguments that say how a head reads a body, whatever the body is.
OF_A_HEAD = frozenset({"resampled", "nuisances", "level"}) | READS_LESS


@dataclass(frozen=True, eq=False)
class Start:
    """Sources whose bodies serve a target.

    Attributes
    ----------
    sources : tuple of Model
        Of one architecture with equal arguments.
    architecture_args : dict
        All arguments of the members' network, but what its head reads. ``resampled`` is that of
        the source that asks for the most points. Levels that a source reads, what it leaves out of
        large series, and directions that it names as nuisance, are not among it.
    channels_apart : int or None
        How many channels will go through a body one by one; None leaves that as it is.
    """

    sources: tuple[Model, ...]
    architecture_args: dict[str, Any]
    channels_apart: int | None

    @property
    def architecture(self) -> str:
        """The sources' architecture."""
        return self.sources[0].config.architecture

    @property
    def bases(self) -> tuple[Base, ...]:
        """The sources: by address and commit those of the Hub, by name the others."""
        return tuple(source.as_base for source in self.sources)

    def source(self, k: int) -> Model:
        """Return the source that member ``k`` starts from."""
        return self.sources[k % len(self.sources)]

    def network(self, k: int) -> Network:
        """Copy the network that member ``k`` starts from.

        Member k starts from source k modulo their number, and takes that source's members in turn.
        """
        networks = self.source(k).networks
        return deepcopy(networks[k // len(self.sources) % len(networks)])

    def member(self, k: int, ensemble: Ensemble) -> Network:
        """Copy the network that member ``k`` starts from, for a new head of the ensemble's kind."""
        network = self.network(k)
        network.resampled = int(ensemble.architecture_args.get("resampled", 0))
        network.level = bool(ensemble.architecture_args.get("level", False))
        network.averaged = int(ensemble.architecture_args.get("averaged", 1))
        network.channels_read = int(ensemble.architecture_args.get("channels_read", 0))
        network.features_read = int(ensemble.architecture_args.get("features_read", 0))
        network.channels_apart = self.channels_apart or network.channels_apart
        return network


def bases_of(start: Start | None) -> tuple[Base, ...]:
    """Return the models that members start from; none for fresh weights."""
    if start is None:
        return ()
    return start.bases


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
    resampled = max(_args_of(source).get("resampled", 0) for source in sources)
    args = {**_args_of(first), "resampled": resampled, "nuisances": 0, "level": False}
    args = {name: value for name, value in args.items() if name not in READS_LESS}
    if all(source.config.n_channels == target.n_channels for source in sources):
        return Start(tuple(sources), args, None)
    return Start(tuple(sources), {**args, "channels_apart": True}, target.n_channels)


def shape_of(source: Model) -> tuple[str, dict[str, Any], int]:
    """Return what sources of one model's members share: architecture, arguments, channels seen.

    An argument that is left out counts as its default. What the head reads, and at what length,
    does not count, for it is not kept.
    """
    args = _args_of(source)
    args = {name: value for name, value in args.items() if name not in OF_A_HEAD}
    return source.config.architecture, args, source.networks[0].channels_together


def _args_of(source: Model) -> dict[str, Any]:
    return complete_args(source.config.architecture, source.config.architecture_args)


def _check_fit(target: Dataset, source: Model) -> None:
    """Raise ModelError if the source's networks cannot take the target's series."""
    network, config = source.networks[0], source.config
    if network.channels_together > 1 and target.n_channels != config.n_channels:
        msg = (
            f"{config.name} takes series of {config.n_channels} channel(s), {target.name} has "
            f"{target.n_channels}. Choose another source, or none."
        )
        raise ModelError(msg)
    others = [length for length in target.lengths.tolist() if length != config.length]
    if others and not network.any_length:
        msg = (
            f"{config.name} takes series of {config.length} points only, {target.name} has one of "
            f"{others[0]}. Choose another source, or none."
        )
        raise ModelError(msg)
