"""A source model: an ensemble trained from scratch on one data set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from tszoo.data import Dataset, Preprocessing, choose_preprocessing
from tszoo.errors import ModelError
from tszoo.models.model import Model
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build, network_class
from tszoo.similarity.prototypes import Prototypes
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
    prototypes: Prototypes | None = None,
) -> Model:
    """Train an ensemble from scratch (Ismail Fawaz et al.

    2020, section 3.2: members differ only in their seed).

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
    prototypes : Prototypes or None
        What ``compute_prototypes(train)`` gives, where it is known; None computes it.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        If the data, the architecture or the options cannot be used, or training fails.
    """
    preprocessing = preprocessing_for(train, architecture, unequal=options.unequal)

    def make_member(_: int, generator: torch.Generator) -> Network:
        network = build(
            architecture, arguments, train.n_channels, train.n_classes, length=train.length
        )
        initialize(network, generator)
        return network

    return fit(
        train,
        test,
        architecture,
        arguments,
        preprocessing,
        make_member,
        options,
        published=published,
        prototypes=prototypes,
    )


def preprocessing_for(train: Dataset, architecture: str, *, unequal: bool) -> Preprocessing:
    """Choose what is done to series.

    ModelError if the architecture cannot take series of these lengths.

    ``unequal`` asks for a model of series of any length, whatever those of ``train`` are.
    """
    chosen = choose_preprocessing(train)
    chosen = replace(chosen, unequal=chosen.unequal or unequal)
    if chosen.unequal and not network_class(architecture).any_length:
        lengths = (
            f"{train.lengths.min()} to {train.length}" if train.is_unequal else "any number of"
        )
        msg = (
            f"{architecture} takes series of one length, those of {train.name} have {lengths} "
            "points. Choose another architecture."
        )
        raise ModelError(msg)
    return chosen
