"""A network of the zoo as a plain PyTorch module, with the manners of timm (Wightman 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tszoo.data import Preprocessing
from tszoo.errors import ModelError, OptionError
from tszoo.models.record import Base
from tszoo.nets.network import Network, replace_head

# Added to a series' deviation: a constant series becomes zeros.
LEAST_DEVIATION = 1e-8


class Origin(NamedTuple):
    """Where a module's network comes from.

    Attributes
    ----------
    architecture : str
    architecture_args : dict
        What a model's config says of it, but for what the head reads.
    base : Base or None
        The model whose weights it has; None for fresh weights.
    """

    architecture: str
    architecture_args: dict[str, Any]
    base: Base | None


class SeriesModule(nn.Module):
    """One network: a body and a linear head, or no head.

    It takes raw series ``(batch, in_channels, time)``, finite and without padding, and brings each
    channel to mean 0 and standard deviation 1 itself, as the model did that the weights come from.

    Parameters
    ----------
    network : Network
        It is used as it is, not copied.
    origin : Origin
    in_channels : int
    normalize : bool
        Whether to bring channels to mean 0 and standard deviation 1.

    Raises
    ------
    ModelError
        If the network's head reads levels.

    Attributes
    ----------
    num_classes : int
        0 without a head: ``forward`` then gives what a head would read.
    num_features : int
        How many numbers a head reads.
    feature_info : list of dict
        Of every stage of the body: ``num_chs``, its maps, and ``reduction``, how many points of a
        series one point of its maps stands for.
    """

    def __init__(
        self, network: Network, origin: Origin, in_channels: int, *, normalize: bool = True
    ) -> None:
        super().__init__()
        if network.level:
            msg = (
                "this model's head reads level numbers beside its features, which a module of a "
                "network alone has not. Ask for no head, or a fresh one: num_classes=..."
            )
            raise ModelError(msg)
        self.network = network
        self.origin, self.in_channels, self.normalize = origin, in_channels, normalize
        self.num_classes = network.head.out_features

    @property
    def num_features(self) -> int:
        """How many numbers a head reads."""
        return self.network.head.in_features

    @property
    def feature_info(self) -> list[dict[str, int]]:
        """What the maps of every stage are."""
        reduction = 1 if self.network.any_length else 0  # 0: these maps have no time
        widths = self.network.body.widths
        return [{"num_chs": width, "reduction": reduction} for width in widths]

    @property
    def preprocessing(self) -> Preprocessing:
        """What a model says of how it prepares series."""
        return Preprocessing(normalize=self.normalize)

    def forward(self, x: Tensor) -> Tensor:
        """Map series ``(batch, in_channels, time)`` to logits ``(batch, num_classes)``.

        Without a head, to ``(batch, num_features)``.
        """
        return self.forward_head(self.forward_features(x))

    def forward_features(self, x: Tensor) -> Tensor:
        """Map series to what the head pools: the last maps ``(batch, channels, time)``.

        A head on all stages reads poolings of each of them: then it is these, standardised,
        ``(batch, num_features)``.
        """
        x = self._prepared(x)
        if self.network.readout == "stages":
            return self.network.features(x)
        return self.network.activations(x)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        """Map what ``forward_features`` gives to logits, or to what the head reads."""
        if features.dim() == 3:
            features = features.mean(dim=2)
        if pre_logits or self.num_classes == 0:
            return features
        logits: Tensor = self.network.head(features)
        return logits

    def stages(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map series to the maps of every stage, each ``(batch, channels, time)``.

        Of several channels that go through the body one by one, the maps of the first come first.
        """
        x = self._prepared(x)
        return tuple(self._maps(x))

    def get_classifier(self) -> nn.Module:
        """Return the head: a linear layer, or the identity without one."""
        if self.num_classes == 0:
            return nn.Identity()
        return self.network.head

    def reset_classifier(self, num_classes: int, *, seed: int = 0) -> None:
        """Put on a fresh head, Glorot-uniform, that reads the means of the last maps.

        Parameters
        ----------
        num_classes : int
            0 takes the head away, and leaves what it read.
        seed : int
            Of the head's weights.

        Raises
        ------
        OptionError
            If ``num_classes`` is below 0.
        """
        if type(num_classes) is not int or num_classes < 0:
            msg = f"num_classes={num_classes!r}: expected a whole number from 0 up."
            raise OptionError(msg)
        if num_classes:
            device = self.network.head.weight.device
            generator = torch.Generator().manual_seed(seed)
            replace_head(self.network, num_classes, generator, readout="mean")
            self.network.to(device)
        self.num_classes = num_classes

    def _prepared(self, x: Tensor) -> Tensor:
        if x.dim() != 3 or x.shape[1] != self.in_channels:
            msg = (
                f"x of shape {tuple(x.shape)}: expected (batch, {self.in_channels}, time), "
                "channels before points."
            )
            raise OptionError(msg)
        if not self.normalize:
            return x
        centred = x - x.mean(dim=2, keepdim=True)
        deviation = centred.square().mean(dim=2, keepdim=True).sqrt()
        return centred / (deviation + LEAST_DEVIATION)

    def _maps(self, x: Tensor) -> Iterator[Tensor]:
        together = self.network.channels_together
        n_series, _, time = x.shape
        image = x.reshape(-1, together, 1, time)
        for maps in self.network.body.stages(image.contiguous(memory_format=torch.channels_last)):
            yield maps.squeeze(2).reshape(n_series, -1, maps.shape[3])


class StagesModule(nn.Module):
    """The stages of a ``SeriesModule``: what ``create_model(..., features_only=True)`` gives.

    Attributes
    ----------
    feature_info : list of dict
        As of ``SeriesModule``.
    """

    def __init__(self, module: SeriesModule) -> None:
        super().__init__()
        self.module = module

    @property
    def feature_info(self) -> list[dict[str, int]]:
        """What the maps of every stage are."""
        return self.module.feature_info

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map series ``(batch, in_channels, time)`` to maps, each ``(batch, channels, time)``."""
        return list(self.module.stages(x))
