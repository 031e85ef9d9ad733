"""From a network that was trained elsewhere, in a loop of one's own, to a model."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from torch import nn

from tszoo.data import Dataset, choose_preprocessing
from tszoo.errors import ModelError, OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.module import SeriesModule
from tszoo.models.record import ModelRecipe, TrainedOn, TrainingRecipe
from tszoo.nets.registry import args_of, network_config
from tszoo.similarity.prototypes import compute_prototypes
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer.describe import training_record
from tszoo.transfer.prepare import prepared
from tszoo.transfer.results import reached, trained_results


def model_from_network(network: nn.Module, target: Dataset, recipe: Recipe) -> Model:
    """Make a model of a module that ``tszoo.create_model`` made and that was trained since.

    Parameters
    ----------
    network : SeriesModule
        It is copied. Where it is wrapped, as by Lightning or Accelerate, the module inside.
    target : Dataset
        The labelled series that it was trained on: they give the labels, in the order of the
        outputs, the prototypes and the accuracy in training.
    recipe : Recipe
        How it was trained, for the model's card; nothing is trained here.

    Raises
    ------
    DataError
        If the target has no labels.
    ModelError
        If the network's outputs or channels are not the target's, or its weights are not finite.
    OptionError
        If it is no such module.
    """
    if not isinstance(network, SeriesModule):
        msg = (
            f"network={type(network).__name__}: expected a module that tszoo.create_model made, "
            "without features_only."
        )
        raise OptionError(msg)
    _check(network, target)
    member = deepcopy(network.network).cpu().eval()
    preprocessing = replace(choose_preprocessing(target), normalize=network.normalize)
    data = prepared(target, network.origin.architecture)
    config = ModelConfig(
        architecture=network.origin.architecture,
        architecture_args=_args(network),
        members=1,
        classes=target.classes,
        n_channels=target.n_channels,
        length=target.length,
        preprocessing=preprocessing,
        recipe=ModelRecipe(training=TrainingRecipe(recipe)),
        trained_on=TrainedOn.of(target),
        base=network.origin.base,
        results=trained_results(reached((member,), data.train)),
        training=replace(training_record(Run()), epochs=(), best_epoch=()),
    )
    return Model(config, (member,), compute_prototypes(target, n_jobs=-1))


def _check(network: SeriesModule, target: Dataset) -> None:
    target.require_labels()
    if network.num_classes != target.n_classes:
        msg = (
            f"network: {network.num_classes} outputs, but {target.name} has {target.n_classes} "
            f"classes. Make it with num_classes={target.n_classes}."
        )
        raise ModelError(msg)
    if network.in_channels != target.n_channels:
        msg = (
            f"network: it takes {network.in_channels} channel(s), but {target.name} has "
            f"{target.n_channels}. Make it with in_channels={target.n_channels}."
        )
        raise ModelError(msg)
    for name, parameter in network.named_parameters():
        if not bool(parameter.isfinite().all()):
            msg = f"network: {name} is not finite; training has diverged."
            raise ModelError(msg)


def _args(network: SeriesModule) -> dict[str, Any]:
    """Say what the network is, and how its head reads the body."""
    member, origin = network.network, network.origin
    args = {
        **origin.architecture_args,
        "readout": member.readout,
        "channels_apart": member.channels_apart > 1,
    }
    if member.readout == "stages":
        args["resampled"] = member.resampled
    return args_of(network_config(origin.architecture, args))
