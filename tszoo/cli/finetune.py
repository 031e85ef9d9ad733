"""``tszoo finetune``: a model for your data."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.alone import alone_in
from tszoo.cli.cache import probe_cache
from tszoo.cli.estimates import say_estimate
from tszoo.cli.fitting import (
    WatchedBy,
    clear_away,
    devices_of,
    held_out_figures,
    keeping,
    reached,
    run_of,
    say_what_is_replaced,
    settings_of,
    snapshots_of,
)
from tszoo.cli.options import (
    WHAT,
    Data,
    Output,
    Overwrite,
    Reading,
    Training,
    Watching,
    ZooOption,
    as_typed,
    known_architecture,
)
from tszoo.cli.output import counting, describe, print_facts, print_json
from tszoo.cli.picture import picture_of
from tszoo.cli.reading import read_test, read_validated, read_watched, say_copies
from tszoo.cli.run_file import write_run
from tszoo.cli.simplest import recorded_line
from tszoo.cli.translate import translated
from tszoo.cli.watching import Watched, check_files, naming_resume, watching_run
from tszoo.nets.registry import ARCHITECTURES
from tszoo.text import as_word, counted, one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.models.record import Validated, Validation
    from tszoo.training.run import Run
    from tszoo.transfer.plan import Plan


@dataclass(frozen=True)
class Asked:
    """What is to be made."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="DIR", help="Put the model here.", show_default=False),
    ] = None
    source: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Start from this model, from nearest or nearest:2 by DTW, or from none. "
            "(default: auto, what helps most)",
            autocompletion=completion.sources,
            show_default=False,
        ),
    ] = "auto"
    most_sources: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, metavar="K", help="Start from up to K sources, with auto.", show_default=False
        ),
    ] = None
    head: Annotated[
        Optional[Literal["softmax", "ridge", "both"]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="softmax is trained, ridge is computed, both is half of the members each.",
            show_default=False,
        ),
    ] = None
    members: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", help="Make an ensemble of N.", show_default=False),
    ] = None
    freeze: Annotated[bool, typer.Option("--freeze", help="Train the head alone.")] = False
    keep_head: Annotated[
        bool,
        typer.Option(
            "--keep-head", help="Go on with the head of MODEL, on more series of its classes."
        ),
    ] = False
    level: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option(
            metavar="NAME",
            help="Read the level, scale and slope of series, too: yes, no, or auto, where the "
            "left-out error falls clearly.",
            show_default=False,
        ),
    ] = "auto"
    reduce: Annotated[
        Literal["auto", "no"],
        typer.Option(
            metavar="NAME",
            help="Let ridge heads read less of very long series, of many channels and for many "
            "classes, in bounded time and memory: auto, or no, to read all.",
            show_default=False,
        ),
    ] = "auto"
    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            callback=known_architecture,
            autocompletion=completion.architectures,
            help=f"From scratch, use this network: {', '.join(ARCHITECTURES)}.",
            show_default=False,
        ),
    ] = None
    overwrite: Overwrite = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan, and make nothing.")
    ] = False

    @property
    def training_folder(self) -> Path:
        """The folder that a run is kept in until its model is whole."""
        out = self.out or Path()
        return out.with_name(out.name + ".training")


def finetune(
    data: Data,
    *,
    ctx: typer.Context,
    asked: Asked,
    training: Training,
    watching: Watching,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Fit a model to your data, from the source that helps most, or from none if none would help.

    The plan is printed first. A test split beside the data is read once, at the end.

    Example: tszoo finetune my.csv --dry-run
    Example: tszoo finetune my.csv --out my-model
    Example: tszoo finetune my.csv --source nearest --out my-model
    Example: tszoo finetune more.csv --source my-model --keep-head --out newer-model
    """
    from tszoo.training.run import Run
    from tszoo.transfer.planning import make_plan

    started = time.perf_counter()
    if watching.resume and _is_done(asked):
        _say_done(asked, as_json=output.as_json)
        return
    _check_places(asked, watching)
    target, held_out = read_validated(data, watching.validation, reading, training.seed)
    series = WatchedBy(held_out, read_watched(watching.watch, reading, target))
    test = read_test(data, reading, target)
    recipe, network = settings_of(training)
    silent = output.is_silent
    searching = Run(**devices_of(training), cache=probe_cache(), jobs=watching.jobs)
    say_estimate(target, zoo, run=searching, quiet=silent or asked.source != "auto")
    with counting("sources", quiet=silent or asked.source != "auto") as progress:
        plan = make_plan(
            target,
            asked.source,
            zoo=zoo,
            head=asked.head,
            members=asked.members,
            most_sources=asked.most_sources,
            architecture=asked.arch,
            network=network,
            recipe=recipe or None,
            freeze=asked.freeze,
            keep_head=asked.keep_head,
            level=asked.level,
            reduce=asked.reduce,
            class_weight=training.class_weight,
            seed=training.seed,
            run=replace(searching, progress=progress),
        )
    if asked.dry_run:
        _print_plan(plan, as_json=output.as_json, err=False)
        return
    if not silent:
        typer.echo(one_line(describe(target)), err=True)
        say_copies(target)
        if held_out is not None:
            typer.echo(one_line(f"validation: {describe(held_out)}"), err=True)
        _print_plan(plan, as_json=False, err=True)
    out = asked.out or Path()
    folder = asked.training_folder
    run = run_of(training, watching, folder, series)
    with alone_in(folder), naming_resume(folder):
        model = _fit(plan, target, test, run, asked, watching, quiet=silent)
        with keeping(model, out.name):
            model.save(out, overwrite=asked.overwrite, picture=picture_of(model))
    write_run(ctx, out)
    _write_plan(out, plan)
    if plan.ensemble.n_trained:
        clear_away(folder)
    document = _document(model, plan, out, time.perf_counter() - started)
    if output.as_json:
        print_json(document)
        return
    turn = "series" if target.group_codes is None else "group"
    _print(model, plan, document, turn)
    typer.echo(_next(out, reading.labels is not None, as_typed(_for_new_data(model, reading))))


def _write_plan(out: Path, plan: Plan) -> None:
    """Write the plan beside the model, for ``tszoo report``; the model is there without it."""
    from tszoo.storage.files import reason
    from tszoo.storage.layout import PLAN
    from tszoo.transfer.plan_file import write_plan

    try:
        write_plan(out, plan)
    except OSError as error:
        typer.echo(f"{out / PLAN}: cannot be written ({reason(error)}).", err=True)


def _for_new_data(model: Model, reading: Reading) -> Reading:
    """Return what has to be said of new data: nothing that the model remembers of a table.

    A file of labels belongs to the series that were learnt, and not to new ones.
    """
    if model.config.reading is None:
        return replace(reading, archive=None, split=None, unequal=None, labels=None)
    return Reading(encoding=reading.encoding)


def _is_done(asked: Asked) -> bool:
    """Whether a run that goes on finds its model done, and nothing left of the run."""
    from tszoo.models.load import is_model_folder
    from tszoo.training.run_folder import holds_run

    if asked.out is None or asked.dry_run or asked.overwrite:
        return False
    return is_model_folder(asked.out) and not holds_run(asked.training_folder)


def _say_done(asked: Asked, *, as_json: bool) -> None:
    typer.echo(f"{asked.out}: done already", err=True)
    if as_json and asked.out is not None:
        print_json({"model": str(asked.out), "written": False, **reached(asked.out)})


def _check_places(asked: Asked, watching: Watching) -> None:
    """Raise an error, before the work, if something cannot be written where it is to go."""
    from tszoo.models.save import check_target
    from tszoo.training.run_folder import check_kept

    if asked.out is None:
        if asked.dry_run:
            return
        msg = "Missing option '--out': the folder to make."
        raise typer.BadParameter(msg)
    if asked.dry_run:
        return
    check_target(asked.out.absolute(), asked.overwrite)
    check_files(watching, asked.out, asked.training_folder)
    if asked.head != "ridge":
        check_kept(asked.training_folder)


def _print_plan(plan: Plan, *, as_json: bool, err: bool) -> None:
    if as_json:
        print_json(json.loads(plan.to_json()))
        return
    typer.echo(translated(str(plan)), err=err)


def _fit(
    plan: Plan,
    target: Dataset,
    test: Dataset | None,
    run: Run,
    asked: Asked,
    watching: Watching,
    *,
    quiet: bool,
) -> Model:
    """Fit the plan, watched as was asked for; a plan without training has nothing to watch."""
    from dataclasses import replace

    n_trained = plan.ensemble.n_trained
    if n_trained == 0:
        if watching.writes and not quiet:
            typer.echo("nothing is trained, so nothing of it is written down.", err=True)
        run = replace(run, folder=None, resume=False, watched={})
        with counting("prototypes, then bodies", quiet=quiet) as progress:
            return plan.fit(target, test=test, run=replace(run, progress=progress))
    folder = run.folder or Path()
    say_what_is_replaced(folder, run.resume)
    watched = Watched(
        target,
        n_trained,
        asked.out or Path(),
        folder,
        _description(plan, watching),
        WatchedBy(run.validation, run.watched),
    )
    with watching_run(watched, watching, quiet=quiet) as watchers:
        run = replace(run, watchers=watchers, snapshots=snapshots_of(watching, watched.model))
        return plan.fit(target, test=test, run=run)


def _description(plan: Plan, watching: Watching) -> dict[str, Any]:
    """Say what the run is, for its log."""
    ensemble = plan.ensemble
    return {
        "architecture": ensemble.architecture,
        "source": plan.sources[0].name if plan.sources else None,
        "dataset": plan.target.name,
        "n_series": plan.target.n_series,
        "validation": watching.validation,
        "members": ensemble.members,
        "seed": ensemble.seed,
        "recipe": None if ensemble.recipe is None else ensemble.recipe.to_dict(),
    }


def _document(model: Model, plan: Plan, out: Path, seconds: float) -> dict[str, Any]:
    config = model.config
    results, record = config.results, config.training
    document: dict[str, Any] = {
        "model": str(out),
        "source": None if config.base is None else config.base.model,
        "head": plan.head,
        "members": config.members,
        "epochs": max(record.epochs),
        "train_loss": results.train_loss,
        "train_accuracy": results.train_accuracy,
        "seconds": round(seconds, 1),
        "device": record.device,
        "why": plan.reasons["source"],
    }
    if len(plan.sources) > 1:
        document["sources"] = [source.name for source in plan.sources]
    document |= held_out_figures(config)
    if results.simplest is not None:
        document["simplest"] = results.simplest.to_dict()
    values = record.to_dict()
    for key in ("validation", "stopped"):
        if key in values:
            document[key] = values[key]
    if results.accuracy is not None:
        document["test"] = {
            "accuracy": results.accuracy,
            "n_series": results.n_series,
            "member_accuracy": list(results.member_accuracy),
        }
    return document


def _print(model: Model, plan: Plan, document: dict[str, Any], turn: str) -> None:
    from tszoo.transfer.page import beginning

    results, record = model.config.results, model.config.training
    facts: list[tuple[str, object]] = [
        ("source", beginning(plan.sources, plan.ensemble)),
        (
            "trained",
            f"{counted(document['members'], 'member')}, {_done(plan, document['epochs'])}, "
            f"{document['seconds']:.0f} s on {record.device} ({record.precision})",
        ),
        (
            "training",
            f"accuracy {results.train_accuracy or 0.0:.3f}, loss {results.train_loss or 0.0:.4f}",
        ),
    ]
    if document["head"] == "ridge" and results.left_out_accuracy is None:
        facts.append(("left out", "– (one series a class: nothing is left of it)"))
    if results.left_out_accuracy is not None:
        text = f"accuracy {results.left_out_accuracy:.3f}, each {turn} in turn"
        facts.append(("left out", text))
    if record.validation is not None:
        facts.append(("held out", _held_out(record.validation, results.validation)))
    if results.accuracy is not None:
        facts.append(("test", f"accuracy {results.accuracy:.3f} on {results.n_series} series"))
    if results.simplest is not None:
        facts.append(("to beat", recorded_line(results.simplest)))
    facts.append(("saved", document["model"]))
    print_facts(facts)


def _next(out: Path, has_labels_apart: bool, reading: str) -> str:
    """Spell the commands that a model is made for; what is labelled has a file of labels again."""
    place = as_word(str(out))
    labels = " --labels TEST_LABELS" if has_labels_apart else ""
    return (
        f"next: tszoo predict {place} NEW_DATA{reading}   or   tszoo evaluate {place} "
        f"TEST_DATA{labels}{reading}"
    )


def _held_out(series: Validation, reached: Validated | None) -> str:
    """Say which series were held out, and how the model does on them."""
    text = f"{series.n_series} series of {series.dataset}"
    if reached is None:
        return text
    text = f"accuracy {reached.accuracy:.3f}, loss {reached.loss:.4f} on {text}"
    if any(reached.best_epoch):
        best = ", ".join(str(epoch) for epoch in reached.best_epoch if epoch)
        text += f"; members did best in epoch {best}"
    return text


def _done(plan: Plan, n_epochs: int) -> str:
    """Say in a few words what was done to the members."""
    ensemble, epochs = plan.ensemble, counted(n_epochs, "epoch")
    if ensemble.n_trained == 0:
        return "a ridge head each" if ensemble.n_frozen > 1 else "a ridge head"
    if ensemble.n_frozen == 0:
        return epochs
    return f"a ridge head on {ensemble.n_frozen} and {epochs} of the others"
