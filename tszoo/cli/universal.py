"""``tszoo pretrain --universal``: one body to be read on data that it has never seen."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import typer

from tszoo.cli.alone import alone_in
from tszoo.cli.fitting import WatchedBy, clear_away, run_of, say_what_is_replaced, settings_of
from tszoo.cli.options import Output, Reading, Training, Watching
from tszoo.cli.output import print_json
from tszoo.cli.reading import read_all
from tszoo.cli.run_file import write_run
from tszoo.cli.universal_bar import watching_episodes
from tszoo.errors import ModelError, OptionError
from tszoo.text import counted

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.transfer.universal_start import FreshBody


@dataclass(frozen=True)
class Universal:
    """A universal body, and how it is trained in episodes."""

    panel: ClassVar[str] = "A universal body"

    universal: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Make one body to be read on data that it has never seen, called ARCH.NAME.",
            show_default=False,
        ),
    ] = None
    synthetic: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Share of episodes that are made up; 1 needs no DATA. (default: 0.3)",
            show_default=False,
        ),
    ] = None
    budget: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="TIME", help="Train for 480s, 8m or 2h. (default: 8m)", show_default=False
        ),
    ] = None
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", help="Train for N steps instead.", show_default=False),
    ] = None
    points: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=64,
            metavar="N",
            help="Points a step, 16384 for a CPU of few cores. (default: 262144)",
            show_default=False,
        ),
    ] = None
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="MODEL", help="Start from the body of this model.", show_default=False
        ),
    ] = None
    held_out: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME|N",
            help="Keep this data set, or N of them, to judge the body by. Repeatable. "
            "(default: a tenth of five or more)",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class Order:
    """All that was asked for."""

    data: list[str]
    out: Path
    arch: str
    universal: Universal
    training: Training
    watching: Watching
    reading: Reading
    output: Output
    ctx: typer.Context


def check_without_universal(universal: Universal, data: list[str]) -> None:
    """Raise an error for an option that goes with --universal alone, and without data."""
    for field in fields(universal):
        if getattr(universal, field.name) is not None and universal.universal is None:
            msg = f"{_option(field.name)} goes with --universal NAME only. Leave it out."
            raise OptionError(msg)
    if not data:
        msg = "Missing argument 'DATA...'."
        raise typer.BadParameter(msg)


def check_with_universal(given: dict[str, Any], training: Training, watching: Watching) -> None:
    """Raise OptionError for an option that says nothing of a universal body.

    ``given`` are options of ``tszoo pretrain`` by name, None for those that were left out.
    """
    given = dict(given)
    given |= {name: getattr(training, name) for name in ("recipe", "epochs", "batch_size")}
    given["balance"] = training.balance or None
    files = ("log", "tensorboard", "record", "snapshots", "draw_every")
    others = ("validation", "watch", "side_by_side", "jobs")
    given |= {name: getattr(watching, name) for name in (*files, *others)}
    for name, value in given.items():
        if value is not None:
            msg = f"{_option(name)} says nothing of a universal body (--universal). Leave it out."
            raise OptionError(msg)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def pretrain_a_universal_body(order: Order) -> None:
    """Train a universal body and put it into the zoo.

    Ctrl-C ends training after the step; the body is finished from where it stands, and its run is
    kept.
    """
    from tszoo.transfer.universal import episodic_recipe

    recipe, network = _settings(order)
    episodic_recipe(recipe)
    start = _start(order, network)
    place = order.out / _model_name(order, start)
    folder = order.out / ".training" / place.name
    written = not _is_done(place, folder, order.watching.resume)
    if written:
        _make(order, recipe, start, place, folder)
    if order.output.as_json:
        print_json({"zoo": str(order.out), "models": [_document(place, written=written)]})


def _settings(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the settings into what differs in the recipe and in the network."""
    from tszoo.training.episodic.recipe import EpisodicRecipe

    names = {field.name for field in fields(EpisodicRecipe)}
    recipe, network = settings_of(order.training, names)
    for name in ("synthetic", "points"):
        value = getattr(order.universal, name)
        if value is not None:
            recipe[name] = value
    return recipe, network


def _start(order: Order, network: dict[str, Any]) -> FreshBody | Model:
    from tszoo.transfer.universal_start import FreshBody
    from tszoo.zoo.find import load_model

    if order.universal.source is None:
        fresh = FreshBody(order.arch, network)
        fresh.complete_args()
        return fresh
    if network:
        msg = f"--set {next(iter(network))}: the network is that of --source. Leave one out."
        raise OptionError(msg)
    return load_model(order.universal.source)


def _model_name(order: Order, start: FreshBody | Model) -> str:
    from tszoo.models.model import Model
    from tszoo.zoo.names import check_name

    architecture = order.arch
    if isinstance(start, Model):
        architecture = start.config.architecture
    return check_name(f"{architecture}.{order.universal.universal}")


def _is_done(place: Path, folder: Path, resume: bool) -> bool:
    """Whether a run that goes on finds its model done.

    A model beside an interrupted run is what that run had come to, and is made again. An error if a
    run cannot put its model there.
    """
    from tszoo.models.load import is_model_folder
    from tszoo.models.save import check_target
    from tszoo.training.run_folder import check_kept, holds_run

    check_kept(folder)
    if not is_model_folder(place):
        check_target(place.absolute(), overwrite=False)
        return False
    if not resume:
        mend = "Delete it, name another zoo, or pass --resume to leave it as it is."
        msg = f"{place}: there is a model already. {mend}"
        raise ModelError(msg)
    if holds_run(folder):
        return False
    typer.echo(f"{place.name}: already in {place.parent}", err=True)
    return True


def _make(
    order: Order, recipe: dict[str, Any], start: FreshBody | Model, place: Path, folder: Path
) -> None:
    from dataclasses import replace

    from tszoo.transfer.universal import pretrain_universal
    from tszoo.zoo.local import add_model

    universal, quiet = order.universal, order.output.is_silent
    sets = read_all(order.data, order.reading)
    run = run_of(order.training, order.watching, folder, WatchedBy())
    with alone_in(folder), watching_episodes(quiet=quiet) as watch:
        say_what_is_replaced(folder, run.resume)
        model = pretrain_universal(
            sets,
            name=str(universal.universal),
            start=start,
            recipe=recipe,
            budget=_budget(universal),
            held_out=_held_out(universal.held_out),
            seed=order.training.seed,
            run=replace(run, episodes=watch),
        )
        # within the block: the first Ctrl-C waits here, too
        add_model(order.out, model, overwrite=order.watching.resume)
        write_run(order.ctx, place)
    if not order.output.as_json:
        typer.echo(f"{place.name}: {_summary(model)}")
    if model.config.training.stopped:
        msg = f"stopped early after {_steps(model)} steps; the same command with --resume goes on."
        raise KeyboardInterrupt(msg)
    clear_away(folder)
    with suppress(OSError):  # it may never have come to be, or hold what another process keeps
        folder.parent.rmdir()


def _budget(universal: Universal) -> int | str:
    if universal.steps is not None and universal.budget is not None:
        msg = "--steps and --budget both say for how long to train. Leave one out."
        raise OptionError(msg)
    return universal.steps or universal.budget or "8m"


def _held_out(given: list[str] | None) -> int | list[str] | None:
    """Read what is held out: a number, which stands alone, or names."""
    if not given:
        return None
    if len(given) == 1 and given[0].isascii() and given[0].isdigit():
        return int(given[0])
    return given


def _steps(model: Model) -> int:
    episodic = model.config.recipe.episodic
    return episodic.steps if episodic else 0


def _summary(model: Model) -> str:
    episodic, record = model.config.recipe.episodic, model.config.training
    if episodic is None:
        return ""
    judged = ""
    if episodic.held_out_accuracy is not None:
        judged = (
            f", held-out accuracy {episodic.held_out_accuracy:.4f} (untrained "
            f"{episodic.held_out_untrained:.4f})"
        )
    n_sets = len(model.config.trained_on.parts)
    learnt = counted(n_sets, "data set") if n_sets else "made-up tasks"
    learnt += ", " + counted(episodic.steps, "step")
    return f"{learnt}, loss {episodic.loss:.4f}{judged}, {record.seconds:.0f} s"


def _document(place: Path, *, written: bool) -> dict[str, Any]:
    from tszoo.models.load import load_config

    config = load_config(place)
    episodic = config.recipe.episodic
    document: dict[str, Any] = {
        "model": place.name,
        "written": written,
        "datasets": [part.dataset for part in config.trained_on.parts],
    }
    if episodic is not None:
        names = ("steps", "loss", "accuracy", "held_out", "held_out_accuracy", "held_out_untrained")
        document |= {name: getattr(episodic, name) for name in names}
    return {**document, "seconds": config.training.seconds, "device": config.training.device}
