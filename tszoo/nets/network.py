"""What every network of the zoo is: a body that gives a series' features, and a linear head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tszoo.errors import ModelError
from tszoo.nets.levels import KNOTS, NUMBERS_A_CHANNEL, WAVES, read_levels
from tszoo.nets.network_config import NetworkConfig
from tszoo.nets.random_state import kept_random_state
from tszoo.nets.reduced import averaged, evenly
from tszoo.nets.stages import POOLINGS, first_difference, point_mask, pool, resample
from tszoo.nets.tracing import is_traced


class Body(nn.Module, ABC):
    """The part of a network that sees series and gives maps, stage by stage.

    Subclasses are made from ``(config, n_channels)``, or, where a network does not take series of
    any length, from ``(config, n_channels, length)``. They set ``widths``, the number of maps of
    every stage.
    """

    widths: tuple[int, ...]

    @property
    def n_features(self) -> int:
        """Number of the last maps."""
        return self.widths[-1]

    @abstractmethod
    def stages(self, x: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Map series ``(batch, n_channels, 1, time)`` to the maps of one stage after the other.

        A stage is what a network of this kind is counted in: a module, a block or a layer. Its maps
        ``(batch, width, 1, time)`` are zero where ``mask`` ``(batch, 1, 1, time)`` is false.
        """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, 1, time)`` to the last stage's maps.

        They are ``(batch, n_features, 1, time)``.
        """
        for maps in self.stages(x, mask):
            last = maps
        return last

    def first_filters(self) -> list[Tensor]:
        """Return the filters that series are read with, one tensor a length.

        Each is ``(n_filters, n_channels, length)``. A network without convolutions has none.
        """
        return []

    @abstractmethod
    def receptive_field(self) -> int:
        """Count the points of a long series that one point of the last maps sees.

        They are ``1 + sum(k_i - 1)`` along the longest way through convolutions of stride 1 and
        lengths ``k_i``.
        """


class Network(nn.Module):
    """A body and a head.

    Subclasses name their ``config_class`` and ``body_class``, and most do nothing else. Inside,
    series are images of height 1, because two-dimensional convolutions in channels-last layout are
    the fast ones on every processor.

    Series of unequal lengths have zeros behind them, and come with their ``lengths`` ``(batch,)``.
    The padding is then kept out of every convolution, batch norm and pooling, so that a series'
    output does not depend on the other series of its batch.

    Parameters
    ----------
    config : NetworkConfig
        With ``channels_apart``, the body takes series of one channel, and each channel goes through
        it by itself.
    n_channels, n_classes : int
    length : int or None
        Points of a series; read only where ``any_length`` is false.

    Attributes
    ----------
    config : NetworkConfig
        What the network was built from; what the head reads may have been changed since.
    length : int or None
        As it was given.
    body : Body
    head : nn.Linear
        From features to logits.
    channels_apart : int
        How many channels go through the body one by one; 1 if all go through it together.
    channels_together : int
        How many channels the body sees at a time.
    readout, resampled, level : str, int, bool
        What the head reads; see NetworkConfig.
    averaged, channels_read, features_read : int
        What is read of large series; see NetworkConfig.
    centre, spread : Tensor, shape (features,)
        What the features of all stages are standardised by; only where the head reads those.
    level_knots : Tensor, shape (KNOTS * n_numbers,)
        Quantiles of the training series' level numbers (``tszoo.nets.levels``); only where the head
        reads levels.
    nuisance : Tensor, shape (config.nuisances, stage_features_a_channel), or None
        Directions of the stage features along which series of one class differ, see
        ``tszoo.readout.nuisance``; only without classes. A head leaves them behind: what it took
        of them is in its weights.
    """

    config_class: ClassVar[type[NetworkConfig]]
    body_class: ClassVar[type[Body]]
    any_length: ClassVar[bool] = True

    body: Body
    head: nn.Linear
    centre: Tensor
    spread: Tensor
    level_knots: Tensor
    nuisance: Tensor | None

    def __init__(
        self, config: NetworkConfig, n_channels: int, n_classes: int, length: int | None = None
    ) -> None:
        super().__init__()
        self.config, self.length = config, length
        self.channels_apart = n_channels if config.channels_apart else 1
        self.channels_together = n_channels // self.channels_apart
        self.resampled, self.level = config.resampled, config.level
        self.averaged, self.channels_read = config.averaged, config.channels_read
        self.features_read = config.features_read
        if self.averaged > 1 and not self.any_length:
            msg = f"averaged={self.averaged}: this network has a weight for every point."
            raise ModelError(msg)
        if self.resampled and not self.any_length:
            msg = f"resampled={self.resampled}: this network takes series of one length only."
            raise ModelError(msg)
        if self.any_length:
            self.body = self.body_class(config, self.channels_together)
        else:
            self.body = self.body_class(config, self.channels_together, length)
        self.set_head(n_classes, config.readout)

    def set_head(self, n_classes: int, readout: str) -> None:
        """Put on a new head that reads the features of all channels.

        Without classes it has no outputs: the head of a universal body. Its weights are whatever
        PyTorch starts them with. PyTorch's global random state is left
        where it is.
        """
        self.readout = readout
        n_features = self.n_apart * self.body.n_features
        centre: Tensor | None = None
        spread: Tensor | None = None
        if readout == "stages":
            n_features = self.n_apart * self.stage_features_a_channel
            centre, spread = torch.zeros(n_features), torch.ones(n_features)
        knots: Tensor | None = None
        if self.level:
            n_numbers = NUMBERS_A_CHANNEL * self.channels_apart * self.channels_together
            knots = torch.zeros(KNOTS * n_numbers)
            n_features += WAVES * n_numbers
        with kept_random_state():
            self.head = nn.Linear(n_features, max(n_classes, 1))
        if n_classes == 0:  # PyTorch warns when it is to fill weights without numbers
            self.head.out_features = 0
            self.head.weight = nn.Parameter(self.head.weight[:0].detach())
            self.head.bias = nn.Parameter(self.head.bias[:0].detach())
        self.register_buffer("centre", centre)
        self.register_buffer("spread", spread)
        self.register_buffer("level_knots", knots)
        nuisance: Tensor | None = None
        if n_classes == 0 and self.config.nuisances:
            nuisance = torch.zeros(self.config.nuisances, self.stage_features_a_channel)
        self.register_buffer("nuisance", nuisance)

    @property
    def n_apart(self) -> int:
        """How many channels go through the body one by one: all, or those that are read."""
        return self.n_read(self.channels_apart * self.channels_together)

    def n_read(self, n_channels: int) -> int:
        """Count how often a series of so many channels goes through the body."""
        if self.channels_together == 1 and 0 < self.channels_read < n_channels:
            return self.channels_read
        return n_channels // self.channels_together

    def points_read(self, length: int) -> int:
        """Count the points that the body reads of a channel of ``length``."""
        return -(-length // self.averaged)

    @property
    def stage_features_a_channel(self) -> int:
        """Count the features of all stages that are read, of each channel that is."""
        n_pooled = self.pooled_a_channel
        if 0 < self.features_read < n_pooled:
            return self.features_read
        return n_pooled

    @property
    def pooled_a_channel(self) -> int:
        """Count the features of all stages of each channel, read or not."""
        views = 4 if self.resampled else 2
        return views * POOLINGS * sum(self.body.widths)

    def which_features(self) -> list[int]:
        """List which features of a channel's stages are read."""
        n_pooled = self.pooled_a_channel
        return evenly(n_pooled, self.stage_features_a_channel % n_pooled)

    @property
    def widest(self) -> int:
        """Count the values that the widest maps have for every point of a series."""
        return max(1, self.n_apart * max(self.body.widths) // self.averaged)

    def reduce(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Take what is read of series ``(batch, n_channels, time)``: some channels, or means."""
        if self.n_apart < self.channels_apart:
            x = x[:, evenly(self.channels_apart, self.n_apart)]
        if self.averaged > 1:
            x, lengths = averaged(x, lengths, self.averaged)
        return x, lengths

    def receptive_field(self) -> int:
        """Count the points of a long series that one point of the last maps sees."""
        return self.body.receptive_field()

    def activations(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to the last layer's maps.

        They are ``(batch, n_features, time)``, where ``n_features`` is the body's, times
        ``n_apart``: with channels apart, the maps of the first channel come first. A network
        without convolutions along time has maps of one point, ``(batch, n_features, 1)``. Where
        points are averaged, time is that of the means.
        """
        return self._activations(*self.reduce(x, lengths))

    def _activations(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        n_series = x.shape[0]
        x, lengths = self._apart(x, lengths)
        maps: Tensor = self.body(_image(x), _mask(lengths, x.shape[2])).squeeze(2)
        return maps.reshape(n_series, -1, maps.shape[2])

    def stage_features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Pool the maps of all stages, of series and then of their first differences.

        Where series are read ``resampled``, too, the same of these comes behind. A body that sees
        one channel takes any number of them, each by itself. The features of the first channel come
        first; of each channel, those of the series; of these, those of the first stage. See
        ``tszoo.nets.stages``.

        Parameters
        ----------
        x : Tensor, shape (batch, n_channels, time)
        lengths : Tensor, shape (batch,), or None

        Returns
        -------
        Tensor, shape (batch, n_features), at least float32
            ``n_features`` is ``n_read(n_channels) * stage_features_a_channel``.
        """
        return self.features_of_reduced(*self.reduce(x, lengths))

    def features_of_reduced(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Compute ``stage_features`` of what ``reduce`` has left of series."""
        n_series = x.shape[0]
        x, lengths = self._apart(x, lengths)
        pooled = self._pooled_stages(x, lengths)
        if self.resampled:
            pooled += self._pooled_stages(resample(x, lengths, self.resampled), None)
        features = torch.cat(pooled, dim=1)
        if self.stage_features_a_channel < self.pooled_a_channel:
            features = features[:, self.which_features()]
        return features.reshape(n_series, -1)

    def _pooled_stages(self, x: Tensor, lengths: Tensor | None) -> list[Tensor]:
        """Pool the maps of each stage, of series and then of their first differences."""
        difference, shorter = first_difference(x, lengths, keep_length=not self.any_length)
        pooled = []
        for series, n_points in ((x, lengths), (difference, shorter)):
            mask = _mask(n_points, series.shape[2])
            pooled += [pool(maps, n_points) for maps in self.body.stages(_image(series), mask)]
        return pooled

    def last_features(self, stage_features: Tensor) -> Tensor:
        """Pick the means of the last maps out of ``stage_features``, as far as those are read."""
        # a channel's features are those of the series first
        end = POOLINGS * sum(self.body.widths)
        n_series = stage_features.shape[0]
        by_channel = stage_features.reshape(n_series, -1, self.stage_features_a_channel)
        before = bisect_left(self.which_features(), end - self.body.n_features)
        return by_channel[:, :, before : bisect_left(self.which_features(), end)].flatten(1)

    def standardize(self, stage_features: Tensor) -> Tensor:
        """Turn ``stage_features`` into what a head on all stages reads."""
        return (stage_features - self.centre) / self.spread

    def with_levels(self, features: Tensor, levels: Tensor | None) -> Tensor:
        """Put what the head reads of level numbers behind features, if it reads any.

        Parameters
        ----------
        features : Tensor, shape (batch, n_features)
            Standardised, where they are those of all stages.
        levels : Tensor, shape (batch, n_numbers), or None
            What ``tszoo.data.levels.level_numbers`` gives.

        Raises
        ------
        ModelError
            If the head reads level numbers, and there are none.
        """
        if not self.level:
            return features
        if levels is None:
            msg = "the head reads level numbers of the series, and levels=None was given."
            raise ModelError(msg)
        return torch.cat((features, read_levels(levels, self.level_knots).to(features.dtype)), 1)

    def features(
        self, x: Tensor, lengths: Tensor | None = None, levels: Tensor | None = None
    ) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to what the head reads, at least float32.

        ``levels`` are their level numbers, for a head that reads those.
        """
        return self.with_levels(self._pooled(x, lengths), levels)

    def _pooled(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if self.readout == "stages":
            return self.standardize(self.stage_features(x, lengths))
        x, lengths = self.reduce(x, lengths)
        maps = self._activations(x, lengths)
        dtype = torch.promote_types(maps.dtype, torch.float32)
        if lengths is None:
            return maps.mean(dim=-1, dtype=dtype)
        return maps.sum(dim=-1, dtype=dtype) / lengths[:, None]  # maps are zero in the padding

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, levels: Tensor | None = None
    ) -> Tensor:
        """Map series ``(batch, n_channels, time)`` to logits ``(batch, n_classes)``, float32."""
        pooled = self.features(x, lengths, levels)
        # three digits of bfloat16 are too few to tell confident logits apart
        with torch.autocast(x.device.type, enabled=False):
            logits: Tensor = self.head(pooled)
        return logits

    def _apart(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Make every channel a series of one channel, for a body that sees one."""
        if self.channels_together > 1:
            return x, lengths
        if lengths is not None:
            lengths = lengths[:, None].expand(-1, x.shape[1]).reshape(-1)
        return x.reshape(-1, 1, x.shape[2]), lengths


def as_lengths(lengths: NDArray[np.int64]) -> Tensor | None:
    """Turn lengths ``(n_series,)`` into what a network takes.

    None if all are equal, for then nothing is masked.
    """
    if (lengths == lengths[0]).all():
        return None
    return torch.from_numpy(lengths.copy())


def _image(x: Tensor) -> Tensor:
    image = x.unsqueeze(2)
    if is_traced():
        return image
    return image.contiguous(memory_format=torch.channels_last)


def _mask(lengths: Tensor | None, time: int) -> Tensor | None:
    """Mark where series are and not padding, ``(batch, 1, 1, time)``; None if nothing is padded."""
    if lengths is None:
        return None
    return point_mask(lengths, time).unsqueeze(1)


def initialize(network: nn.Module, generator: torch.Generator) -> None:
    """Start a network's weights as Keras does.

    Weights are Glorot-uniform (Glorot & Bengio 2010), biases zero, and batch norms the identity.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def replace_head(
    network: Network,
    n_classes: int,
    generator: torch.Generator,
    *,
    channels_apart: int | None = None,
    readout: str | None = None,
) -> None:
    """Put a fresh Glorot-uniform head for ``n_classes`` on the network, in place.

    ``channels_apart`` is how many channels will go through the body one by one, and ``readout`` is
    what the head will read; None leaves either as it is.
    """
    if channels_apart is not None:
        network.channels_apart = channels_apart
    if readout is None:
        readout = network.readout
    network.set_head(n_classes, readout)
    initialize(network.head, generator)
