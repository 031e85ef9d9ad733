"""``tszoo pretrain``: sources for a zoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.alone import alone_in
from tszoo.cli.fitting import (
    WatchedBy,
    clear_away,
    keeping,
    reached,
    run_of,
    say_what_is_replaced,
    settings_of,
    snapshots_of,
)
from tszoo.cli.options import WHAT, Output, Reading, Training, Watching, known_architecture
from tszoo.cli.output import describe, print_json
from tszoo.cli.picture import picture_of
from tszoo.cli.reading import check_labels, read_all, read_test, read_validated, read_watched
from tszoo.cli.run_file import write_run
from tszoo.cli.universal import (
    Order,
    Universal,
    check_with_universal,
    check_without_universal,
    pretrain_a_universal_body,
)
from tszoo.cli.watching import Watched, check_files, files_of, naming_resume, watching_run
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.nets.registry import ARCHITECTURES
from tszoo.storage.bounds import MOST_PROTOTYPES
from tszoo.text import counted, one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.training.run import Run
    from tszoo.transfer.ensemble import Ensemble

    Fit = Callable[[Run], Model]


MEMBERS = 5


@dataclass(frozen=True)
class Sources:
    """Which models are to be made."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Path,
        typer.Option(
            metavar="ZOO",
            help="Put the models into this folder.",
            show_default=False,
        ),
    ]
    arch: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=known_architecture,
            autocompletion=completion.architectures,
            help=f"The network: {', '.join(ARCHITECTURES)}. (default: inception)",
            show_default=False,
        ),
    ] = "inception"
    joint: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Make one model of all data sets, called ARCH.NAME.",
            show_default=False,
        ),
    ] = None
    members: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, metavar="N", help="Make ensembles of N. (default: 5)", show_default=False
        ),
    ] = None
    published: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="CSV",
            help="Put published results on the cards: a table with columns dataset, name, "
            "accuracy, url.",
            show_default=False,
        ),
    ] = None

    prototypes: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_PROTOTYPES,
            metavar="K",
            help="Keep up to K prototypes for each class. (default: 1)",
            show_default=False,
        ),
    ] = 1

    @property
    def n_members(self) -> int:
        """How many members an ensemble has."""
        return self.members or MEMBERS


def pretrain(
    data: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="DATA...", help="One data set or more.", show_default=False),
    ] = None,
    *,
    ctx: typer.Context,
    sources: Sources,
    universal: Universal,
    training: Training,
    watching: Watching,
    reading: Reading,
    output: Output,
) -> None:
    """Train sources into a zoo: weights, config, prototypes and card of each.

    With --resume, models that the zoo has are left alone, and an interrupted run goes on.
    Of several models, each has a log, record and curves of its own, which bear its name.

    Example: tszoo pretrain GunPoint --archive UCRArchive_2018 --out my-zoo
    Example: tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --joint pair
    Example: tszoo pretrain --universal dreamt --synthetic 1 --budget 8m --out my-zoo
    """
    data = data or []
    if universal.universal is not None:
        given = {name: getattr(sources, name) for name in ("joint", "members", "published")}
        given["prototypes"] = sources.prototypes if sources.prototypes > 1 else None
        check_with_universal(given, training, watching)
        order = (data, sources.out, sources.arch, universal, training, watching, reading, output)
        pretrain_a_universal_body(Order(*order, ctx))
        return
    check_without_universal(universal, data)
    _pretrain(data, sources, training, watching, reading, output, ctx)


def _pretrain(
    data: list[str],
    sources: Sources,
    training: Training,
    watching: Watching,
    reading: Reading,
    output: Output,
    ctx: typer.Context,
) -> None:
    """Train a source for each data set, or one for all of them."""
    from tszoo.transfer.pretrain import scratch_ensemble

    _check_joint(sources, watching)
    recipe, network = settings_of(training)
    ensemble = scratch_ensemble(
        sources.arch,
        network,
        sources.n_members,
        recipe or None,
        training.seed,
        training.class_weight,
    )
    order = _Order(data, sources, ensemble, training, watching, reading)
    jobs = order.jobs()
    # all of them are looked at before the hours of the first
    to_do = [job for job in jobs if not _is_there(job, watching)]
    for job in to_do:
        ready = order.prepared(job)
        if not output.is_silent:
            _say_what_is_learnt(ready, "" if sources.joint else _place(job, jobs))
        model = _make(job, ready, quiet=output.is_silent)
        write_run(ctx, job.place)
        if not output.as_json:
            typer.echo(f"{job.place.name}: {_summary(model)}")
    if output.as_json:
        documents = [_document(job.place, written=job in to_do) for job in jobs]
        print_json({"zoo": str(sources.out), "models": documents})


def _place(job: _Job, jobs: list[_Job]) -> str:
    return f"{jobs.index(job) + 1} of {len(jobs)}: "


def _say_what_is_learnt(ready: _Prepared, place: str) -> None:
    for dataset in ready.sets:
        typer.echo(one_line(f"{place}{describe(dataset)}"), err=True)


def _check_joint(sources: Sources, watching: Watching) -> None:
    """Raise OptionError for what is said of one data set where the model learns several."""
    given = (
        ("--published", sources.published),
        ("--validation", watching.validation),
        ("--watch", watching.watch or None),
        ("--draw-every", watching.draw_every),
    )
    for option, value in given:
        if sources.joint is not None and value is not None:
            msg = (
                f"{option} is of one data set, and a joint model has several. Leave one of the two "
                "out."
            )
            raise OptionError(msg)


@dataclass(frozen=True)
class _Job:
    """One of several models: what it learns, where it goes, and where its run is written down."""

    reference: str
    place: Path
    files: Watching

    @property
    def folder(self) -> Path:
        """The folder that its run is kept in until it is whole."""
        return self.place.parent / ".training" / self.place.name


class _Prepared(NamedTuple):
    """A model that is about to be trained: on what, how, and what its log says."""

    sets: Sequence[Dataset]
    fit: Fit
    run: Run
    description: dict[str, Any]


@dataclass(frozen=True)
class _Order:
    """All that was asked for."""

    data: list[str]
    sources: Sources
    ensemble: Ensemble
    training: Training
    watching: Watching
    reading: Reading

    def jobs(self) -> list[_Job]:
        """List the models to make; an error for data that cannot be learnt."""
        from tszoo.zoo.names import check_name

        check_labels(self.data, self.reading)
        out, joint = self.sources.out, self.sources.joint
        if joint is not None:
            place = out / check_name(f"{self.ensemble.architecture}.{joint}")
            return [_Job(joint, place, self.watching)]
        names = _told_apart({reference: self._check_data(reference) for reference in self.data})
        files = dict.fromkeys(names.values(), self.watching)
        if len(names) > 1:
            files = {name: files_of(self.watching, name) for name in names.values()}
        return [_Job(reference, out / name, files[name]) for reference, name in names.items()]

    def _check_data(self, reference: str) -> str:
        """Name the model of a data set; an error for one that cannot be learnt.

        Nothing of it is kept: the next data set may be as large, and each is read again when its
        turn has come.
        """
        from tszoo.data.task import require_task
        from tszoo.transfer.prepare import preprocessing_for
        from tszoo.zoo.names import name_for

        dataset, _ = self._read(reference)
        require_task(dataset)
        preprocessing_for(dataset, self.ensemble.architecture)
        read_test(reference, self.reading)
        return name_for(f"{self.ensemble.architecture}.{dataset.name}")

    def _read(self, reference: str) -> tuple[Dataset, Dataset | None]:
        return read_validated(reference, self.watching.validation, self.reading, self.training.seed)

    def prepared(self, job: _Job) -> _Prepared:
        """Read the data of a model, and say how it is fitted."""
        if self.sources.joint is not None:
            return self._prepared_joint(job)
        from tszoo.transfer.fit import fit_ensemble
        from tszoo.transfer.published import read_published

        figures = {}
        if self.sources.published is not None:
            figures = read_published(self.sources.published)
        train, held_out = self._read(job.reference)
        watched = read_watched(self.watching.watch, self.reading, train)
        test = read_test(job.reference, self.reading)
        published = figures.get(train.name)

        def fit(run: Run) -> Model:
            return fit_ensemble(
                self.ensemble,
                None,
                train,
                test=test,
                run=run,
                published=published,
                per_class=self.sources.prototypes,
            )

        description = self._description(job, [train])
        description["validation"] = self.watching.validation
        return _Prepared([train], fit, self._run(job, WatchedBy(held_out, watched)), description)

    def _prepared_joint(self, job: _Job) -> _Prepared:
        from tszoo.transfer.joint import pretrain_joint

        sets = read_all(self.data, self.reading)
        tests = [read_test(reference, self.reading) for reference in self.data]

        def fit(run: Run) -> Model:
            return pretrain_joint(
                sets,
                self.ensemble,
                name=job.reference,
                tests=tests,
                run=run,
                per_class=self.sources.prototypes,
            )

        return _Prepared(sets, fit, self._run(job, WatchedBy()), self._description(job, sets))

    def _run(self, job: _Job, series: WatchedBy) -> Run:
        return run_of(self.training, self.watching, job.folder, series)

    def _description(self, job: _Job, sets: Sequence[Dataset]) -> dict[str, Any]:
        """Say what a run is, for its log."""
        return {
            "model": job.place.name,
            "architecture": self.ensemble.architecture,
            "dataset": ", ".join(dataset.name for dataset in sets),
            "n_series": sum(dataset.n_series for dataset in sets),
            "members": self.ensemble.members,
            "seed": self.ensemble.seed,
            "recipe": self.ensemble.required_recipe().to_dict(),
        }


def _told_apart(names: dict[str, str]) -> dict[str, str]:
    """Give models' names, by reference, back; DataError if two cannot be told apart everywhere."""
    by_folded: dict[str, str] = {}
    for reference, name in names.items():
        other = by_folded.setdefault(name.casefold(), reference)
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

    members = int(ready.description["members"])
    series = WatchedBy(ready.run.validation, ready.run.watched)
    watched = Watched(ready.sets[0], members, job.place, job.folder, ready.description, series)
    with alone_in(job.folder), naming_resume(job.folder):
        say_what_is_replaced(job.folder, ready.run.resume)
        with watching_run(watched, job.files, quiet=quiet) as watchers:
            snapshots = snapshots_of(job.files, job.place)
            model = ready.fit(replace(ready.run, watchers=watchers, snapshots=snapshots))
        with keeping(model, job.place.name):
            add_model(job.place.parent, model, picture=picture_of(model))
    clear_away(job.folder)
    with suppress(OSError):  # it may never have come to be, or hold what another process keeps
        job.folder.parent.rmdir()
    return model


def _is_there(job: _Job, watching: Watching) -> bool:
    """Whether a run that goes on finds its model done.

    An error if a run that begins cannot put its model there.
    """
    from tszoo.models.load import is_model_folder
    from tszoo.models.save import check_target
    from tszoo.training.run_folder import check_kept

    place = job.place
    if is_model_folder(place):
        if not watching.resume:
            mend = "Delete it, name another zoo, or pass --resume to leave it as it is."
            msg = f"{place}: there is a model already. {mend}"
            raise ModelError(msg)
        typer.echo(f"{place.name}: already in {place.parent}", err=True)
        return True
    check_target(place.absolute(), overwrite=False)
    check_kept(job.folder)
    check_files(job.files, place, job.folder)
    return False


def _document(place: Path, *, written: bool) -> dict[str, Any]:
    """Say of a model in the zoo what it reached, and whether it was trained just now."""
    return {"model": place.name, "written": written, **reached(place)}


def _summary(model: Model) -> str:
    config = model.config
    results, record = config.results, config.training
    scored = ""
    if results.accuracy is not None:
        scored = f"test accuracy {results.accuracy:.4f}, "
    held_out = results.validation
    if held_out is not None:
        scored += f"held-out accuracy {held_out.accuracy:.4f}, loss {held_out.loss:.4f}, "
    n_sets = len(config.trained_on.parts)
    over = f" of {counted(n_sets, 'data set')}" if n_sets else ""
    return (
        f"{scored}training accuracy {results.train_accuracy:.4f} on "
        f"{config.trained_on.n_series} series{over}, {counted(max(record.epochs), 'epoch')}, "
        f"{record.seconds:.0f} s"
    )
