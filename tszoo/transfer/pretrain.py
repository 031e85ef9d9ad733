"""A source model: an ensemble trained from scratch on one data set."""

from __future__ import annotations

from typing import Any

import torch

from tszoo.data import Dataset, choose_preprocessing
from tszoo.errors import ModelError
from tszoo.models.model import Model
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build, network_class
from tszoo.transfer.fit import fit
from tszoo.transfer.options import FitOptions


def pretrain(
    train: Dataset,
    options: FitOptions,
    *,
    test: Dataset | None = None,
    architecture: str = "inception",
    arguments: dict[str, Any] | None = None,
    published: dict[str, Any] | None = None,
) -> Model:
    """Train an ensemble from scratch (Ismail Fawaz et al. 2020, section 3.2: members differ only in their seed).

    Parameters
    ----------
    train : Dataset
        Labelled series.
    options : FitOptions
    test : Dataset or None
        Read once, to report.
    architecture : str
        A name of ``tszoo.nets.registry.ARCHITECTURES``.
    arguments : dict or None
        What differs from the paper's network.
    published : dict or None
        A published result to stand beside this one on the card.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        If the data, the architecture or the options cannot be used, or training fails.
    """
    check_lengths(train, architecture)

    def make_member(_: int, generator: torch.Generator) -> Network:
        network = build(architecture, arguments, train.n_channels, train.n_classes, length=train.length)
        initialize(network, generator)
        return network

    preprocessing = choose_preprocessing(train)
    return fit(train, test, architecture, arguments, preprocessing, make_member, options, published=published)


def check_lengths(train: Dataset, architecture: str) -> None:
    """Raise ModelError if the architecture cannot take series of these lengths."""
    if train.is_unequal and not network_class(architecture).any_length:
        msg = (
            f"{architecture} takes series of one length, those of {train.name} have {train.lengths.min()} to "
            f"{train.length} points. Choose another architecture."
        )
        raise ModelError(msg)
