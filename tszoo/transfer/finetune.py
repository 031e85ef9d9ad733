"""A model for a target: a source's networks with fresh heads, trained on (Ismail Fawaz et al. 2018, section III)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch

from tszoo.data import Dataset, choose_preprocessing
from tszoo.errors import ModelError, OptionError, ZooError
from tszoo.models.config import Parent
from tszoo.models.model import Model
from tszoo.nets.network import Network, replace_head
from tszoo.recommendation.choose import recommend
from tszoo.training.recipe import Recipe, default_recipe
from tszoo.training.report import Watcher
from tszoo.transfer.fit import fit
from tszoo.transfer.options import FitOptions, adjusted_recipe
from tszoo.transfer.pretrain import pretrain
from tszoo.zoo.local import load_model

DEFAULT_MEMBERS = 5


def finetune(
    target: Dataset,
    source: str | Path | Model = "auto",
    *,
    zoo: str | Path | None = None,
    test: Dataset | None = None,
    epochs: int | None = None,
    members: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    recipe: str | Recipe | None = None,
    architecture: str = "inception",
    arguments: dict[str, Any] | None = None,
    freeze: bool = False,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    folder: Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 60.0,
    watchers: Sequence[Watcher] = (),
    validation: Dataset | None = None,
    side_by_side: int | None = None,
) -> Model:
    """Fit a model to a target.

    Parameters
    ----------
    target : Dataset
        Labelled training series.
    source : str, Path or Model
        A model's name in the zoo, a model folder or a loaded model; ``"auto"`` takes the nearest source of the zoo,
        ``"none"`` trains from scratch.
    zoo : str, Path or None
        Where names are looked up; None is the embedded zoo.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    epochs, batch_size, learning_rate
        In place of the recipe's.
    members : int or None
        Networks in the ensemble; member k starts from the source's member k modulo its number. None takes as many
        as the source has, or 5 from scratch.
    recipe : str, Recipe or None
        One of ``tszoo.training.recipe.NAMES``, or any recipe. None is ``"finetune"`` from a source, ``"fast"``
        from scratch, and the paper's for an MLP.
    architecture, arguments
        The network, and what differs from its paper's, when training from scratch.
    freeze : bool
        Train the head alone; the body stays as it is.
    seed, device, precision, folder, resume, checkpoint_seconds, watchers, validation, side_by_side
        See FitOptions.

    Returns
    -------
    Model

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, the source or the options cannot be used, or training fails.
    """
    origin = find_source(target, source, zoo)
    network = architecture if origin is None else origin.config.architecture
    changes = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    options = FitOptions(
        recipe=adjusted_recipe(
            recipe or default_recipe(network, has_start=origin is not None), architecture=network, **changes
        ),
        members=members if members is not None else default_members(origin),
        seed=seed,
        device=device,
        precision=precision,
        folder=folder,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        watchers=watchers,
        validation=validation,
        side_by_side=side_by_side,
    )
    if origin is not None and arguments:
        msg = f"a source's network stays as it is, so {next(iter(arguments))} can be set only from scratch."
        raise OptionError(msg)
    if origin is None:
        if freeze:
            msg = "freeze needs a source: an untrained body would stay untrained."
            raise OptionError(msg)
        return pretrain(target, options, test=test, architecture=architecture, arguments=arguments)
    return adapt(target, origin, options, test=test, freeze=freeze)


def default_members(source: Model | None) -> int:
    """As many members as the source has, so that each starts from its own."""
    return DEFAULT_MEMBERS if source is None else source.config.members


def find_source(target: Dataset, source: str | Path | Model, zoo: str | Path | None = None) -> Model | None:
    """The model that ``source`` means for this target; None for ``"none"``."""
    if isinstance(source, Model):
        return source
    if source == "none":
        return None
    if source == "auto":
        nearest = next((one for one in recommend(target, zoo) if not one.is_target), None)
        if nearest is None:
            msg = f"the zoo's only source is {target.name} itself. Name it with --source, or train from scratch."
            raise ZooError(msg)
        return load_model(nearest.model, zoo)
    return load_model(source, zoo)


def adapt(
    target: Dataset, source: Model, options: FitOptions, *, test: Dataset | None = None, freeze: bool = False
) -> Model:
    """Put fresh heads on a source's networks and train them on the target.

    Networks that see one channel serve a target of several: each channel goes through the body by itself, and the head
    reads the features of all of them.

    Raises
    ------
    ModelError
        If the source's networks see several channels together and the target has another number of them, or if they
        take series of one length only and the target's have another.
    """
    _check_fit(target, source)
    arguments, channels_apart = source.config.architecture_args, None
    if target.n_channels != source.config.n_channels:
        arguments, channels_apart = {**arguments, "channels_apart": True}, target.n_channels

    def make_member(k: int, generator: torch.Generator) -> Network:
        network = deepcopy(source.networks[k % len(source.networks)])
        replace_head(network, target.n_classes, generator, channels_apart=channels_apart)
        return network

    return fit(
        target,
        test,
        source.config.architecture,
        arguments,
        choose_preprocessing(target),
        make_member,
        options,
        parent=Parent(source.config.name, None),
        trainable="head" if freeze else "all",
    )


def _check_fit(target: Dataset, source: Model) -> None:
    """Raise ModelError if the source's networks cannot take the target's series."""
    network, config = source.networks[0], source.config
    seen_together = config.n_channels // network.channels_apart
    if seen_together > 1 and target.n_channels != config.n_channels:
        msg = (
            f"{config.name} takes series of {config.n_channels} channel(s), "
            f"{target.name} has {target.n_channels}. Choose another source, or none."
        )
        raise ModelError(msg)
    odd = [length for length in target.lengths.tolist() if length != config.length]
    if odd and not network.any_length:
        msg = (
            f"{config.name} takes series of {config.length} points only, {target.name} has one of {odd[0]}. "
            "Choose another source, or none."
        )
        raise ModelError(msg)
