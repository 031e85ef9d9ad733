"""Where a universal body starts: random weights, or the body of a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch

from tszoo.data.ucr.table import is_kin
from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import Base, TrainedPart
from tszoo.nets.network import Body, initialize
from tszoo.nets.network_config import READS_LESS
from tszoo.nets.registry import build, network_class
from tszoo.transfer.ensemble import complete_args


@dataclass(frozen=True)
class FreshBody:
    """A body with random weights.

    Attributes
    ----------
    architecture : str
        A name of ``tszoo.nets.registry.ARCHITECTURES``, of a network that takes any length.
    network : mapping or None
        What differs from the paper's network.
    """

    architecture: str = "inception"
    network: Mapping[str, Any] | None = None

    def complete_args(self) -> dict[str, Any]:
        """Return all arguments of the network, but what its head reads."""
        return complete_args(self.architecture, self.network)


@dataclass(frozen=True, eq=False)
class StartBody:
    """A body that training starts from.

    Attributes
    ----------
    body : Body
        On the CPU; not shared with anything.
    fresh : FreshBody
        The same body with random weights.
    base : Base or None
        The model that it comes from.
    parts : tuple of TrainedPart
        The data sets that that model has learnt.
    """

    body: Body
    fresh: FreshBody
    base: Base | None = None
    parts: tuple[TrainedPart, ...] = ()

    def knows(self, dataset: str) -> bool:
        """Tell whether the body has learnt a data set of that name, or kin of it."""
        return any(is_kin(dataset, part.dataset) for part in self.parts)

    def describe(self) -> list[Any]:
        """Tell a start from any other, as JSON values."""
        digest = hashlib.sha256()
        for tensor in self.body.state_dict().values():
            digest.update(tensor.contiguous().numpy().tobytes())
        return [self.fresh.architecture, self.fresh.complete_args(), digest.hexdigest()]


def start_body(start: str | FreshBody | Model, seed: int) -> StartBody:
    """Make the body that training starts from; ``seed`` is that of random weights.

    Raises
    ------
    ModelError
        If the network takes series of one length only, or sees several channels together, or its
        arguments are wrong.
    """
    if isinstance(start, Model):
        return _of_model(start)
    fresh = FreshBody(start) if isinstance(start, str) else start
    _check_any_length(fresh.architecture)
    network = build(fresh.architecture, fresh.complete_args(), 1, 1)
    initialize(network.body, torch.Generator().manual_seed(seed))
    return StartBody(network.body, fresh)


def _of_model(source: Model) -> StartBody:
    config = source.config
    _check_any_length(config.architecture)
    if source.networks[0].channels_together > 1:
        msg = (
            f"{config.name} sees {source.networks[0].channels_together} channels together, and a "
            "universal body sees one. Choose another source."
        )
        raise ModelError(msg)
    args = complete_args(config.architecture, config.architecture_args)
    for of_the_head in READS_LESS | {"channels_apart", "nuisances", "level"}:
        args.pop(of_the_head, None)
    body = deepcopy(source.networks[0].body).cpu().requires_grad_(True)
    fresh = FreshBody(config.architecture, args)
    return StartBody(body, fresh, source.as_base, _learnt(config))


def _learnt(config: ModelConfig) -> tuple[TrainedPart, ...]:
    """List the data sets that a model has learnt: its parts, or its only one."""
    data = config.trained_on
    if data.parts or config.is_universal:
        return data.parts
    part = TrainedPart(data.dataset, data.n_series, config.n_classes, config.length, data.sha256)
    return (part,)


def _check_any_length(architecture: str) -> None:
    if not network_class(architecture).any_length:
        msg = (
            f"{architecture} takes series of one length only, so its body cannot be universal. "
            "Choose another architecture."
        )
        raise ModelError(msg)
