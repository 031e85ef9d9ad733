"""How large a model's networks are, and how much of a series they see."""

from __future__ import annotations

from typing import NamedTuple

from tszoo.models.config import ModelConfig
from tszoo.nets.registry import outline


class NetworkFacts(NamedTuple):
    """The size of one network of a model.

    Attributes
    ----------
    n_parameters : int
        Numbers that training may change, of one member.
    receptive_field : int
        Points that one point of the last maps sees: ``1 + sum(k_i - 1)`` along the longest way
        through convolutions of lengths ``k_i`` (Ismail Fawaz et al. 2020, section 4.3.2).
    share_of_length : float
        That, as a share of a training series' length (of the longest); above 1 where every point
        of the last maps sees past both ends.
    """

    n_parameters: int
    receptive_field: int
    share_of_length: float


def network_facts(config: ModelConfig) -> NetworkFacts:
    """Work out the size of a model's networks from its config; no weights are needed.

    Raises
    ------
    ModelError
        If the architecture or its arguments are unknown.
    """
    network = outline(
        config.architecture,
        config.architecture_args,
        config.n_channels,
        config.n_classes,
        length=config.length,
    )
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    seen = network.receptive_field()
    return NetworkFacts(n_parameters, seen, seen / config.length)
