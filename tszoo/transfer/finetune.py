"""A model for a target: a source's networks with fresh heads, trained on (Ismail Fawaz et al. 2018, section III)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tszoo.data import Dataset, choose_preprocessing
from tszoo.errors import OptionError, ZooError
from tszoo.models.model import Model
from tszoo.nets.network import Network, replace_head
from tszoo.recommendation.choose import recommend
from tszoo.training.recipe import Recipe, default_recipe
from tszoo.training.report import Watcher
from tszoo.transfer.fit import fit
from tszoo.transfer.options import FitOptions, adjusted_recipe
from tszoo.transfer.pretrain import pretrain
from tszoo.transfer.readout import fit_readout
from tszoo.transfer.start import start_from
from tszoo.zoo.local import load_model

DEFAULT_MEMBERS = 5
HEADS = ("softmax", "ridge")
Source = str | Path | Model


def finetune(
    target: Dataset,
    source: Source | Sequence[Source] = "auto",
    *,
    zoo: str | Path | None = None,
    head: str = "softmax",
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
    source : str, Path or Model, or a sequence of them
        A model's name in the zoo, a model folder or a loaded model; ``"auto"`` takes the nearest source of the zoo,
        ``"none"`` starts from scratch. Of several, which must be networks of one shape, member k starts from source k
        modulo their number.
    zoo : str, Path or None
        Where names are looked up; None is the embedded zoo.
    head : {"softmax", "ridge"}
        What stands on the features: a softmax layer that is trained together with the body, or a ridge classifier on
        the features of all stages of the body, which stays as it is, also where it is an untrained one.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    epochs, batch_size, learning_rate
        In place of the recipe's.
    members : int or None
        Networks in the ensemble; the members that start from one source take its members in turn. None takes as many
        as the (first) source has, and at least one a source; 5 from scratch.
    recipe : str, Recipe or None
        One of ``tszoo.training.recipe.NAMES``, or any recipe. None is ``"finetune"`` from a source, ``"fast"``
        from scratch, and the paper's for an MLP.
    architecture, arguments
        The network, and what differs from its paper's, when starting from scratch.
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
    if head not in HEADS:
        msg = f"head must be one of {', '.join(HEADS)}, not {head!r}."
        raise OptionError(msg)
    if head == "ridge":
        _refuse_training(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            recipe=recipe,
            freeze=freeze or None,
            validation=validation,
            watchers=watchers or None,
            resume=resume or None,
            side_by_side=side_by_side,
        )
    origins = find_sources(target, source, zoo)
    if origins and arguments:
        msg = f"a source's network stays as it is, so {next(iter(arguments))} can be set only from scratch."
        raise OptionError(msg)
    count = members if members is not None else default_members(origins)
    if head == "ridge":
        return fit_readout(
            target,
            origins,
            members=count,
            seed=seed,
            device=device,
            precision=precision,
            test=test,
            architecture=architecture,
            arguments=arguments,
        )
    network = origins[0].config.architecture if origins else architecture
    changes = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    options = FitOptions(
        recipe=adjusted_recipe(
            recipe or default_recipe(network, has_start=bool(origins)), architecture=network, **changes
        ),
        members=count,
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
    if not origins:
        if freeze:
            msg = "freeze needs a source: an untrained body would stay untrained."
            raise OptionError(msg)
        return pretrain(target, options, test=test, architecture=architecture, arguments=arguments)
    return adapt(target, origins, options, test=test, freeze=freeze)


def _refuse_training(**given: Any) -> None:
    """Raise OptionError for the first option of training that is not None."""
    found = next((name for name, value in given.items() if value is not None), None)
    if found is not None:
        msg = f"{found} does not go with a ridge head, which is computed, not trained. Leave it out."
        raise OptionError(msg)


def default_members(sources: Sequence[Model]) -> int:
    """As many members as the first source has, so that each starts from its own, and at least one a source."""
    return max(sources[0].config.members, len(sources)) if sources else DEFAULT_MEMBERS


def find_sources(
    target: Dataset, source: Source | Sequence[Source], zoo: str | Path | None = None
) -> tuple[Model, ...]:
    """The models that ``source`` means for this target, in order; none for ``"none"``."""
    if isinstance(source, (str, Path, Model)):
        found = find_source(target, source, zoo)
        return () if found is None else (found,)
    models = [find_source(target, one, zoo) for one in source]
    several = tuple(model for model in models if model is not None)
    if not several or len(several) < len(models):
        msg = "several sources are named, and none of them may be 'none'." if models else "no source is named."
        raise OptionError(msg)
    return several


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
    target: Dataset,
    source: Model | Sequence[Model],
    options: FitOptions,
    *,
    test: Dataset | None = None,
    freeze: bool = False,
) -> Model:
    """Put fresh heads on the networks of a source, or of several, and train them on the target.

    Networks that see one channel serve a target of several: each channel goes through the body by itself, and the head
    reads the features of all of them.

    Raises
    ------
    ModelError
        If a source's networks see several channels together and the target has another number of them, or if they
        take series of one length only and the target's have another.
    OptionError
        If sources are not networks of one shape.
    """
    start = start_from([source] if isinstance(source, Model) else source, target)

    def make_member(k: int, generator: torch.Generator) -> Network:
        network = start.network(k)
        replace_head(network, target.n_classes, generator, channels_apart=start.channels_apart, readout="mean")
        return network

    return fit(
        target,
        test,
        start.architecture,
        start.arguments,
        choose_preprocessing(target),
        make_member,
        options,
        parents=start.parents,
        trainable="head" if freeze else "all",
    )
