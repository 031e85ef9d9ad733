"""``tszoo pretrain``: sources for a zoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer

from tszoo.cli.fitting import Reading, clear_away, read_settings, say_what_is_replaced
from tszoo.cli.options import (
    ArchitectureName,
    Archive,
    BatchSize,
    CheckpointSeconds,
    Device,
    Epochs,
    Json,
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
    Split,
    TensorBoardFolder,
    Unequal,
    Validation,
)
from tszoo.cli.output import describe, print_json
from tszoo.cli.picture import picture_of
from tszoo.cli.watching import Files, Run, watching
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.transfer.options import FitOptions

    Fit = Callable[[FitOptions], Model]


def pretrain(
    data: Annotated[
        list[str],
        typer.Argument(metavar="DATA...", help="One data set or more.", show_default=False),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(metavar="ZOO", help="The zoo's folder; made when needed.", show_default=False),
    ],
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
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train sources into a zoo: weights, config, prototypes and card of each.

    With --resume, models that the zoo has are left alone, and what was interrupted goes on. Of
    several models, each has files of its own: its name in the log's, and a folder in each folder.

    Examples: tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --recipe
    converged --resume
      |   tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --arch convtimenet --joint pair
    """
    from tszoo.training.recipe import default_recipe
    from tszoo.transfer.joint import pretrain_joint
    from tszoo.transfer.options import FitOptions, adjusted_recipe
    from tszoo.transfer.pretrain import pretrain as train
    from tszoo.transfer.published import read_published
    from tszoo.zoo.names import check_name

    for option, given in (("--published", published), ("--validation", validation)):
        if joint is not None and given is not None:
            msg = (
                f"{option} is of one data set, and a joint model has several. Leave one of the two "
                "out."
            )
            raise OptionError(msg)
    figures = {} if published is None else read_published(published)
    reading = Reading(archive, label_column, unequal, split)
    changes, arguments = read_settings(settings)
    plain: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
    }
    options = FitOptions(
        recipe=adjusted_recipe(
            adjusted_recipe(recipe or default_recipe(arch), architecture=arch, **changes), **plain
        ),
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

    def prepared_joint(job: _Job) -> _Prepared:
        sets, tests = [reading.train(one) for one in data], [reading.test(one) for one in data]
        fit = partial(pretrain_joint, sets, tests=tests, name=str(joint), **network)
        return _Prepared(sets, fit, options, _described(options, job.place, arch, sets))

    def prepared(job: _Job) -> _Prepared:
        dataset, held = reading.validated(job.reference, validation, seed)
        fit = partial(
            train,
            dataset,
            test=reading.test(job.reference),
            published=figures.get(dataset.name),
            **network,
        )
        described = {**_described(options, job.place, arch, [dataset]), "validation": validation}
        return _Prepared([dataset], fit, replace(options, validation=held), described)

    if joint is not None:
        jobs = [_Job(joint, out / check_name(f"{arch}.{joint}"), files)]
    else:
        names = _told_apart(
            {one: _check_data(reading, one, validation, seed, arch) for one in data}
        )
        jobs = [
            _Job(one, out / name, files.of(name) if len(names) > 1 else files)
            for one, name in names.items()
        ]
    to_do = [
        job for job in jobs if not _is_there(job, resume=resume)
    ]  # all of them, before the hours of the first
    for job in to_do:
        ready = prepared(job) if joint is None else prepared_joint(job)
        count = f"{jobs.index(job) + 1} of {len(jobs)}: " if joint is None else ""
        for one in () if quiet or as_json else ready.sets:
            typer.echo(one_line(f"{count}{describe(one)}"), err=True)
        model = _make(job, ready, quiet=quiet or as_json)
        if not as_json:
            typer.echo(f"{job.place.name}: {_summary(model)}")
    if as_json:
        print_json(
            {
                "zoo": str(out),
                "models": [_document(job.place, written=job in to_do) for job in jobs],
            }
        )


@dataclass(frozen=True)
class _Job:
    """One of several models: what it learns, where it goes, and where its run is written down."""

    reference: str
    place: Path
    files: Files

    @property
    def kept(self) -> Path:
        """The folder that its run is kept in until it is whole."""
        return self.place.parent / ".training" / self.place.name


class _Prepared(NamedTuple):
    """A model that is about to be trained: on what, how, and what its log says."""

    sets: Sequence[Dataset]
    fit: Fit
    options: FitOptions
    description: dict[str, Any]


def _check_data(
    reading: Reading, reference: str, validation: str | None, seed: int, arch: str
) -> str:
    """Name the model of a data set; an error for one that cannot be learnt.

    Nothing of it is held: the next data set may be as large, and each is read again when its turn
    has come.
    """
    from tszoo.transfer.pretrain import preprocessing_for
    from tszoo.zoo.names import name_for

    dataset, _ = reading.validated(reference, validation, seed)
    dataset.require_labels()
    preprocessing_for(dataset, arch, unequal=False)
    reading.test(reference)
    return name_for(f"{arch}.{dataset.name}")


def _told_apart(names: dict[str, str]) -> dict[str, str]:
    """Give models' names, by reference, back.

    DataError if not every system can tell two of them apart.
    """
    known: dict[str, str] = {}
    for reference, name in names.items():
        other = known.setdefault(name.casefold(), reference)
        if other != reference:
            msg = (
                f"{other} and {reference} would both be {name}; rename one, or train it into "
                "another zoo."
            )
            raise DataError(msg)
    return names


def _make(job: _Job, ready: _Prepared, *, quiet: bool) -> Model:
    """Train one model and put it into the zoo."""
    from tszoo.zoo.local import add_model

    options = ready.options
    say_what_is_replaced(job.kept, options.resume)
    run = Run(
        ready.sets[0], options.members, job.place, job.kept, options.resume, ready.description
    )
    with watching(run, job.files, quiet=quiet) as watchers:
        model = ready.fit(replace(options, folder=job.kept, watchers=watchers))
    add_model(job.place.parent, model, picture=picture_of(model))
    clear_away(job.kept)
    with suppress(OSError):  # it may never have come to be, or hold what another process keeps
        job.kept.parent.rmdir()
    return model


def _described(
    options: FitOptions, place: Path, arch: str, sets: Sequence[Dataset]
) -> dict[str, Any]:
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


def _is_there(job: _Job, *, resume: bool) -> bool:
    """Whether a run that goes on finds its model done.

    An error if a run that begins cannot put its model there.
    """
    from tszoo.models.folder import check_target, is_model_folder
    from tszoo.training.run_folder import check_kept

    place = job.place
    if is_model_folder(place):
        if not resume:
            mend = "Delete it, name another zoo, or pass --resume to leave it as it is."
            msg = f"{place}: there is a model already. {mend}"
            raise ModelError(msg)
        typer.echo(f"{place.name}: already in {place.parent}", err=True)
        return True
    check_target(place.absolute(), overwrite=False)
    check_kept(job.kept)
    job.files.check(place, job.kept, resume=resume)
    return False


def _document(place: Path, *, written: bool) -> dict[str, Any]:
    """Say of a model in the zoo what it reached, and whether it was trained just now."""
    from tszoo.models.folder import load_config

    config = load_config(place)
    results, training = config.results, config.training
    document: dict[str, Any] = {
        "model": place.name,
        "written": written,
        "dataset": config.trained_on.dataset,
        "members": config.members,
        "epochs": max(training.get("epochs") or [0]),
        "train_loss": results.get("train_loss"),
        "train_accuracy": results.get("train_accuracy"),
        "seconds": training.get("seconds"),
        "device": training.get("device"),
    }
    if "accuracy" in results:
        document["test"] = {
            key: results.get(key) for key in ("accuracy", "n_series", "member_accuracy")
        }
    return document


def _summary(model: Model) -> str:
    results, circumstances = model.config.results, model.config.training
    judged = f"test accuracy {results['accuracy']:.4f}, " if "accuracy" in results else ""
    over = (
        f" of {len(model.config.trained_on.parts)} data sets"
        if model.config.trained_on.parts
        else ""
    )
    return (
        f"{judged}training accuracy {results['train_accuracy']:.4f} on "
        f"{model.config.trained_on.n_series} series{over}, {max(circumstances['epochs'])} epochs, "
        f"{circumstances['seconds']:.0f} s"
    )
