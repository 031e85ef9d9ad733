"""Decide how much of large series the frozen bodies of a plan read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from tszoo.data import Dataset
from tszoo.nets.stages import POOLINGS
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.start import Start
from tszoo.transfer.trained import fresh_network

# A body reads so many points of the training series, and no series is averaged to fewer than so
# many: those that the archive has are read as they are.
MOST_POINTS_READ = 1 << 19
LEAST_POINTS = 4096
# Channels that are read at most, each by itself, and at least where features would fill the memory.
MOST_CHANNELS_READ = 64
LEAST_CHANNELS_READ = 16
MOST_VALUES = 1 << 27
# A head for more classes than this has so many weights, at most, and reads so many features.
MANY_CLASSES = 1000
MOST_WEIGHTS = 1 << 24
MOST_FEATURES = 4096


class Reading(NamedTuple):
    """What is read of large series.

    Attributes
    ----------
    averaged, channels_read, features_read : int
        See ``tszoo.nets.network_config.NetworkConfig``.
    """

    averaged: int = 1
    channels_read: int = 0
    features_read: int = 0


WHOLE = Reading()


def choose_reading(target: Dataset, start: Start | None, ensemble: Ensemble, wish: str) -> Reading:
    """Choose what frozen bodies read of a target, so that time and memory are bounded.

    Parameters
    ----------
    target : Dataset
    start : Start or None
    ensemble : Ensemble
        Where some of its members are trained, all is read.
    wish : {"auto", "no"}
        Whether to read less of large series.
    """
    if wish == "no" or ensemble.n_trained:
        return WHOLE
    if start is None:
        network = fresh_network(ensemble, target, torch.Generator().manual_seed(0))
    else:
        network = start.member(0, ensemble)
    n_read = network.n_read(target.n_channels)
    channels_read = 0
    if network.channels_together == 1 and n_read > MOST_CHANNELS_READ:
        within = MOST_VALUES // (target.n_series * network.pooled_a_channel)
        channels_read = n_read = min(MOST_CHANNELS_READ, max(within, LEAST_CHANNELS_READ))
    averaged = 1
    longest = max(LEAST_POINTS, MOST_POINTS_READ // (target.n_series * n_read))
    if network.any_length and target.length > longest:
        averaged = -(-target.length // longest)
    features_read = 0
    n_features = min(MOST_FEATURES, MOST_WEIGHTS // target.n_classes) // n_read
    if target.n_classes > MANY_CLASSES and n_features < network.pooled_a_channel:
        # one of every pooling of every stage at least
        features_read = max(n_features, POOLINGS * len(network.body.widths))
    return Reading(averaged, channels_read, features_read)


def reading_of(architecture_args: Mapping[str, Any]) -> Reading:
    """Say what networks of these arguments read."""
    read = {name: architecture_args[name] for name in Reading._fields if name in architecture_args}
    return Reading(**read)


def said(reading: Reading, n_channels: int) -> str:
    """Say in a few words what is read of large series; an empty text for all of it."""
    parts = []
    if reading.channels_read:
        parts.append(f"{reading.channels_read} of {n_channels} channels, evenly spaced")
    if reading.averaged > 1:
        parts.append(f"means of {reading.averaged} points each")
    if reading.features_read:
        parts.append(f"{reading.features_read} features of each channel, evenly spaced")
    return ", ".join(parts)
