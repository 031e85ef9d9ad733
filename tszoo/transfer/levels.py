"""Decide whether the heads of a plan read levels, by the left-out error of a ridge readout."""

from __future__ import annotations

from typing import NamedTuple

import torch

from tszoo.data import Dataset, choose_preprocessing
from tszoo.data.levels import level_numbers, were_normalised
from tszoo.nets.network import Network
from tszoo.readout.features import extract
from tszoo.readout.few import is_few
from tszoo.readout.levels import Weighed, level_knots, read, weigh_levels
from tszoo.readout.spread import Prior, prior_of
from tszoo.recommendation.sample import sample_series
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.start import Start
from tszoo.transfer.trained import fresh_network

# Size of the sample that decides: one body sees it once.
MOST_SERIES = 500
MOST_POINTS = 1 << 16


class Levels(NamedTuple):
    """Whether heads read levels, and why they do."""

    read: bool
    why: str = ""


def decide_levels(
    wish: str, target: Dataset, start: Start | None, ensemble: Ensemble, device: str
) -> Levels:
    """Decide whether the heads of an ensemble read level numbers.

    Levels that were normalised away before are not looked at, and nothing is computed for them.
    Neither do classes of one or two series say whether levels help. Otherwise the first body that
    members start from, or a random one, is read once with levels and once without.

    Parameters
    ----------
    wish : {"auto", "yes", "no"}
    target : Dataset
    start : Start or None
    ensemble : Ensemble
        Its heads do not read levels yet.
    device : str
        Where the body is run.
    """
    if wish == "yes":
        return Levels(True, 'level="yes" was asked for.')
    if wish == "no" or were_normalised(level_numbers(target)):
        return Levels(False)
    sample = sample_series(target, MOST_SERIES, MOST_POINTS)
    if is_few(sample.require_labels(), sample.group_codes):
        return Levels(False)
    weighed = _weighed(sample, *_body(start, ensemble, target), device)
    if not weighed.helps:
        return Levels(False)
    why = (
        f"with them, the mean squared left-out error of a ridge readout is {weighed.error:.3f} "
        f"instead of {weighed.without:.3f}."
    )
    return Levels(True, why)


def _body(start: Start | None, ensemble: Ensemble, target: Dataset) -> tuple[Network, Prior]:
    """Take the body that the first member starts from, and what it tells of its features."""
    if start is None:
        network = fresh_network(ensemble, target, torch.Generator().manual_seed(ensemble.seed))
    else:
        network = start.member(0, ensemble)
    prior = prior_of(network, target.n_channels)
    network.set_head(target.n_classes, "stages")
    return network, prior


def _weighed(sample: Dataset, network: Network, prior: Prior, device: str) -> Weighed:
    preprocessing = choose_preprocessing(sample)
    extracted = extract(network, sample, preprocessing, device=device, with_logits=False)
    features = extracted.stages
    numbers = level_numbers(sample)
    levels = read(numbers, level_knots(numbers, sample.length))
    labels = sample.require_labels()
    return weigh_levels(features, levels, labels, sample.n_classes, prior, sample.group_codes)
