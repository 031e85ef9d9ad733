"""A model for a target: a source's networks with fresh heads, trained on (Ismail Fawaz et al.

2018, section III).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.nets.network import Network, replace_head
from tszoo.similarity.dtw import Progress
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.epoch import Watcher
from tszoo.training.recipe import Recipe, default_recipe
from tszoo.transfer.combined import fit_both
from tszoo.transfer.fit import fit
from tszoo.transfer.options import FitOptions, adjusted_recipe
from tszoo.transfer.plan import Source, asks_for_training, make_plan
from tszoo.transfer.pretrain import preprocessing_for, pretrain
from tszoo.transfer.readout import fit_readout
from tszoo.transfer.start import start_from
from tszoo.zoo.find import Zoo


def finetune(
    target: Dataset,
    source: Source | Sequence[Source] = "auto",
    *,
    zoo: Zoo = None,
    head: str | None = None,
    diverse: int | None = None,
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
    unequal: bool = False,
    cache: Path | None = None,
    prototypes: Prototypes | None = None,
    progress: Progress | None = None,
) -> Model:
    """Fit a model to a target.

    Parameters
    ----------
    target : Dataset
        Labelled training series.
    source : str, Path or Model, or a sequence of them
        A model's name in the zoo, a model folder, ``hf://ORG/NAME`` or a loaded model; ``"auto"``
        does what ``tszoo.recommendation.advise`` finds best, which may be to do without a source;
        ``"none"`` starts from scratch. Of several, which must be networks of one shape, member k
        starts from source k modulo their number.
    zoo : str, Path, Catalogue or None
        Where names are looked up: a folder, ``hf://ORG`` or an open zoo; None is the embedded one.
    head : {"softmax", "ridge", "both"} or None
        What stands on the features: a softmax layer that is trained together with the body, or a
        ridge classifier on the features of all stages of the body, which stays as it is, also where
        it is an untrained one. Both is half of the members with a ridge head and half of them
        trained from scratch; see `tszoo.transfer.combined`. None is what is best for ``"auto"``,
        but softmax where a source is named or anything is said of the training.
    diverse : int or None
        With ``"auto"``, how many sources the members may start from. None is the best 5 for a ridge
        head, where the best of them is better than an untrained body on the target's own series,
        and 1 for training.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    epochs, batch_size, learning_rate
        In place of the recipe's.
    members : int or None
        Networks in the ensemble; the members that start from one source take its members in turn.
        None is 5, or one a source if those are more; of ridge heads no more than the sources have
        networks, and one a source on more than 2,000 series.
    recipe : str, Recipe or None
        One of ``tszoo.training.recipe.NAMES``, or any recipe. None is ``"finetune"`` from a source,
        ``"fast"`` from scratch, and the paper's for an MLP.
    architecture, arguments
        The network, and what differs from its paper's, when starting from scratch.
    freeze : bool
        Train the head alone; the body stays as it is.
    seed, device, precision, folder, resume, checkpoint_seconds, watchers, validation, side_by_side,
    unequal
        See FitOptions. With ``"auto"``, sources are probed on the device too.
    cache : Path or None
        With ``"auto"``, a folder where results of probing are kept for the next time; None keeps
        none.
    prototypes : Prototypes or None
        What ``compute_prototypes(target)`` gives, where it is known; None computes it, if the
        advice did not.
    progress : callable or None
        Called with (steps done, steps in all) while sources are compared, and then with the members
        of a ridge head.

    Returns
    -------
    Model

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, the source or the options cannot be used, or training fails.
    """
    given = asks_for_training(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        recipe=recipe,
        freeze=freeze,
        validation=validation,
        watchers=watchers,
        resume=resume,
        side_by_side=side_by_side,
        precision=precision,
    )
    if head == "ridge" and given is not None:
        msg = (
            f"{given} does not go with a ridge head, which is computed, not trained. Leave it out."
        )
        raise OptionError(msg)
    wanted = head or (given and "softmax")
    plan = make_plan(
        target,
        source,
        wanted,
        zoo=zoo,
        diverse=diverse,
        members=members,
        cache=cache,
        device=device,
        progress=progress,
    )
    count = members if members is not None else plan.default_members
    origins = plan.sources_of(count)
    known = prototypes or plan.prototypes
    if origins and arguments:
        msg = (
            f"a source's network stays as it is, so {next(iter(arguments))} can be set only from "
            "scratch."
        )
        raise OptionError(msg)
    if plan.head == "ridge":
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
            unequal=unequal,
            prototypes=known,
            progress=progress,
        )
    network = origins[0].config.architecture if origins else architecture
    changes = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    options = FitOptions(
        recipe=adjusted_recipe(
            recipe or default_recipe(network, has_start=bool(origins) and plan.head == "softmax"),
            architecture=network,
            **changes,
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
        unequal=unequal,
    )
    if plan.head == "both":
        if freeze:
            msg = "freeze does not go with both heads: half of the members are trained."
            raise OptionError(msg)
        return fit_both(
            target,
            origins,
            options,
            test=test,
            architecture=architecture,
            arguments=arguments,
            prototypes=known,
        )
    if not origins:
        if freeze:
            msg = "freeze needs a source: an untrained body would stay untrained."
            raise OptionError(msg)
        return pretrain(
            target,
            options,
            test=test,
            architecture=architecture,
            arguments=arguments,
            prototypes=known,
        )
    return adapt(target, origins, options, test=test, freeze=freeze, prototypes=known)


def adapt(
    target: Dataset,
    source: Model | Sequence[Model],
    options: FitOptions,
    *,
    test: Dataset | None = None,
    freeze: bool = False,
    prototypes: Prototypes | None = None,
) -> Model:
    """Put fresh heads on the networks of a source, or of several, and train them on the target.

    Networks that see one channel serve a target of several: each channel goes through the body by
    itself, and the head reads the features of all of them.

    Raises
    ------
    ModelError
        If a source's networks see several channels together and the target has another number of
        them, or if they take series of one length only and the target's have another.
    OptionError
        If sources are not networks of one shape.
    """
    start = start_from([source] if isinstance(source, Model) else source[: options.members], target)
    preprocessing = preprocessing_for(target, start.architecture, unequal=options.unequal)

    def make_member(k: int, generator: torch.Generator) -> Network:
        network = start.network(k)
        replace_head(
            network,
            target.n_classes,
            generator,
            channels_apart=start.channels_apart,
            readout="mean",
        )
        return network

    return fit(
        target,
        test,
        start.architecture,
        start.arguments,
        preprocessing,
        make_member,
        options,
        parents=start.parents,
        trainable="head" if freeze else "all",
        prototypes=prototypes,
    )
