"""``tszoo pretrain``: sources for a zoo."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli.fitting import Reading, read_settings, say_what_is_replaced
from tszoo.cli.options import (
    ArchitectureName,
    Archive,
    BatchSize,
    CheckpointSeconds,
    Device,
    Epochs,
    LabelColumn,
    LearningRate,
    Log,
    Precision,
    Quiet,
    RecipeName,
    Record,
    Resume,
    Seed,
    Settings,
    SideBySide,
    SnapshotsEvery,
    TensorBoardFolder,
    Unequal,
    Validation,
)
from tszoo.cli.output import describe
from tszoo.cli.picture import picture_of
from tszoo.cli.watching import Files, Run, watching
from tszoo.errors import ModelError, OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.transfer.options import FitOptions

    Fit = Callable[[FitOptions], Model]


def pretrain(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="One data set or more.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(metavar="ZOO", help="The zoo's folder; made when needed.", show_default=False)],
    arch: ArchitectureName = "inception",
    joint: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="One model of all data sets at once, ARCH.NAME, with outputs of its own for each.",
            show_default=False,
        ),
    ] = None,
    members: Annotated[int, typer.Option(min=1, help="Networks in an ensemble.")] = 5,
    recipe: RecipeName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    settings: Settings = None,
    validation: Validation = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    side_by_side: SideBySide = None,
    checkpoint_seconds: CheckpointSeconds = 60.0,
    resume: Resume = False,
    log: Log = None,
    tensorboard: TensorBoardFolder = None,
    record: Record = None,
    snapshots: SnapshotsEvery = None,
    published: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="CSV",
            help="Published results for the cards: columns dataset, name, accuracy, url.",
            show_default=False,
        ),
    ] = None,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
) -> None:
    """Train sources into a zoo: weights, config, prototypes and card of each.

    With --resume, models that the zoo has are left alone, and what was interrupted goes on. Of several models, each
    has files of its own: its name in the log's, and a folder in each folder.

    Examples: tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --recipe converged --resume
      |   tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --arch convtimenet --joint pair
    """
    from tszoo.training.recipe import default_recipe
    from tszoo.transfer.joint import pretrain_joint
    from tszoo.transfer.options import FitOptions, adjusted_recipe
    from tszoo.transfer.pretrain import pretrain as train
    from tszoo.transfer.published import read_published
    from tszoo.zoo.names import check_name, name_for

    for option, given in (("--published", published), ("--validation", validation)):
        if joint is not None and given is not None:
            msg = f"{option} is of one data set, and a joint model has several. Leave one of the two out."
            raise OptionError(msg)
    figures = {} if published is None else read_published(published)
    reading = Reading(archive, label_column, unequal)
    changes, arguments = read_settings(settings)
    plain: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    options = FitOptions(
        recipe=adjusted_recipe(adjusted_recipe(recipe or default_recipe(arch), architecture=arch, **changes), **plain),
        members=members,
        seed=seed,
        device=device,
        precision=precision,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        side_by_side=side_by_side,
    )
    files = Files(log, tensorboard, record, snapshots)
    network: dict[str, Any] = {"architecture": arch, "arguments": arguments}
    if joint is not None:
        place = out / check_name(f"{arch}.{joint}")
        if _is_there(place, resume):
            return
        sets, tests = [reading.train(one) for one in data], [reading.test(one) for one in data]
        for one in () if quiet else sets:
            typer.echo(one_line(describe(one)), err=True)
        fit: Fit = partial(pretrain_joint, sets, tests=tests, name=joint, **network)
        _make(place, sets, options, files, fit, _described(options, place, arch, sets), quiet=quiet)
        return
    for i, reference in enumerate(data, start=1):
        dataset, held = reading.validated(reference, validation, seed)
        place = out / name_for(f"{arch}.{dataset.name}")
        if _is_there(place, resume):
            continue
        test = reading.test(reference)
        if not quiet:
            typer.echo(one_line(f"{i} of {len(data)}: {describe(dataset)}"), err=True)
        fit = partial(train, dataset, test=test, published=figures.get(dataset.name), **network)
        own = files if len(data) == 1 else files.of(place.name)
        description = {**_described(options, place, arch, [dataset]), "validation": validation}
        _make(place, [dataset], replace(options, validation=held), own, fit, description, quiet=quiet)


def _make(
    place: Path,
    sets: Sequence[Dataset],
    options: FitOptions,
    files: Files,
    fit: Fit,
    description: dict[str, Any],
    *,
    quiet: bool,
) -> None:
    """Train one model and put it into the zoo."""
    from tszoo.zoo.local import add_model

    kept = place.parent / ".training" / place.name
    say_what_is_replaced(kept, options.resume)
    run = Run(sets[0], options.members, place, kept, options.resume, description)
    with watching(run, files, quiet=quiet) as watchers:
        model = fit(replace(options, folder=kept, watchers=watchers))
    add_model(place.parent, model, picture=picture_of(model))
    _forget(kept)
    typer.echo(f"{place.name}: {_summary(model)}")


def _described(options: FitOptions, place: Path, arch: str, sets: Sequence[Dataset]) -> dict[str, Any]:
    """Say what a run is, for its log."""
    return {
        "model": place.name,
        "architecture": arch,
        "dataset": ", ".join(one.name for one in sets),
        "n_series": sum(one.n_series for one in sets),
        "members": options.members,
        "seed": options.seed,
        "recipe": options.recipe.to_dict(),
    }


def _is_there(place: Path, resume: bool) -> bool:
    """Whether a run that goes on finds its model done; ModelError if a run that begins finds its place taken."""
    from tszoo.models.folder import is_model_folder

    if not is_model_folder(place):
        return False
    if not resume:
        msg = f"{place}: there is a model already. Delete it, name another zoo, or pass --resume to leave it as it is."
        raise ModelError(msg)
    typer.echo(f"{place.name}: already in {place.parent}", err=True)
    return True


def _summary(model: Model) -> str:
    results, circumstances = model.config.results, model.config.training
    judged = f"test accuracy {results['accuracy']:.4f}, " if "accuracy" in results else ""
    over = f" of {len(model.config.source.parts)} data sets" if model.config.source.parts else ""
    return (
        f"{judged}training accuracy {results['train_accuracy']:.4f} on {model.config.source.n_series} series{over}, "
        f"{max(circumstances['epochs'])} epochs, {circumstances['seconds']:.0f} s"
    )


def _forget(kept: Path) -> None:
    """Remove the checkpoints of a model that is in the zoo, and their folder with the last of them."""
    shutil.rmtree(kept, ignore_errors=True)  # it may never have come to be
    if not any(kept.parent.iterdir()):
        kept.parent.rmdir()
