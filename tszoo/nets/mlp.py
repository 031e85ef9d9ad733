"""A feed-forward network on the amplitudes of series (Yantosca, PINNIPED)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tszoo.errors import ModelError
from tszoo.nets.network import Body, Network
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.tracing import is_traced_by_jit

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


@dataclass(frozen=True)
class MLPConfig(NetworkConfig):
    """The network's shape; the default is the largest hidden layer of PINNIPED's study.

    Attributes
    ----------
    widths : tuple of int
        Nodes of each hidden layer.
    activation : {"sigmoid", "tanh", "relu"}
        What follows each hidden layer.
    """

    widths: tuple[int, ...] = (64,)
    activation: str = field(default="sigmoid", metadata={"choices": tuple(ACTIVATIONS)})


class MLPBody(Body):
    """Compression to [0, 1], LayerNorm without weights, and the hidden layers.

    Every channel of every series is compressed by its own range. It does not matter whether the
    series was z-normalised before: that is affine with a positive slope, and moves the range along
    with the points. A constant series becomes zeros. Channels are then put one behind the other,
    and LayerNorm sees all of them together.
    """

    def __init__(self, config: MLPConfig, n_channels: int, length: int) -> None:
        super().__init__()
        self.length = length
        self.points = n_channels * length
        self.widths = config.widths
        self.activation = config.activation
        self.layers = nn.ModuleList(
            nn.Linear(before, after) for before, after in pairwise((self.points, *config.widths))
        )

    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Map series ``(batch, n_channels, 1, length)`` to each hidden layer's output.

        An output is ``(batch, width, 1, 1)``.

        Raises
        ------
        ModelError
            If series have another length than ``length``. A mask means that they are of unequal
            lengths.
        """
        if mask is not None:
            raise self._length_error("series of unequal lengths")
        # a tracer's shapes are no numbers; there, the first layer refuses another length
        if not is_traced_by_jit() and x.shape[3] != self.length:
            raise self._length_error(f"series of {x.shape[3]} points")
        x = compressed(x).flatten(1)
        x = F.layer_norm(x, (self.points,))
        for layer in self.layers:
            x = ACTIVATIONS[self.activation](layer(x))
            yield x[:, :, None, None]

    def receptive_field(self) -> int:
        """Count the points of a whole series: every one is seen."""
        return self.length

    def _length_error(self, series: str) -> ModelError:
        return ModelError(
            f"{series}: this network has a weight for each of {self.length} points, and takes no "
            "other length."
        )


def compressed(x: Tensor) -> Tensor:
    """Bring the last axis to [0, 1] by its own range; what is constant becomes zeros."""
    low, high = x.aminmax(dim=-1, keepdim=True)
    span = high - low
    return (x - low) / torch.where(span > 0, span, 1.0)


class MLP(Network):
    """The body and a linear head."""

    config_class = MLPConfig
    body_class = MLPBody
    any_length = False
