"""``tszoo sweep``: what would other values come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.fitting import settings_of
from tszoo.cli.options import (
    TRAINING,
    WATCHING,
    WHAT,
    Jobs,
    Output,
    Overwrite,
    Reading,
    Training,
    ZooOption,
    known_architecture,
)
from tszoo.cli.output import counting, percent, print_json, print_table
from tszoo.cli.picture import picture_of
from tszoo.cli.places import check_folder, make_room
from tszoo.cli.reading import check_labels, read_test, read_train, read_validated
from tszoo.cli.varied import read_varied
from tszoo.cli.watching import first_interrupt_waits
from tszoo.errors import OptionError
from tszoo.nets.registry import ARCHITECTURES

if TYPE_CHECKING:
    from tszoo.study.ask import Asked as Question
    from tszoo.study.settings import Settings
    from tszoo.study.study import Study
    from tszoo.study.summary import Line
    from tszoo.study.sweep_plan import SweepPlan
    from tszoo.study.trial import Sets

PRESETS = ("inceptiontime", "convtimenet", "pinniped", "sagemaker")
STOPPING = "no further trial begins; Ctrl-C again to stop at once"


@dataclass(frozen=True)
class Asked:
    """What is varied, and what is made of it."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Put results.csv and logs here.", show_default=False),
    ]
    vary: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--vary",
            metavar="KEY=V1,V2,…",
            help="Try these values of a number of the recipe or the network, or of recipe, arch, "
            "members, source, balance, n_series or length. Repeatable.",
            show_default=False,
        ),
    ] = None
    preset: Annotated[
        Optional[Literal["inceptiontime", "convtimenet", "pinniped", "sagemaker"]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help=f"Vary what a document varied: {', '.join(PRESETS)}.",
            show_default=False,
        ),
    ] = None
    grid: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--grid/--one-at-a-time",
            help="Try every value with every value of the others, or one change at a time. "
            "(default: grid; a preset one at a time)",
            show_default=False,
        ),
    ] = None
    repeats: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Try each N times. (default: 1)", show_default=False),
    ] = 1
    best: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="MODEL_DIR",
            help="Fit what did best on held-out series to all series, and put the model here.",
            show_default=False,
        ),
    ] = None
    overwrite: Overwrite = False
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FOLDER", help="Draw accuracies and curves into a folder.", show_default=False
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be tried, and do nothing.")
    ] = False


@dataclass(frozen=True)
class Around:
    """What everything is varied around, beside the recipe."""

    panel: ClassVar[str] = TRAINING

    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            callback=known_architecture,
            autocompletion=completion.architectures,
            help=f"The network: {', '.join(ARCHITECTURES)}. (default: inception)",
            show_default=False,
        ),
    ] = None
    source: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Start from this model, or as --source of finetune. (default: none)",
            autocompletion=completion.sources,
            show_default=False,
        ),
    ] = "none"
    members: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, metavar="N", help="Try ensembles of N. (default: 1)", show_default=False
        ),
    ] = None

    def settings(self, training: Training, zoo: str | None) -> Settings:
        """Return what holds where nothing is varied."""
        from tszoo.study.settings import Settings

        recipe, network = settings_of(training)
        own = {"architecture": self.arch, "members": self.members, "zoo": zoo}
        given = {name: value for name, value in own.items() if value is not None}
        return Settings(
            source=self.source,
            recipe=recipe,
            network=network,
            class_weight=training.class_weight,
            **given,  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class Doing:
    """Where trials are done, and what is kept of them."""

    panel: ClassVar[str] = WATCHING

    validation: Annotated[
        str,
        typer.Option(
            metavar="DATA",
            help="Choose by a part of DATA that is held out, 0.2, every:5, last:0.2 or group:0.2, "
            "or by other data. (default: 0.2)",
            show_default=False,
        ),
    ] = "0.2"
    budget: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="TIME",
            help="Begin no trial after 480s, 90m or 2h; the same command goes on.",
            show_default=False,
        ),
    ] = None
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(
            metavar="NAME",
            help="local, processes of one thread each, or ray, on one machine or many.",
            show_default=False,
        ),
    ] = "local"
    jobs: Jobs = None
    curves: Annotated[
        bool,
        typer.Option(
            "--curves/--no-curves",
            help="Keep a log of every epoch of a trial, which takes time. (default: keep)",
            show_default=False,
        ),
    ] = True


def sweep(
    data: Annotated[
        list[str],
        typer.Argument(metavar="DATA...", help="One data set or more.", show_default=False),
    ],
    *,
    asked: Asked,
    around: Around,
    training: Training,
    doing: Doing,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Try values of hyper-parameters: a row of results.csv for each trial.

    A trial trains on a part of the training series and is scored on the part that is held out. A
    test split is reported, and nothing is chosen by it. Killed, the same command goes on. A trial
    that fails is a row with its error.

    Example: tszoo sweep my.csv --vary depth=3,6 --vary filters=16,32 --repeats 3 --out runs
    Example: tszoo sweep my.csv --preset sagemaker --budget 90m --out runs --best my-model
    """
    from tszoo.study.engine import Engine
    from tszoo.study.sweep import do_sweep

    question = _question(asked, around.settings(training, zoo), training.seed, doing)
    Engine(doing.engine, doing.jobs, doing.budget)
    plan = _plan(_sets(data, doing.validation, reading), question, training)
    _check(asked, plan)
    if asked.dry_run:
        _say_plan(plan, as_json=output.as_json)
        return
    with first_interrupt_waits(STOPPING) as stopped:
        engine = Engine(doing.engine, doing.jobs, doing.budget, stopped)
        with counting("trials", quiet=output.is_silent) as progress:
            study = do_sweep(plan, asked.out, engine, progress)
    _draw(asked.plot, study)
    if stopped() and study.n_left:
        raise KeyboardInterrupt(_left(study))
    model = _fit_best(asked, study)
    _answer(study, model, asked, as_json=output.as_json)


def _question(asked: Asked, settings: Settings, seed: int, doing: Doing) -> Question:
    """Return what the options ask for, as the library takes it."""
    from tszoo.study.ask import Asked as Question
    from tszoo.study.ask import Design
    from tszoo.study.presets import Preset, named_preset
    from tszoo.study.settings import Settings

    if not asked.vary and asked.preset is None:
        msg = "Missing option '--vary': what to try, such as depth=3,6,9; or name a '--preset'."
        raise typer.BadParameter(msg)
    preset = Preset(Settings(), {})
    if asked.preset is not None:
        preset = named_preset(asked.preset)
    design = Design(asked.grid, asked.repeats, seed, doing.validation, doing.curves)
    return Question(settings, read_varied(asked.vary or ()), design, preset)


def _sets(references: list[str], validation: str, reading: Reading) -> list[Sets]:
    """Read the data sets, each with its test split, if it has one."""
    from tszoo.data.holdout import parse_validation
    from tszoo.study.trial import Sets

    check_labels(references, reading)
    is_rule = parse_validation(validation) is not None
    if not is_rule and len(references) > 1:
        msg = f"--validation {validation}: of one data set, and there are {len(references)}."
        raise OptionError(msg)
    sets = []
    for reference in references:
        if is_rule:
            train, watched = read_train(reference, reading), None
        else:
            train, watched = read_validated(reference, validation, reading, seed=0)
        sets.append(Sets(train, read_test(reference, reading, train), watched))
    return sets


def _plan(sets: list[Sets], question: Question, training: Training) -> SweepPlan:
    from tszoo.study.ask import plan_sweep
    from tszoo.training.run import Run

    return plan_sweep(sets, question, Run(device=training.device, precision=training.precision))


def _check(asked: Asked, plan: SweepPlan) -> None:
    """Raise an error, before the work, for what cannot be made or written at its end."""
    from tszoo.models.save import check_target
    from tszoo.study.best import check_best

    check_folder(asked.out, "--out")
    check_folder(asked.plot, "--plot")
    if asked.best is not None:
        check_best(plan)
        check_target(asked.best.absolute(), asked.overwrite)
    if asked.plot is not None:
        from tszoo.figures.figure import new_figure

        new_figure(1.0, 1.0)


def _say_plan(plan: SweepPlan, *, as_json: bool) -> None:
    trials, candidates = plan.trials(), plan.candidates()
    rows = [plan.all_values(values) for values in candidates]
    if as_json:
        print_json({"trials": len(trials), "data": plan.names, "values": rows})
        return
    print_table(plan.keys, [[_cell(value) for value in row.values()] for row in rows])
    sizes = f"{len(candidates)} combinations, {len(plan.sets)} data sets, {plan.repeats} repeats"
    typer.echo(f"{len(trials)} trials: {sizes}")


def _draw(folder: Path | None, study: Study) -> None:
    """Draw what has come out, and write what is drawn as tables."""
    if folder is None or not any(not row.outcome.error for row in study.rows):
        return
    from tszoo.figures.sweep import draw_accuracies, draw_curves
    from tszoo.study.by_value import by_value, write_by_dataset, write_points

    make_room(folder / "accuracy.png", "--plot")
    points = by_value(study.rows, grid=study.plan.grid)
    draw_accuracies(points, folder / "accuracy.png")
    write_points(folder / "accuracy.csv", points)
    write_by_dataset(folder, study.rows)
    panels = study.curves()
    if panels:
        draw_curves(panels, folder / "curves.png")
    typer.echo(f"wrote figures and their tables into {folder}", err=True)


def _fit_best(asked: Asked, study: Study) -> str | None:
    """Fit the best, if that is asked for and all trials have ended."""
    if asked.best is None:
        return None
    if study.n_left:
        typer.echo("the best is fitted when all trials have ended.", err=True)
        return None
    model = study.fit_best()
    model.save(asked.best, overwrite=asked.overwrite, picture=picture_of(model))
    return str(asked.best)


def _left(study: Study) -> str:
    return (
        f"{study.n_left} of {len(study.plan.trials())} trials are left; the same command goes on."
    )


def _answer(study: Study, model: str | None, asked: Asked, *, as_json: bool) -> None:
    from tszoo.study.summary import best_of

    lines = study.lines()
    best = None
    if any(not line.n_failed for line in lines):
        best = best_of(study.rows)
    if as_json:
        print_json(
            {
                "out": str(asked.out),
                "results": str(asked.out / "results.csv"),
                "trials": len(study.plan.trials()),
                "left": study.n_left,
                "lines": [asdict(line) for line in lines],
                "best": best and dict(best.values),
                "model": model,
            }
        )
        return
    _print(study, lines, best)
    if model is not None:
        typer.echo(f"saved {model}")
    if study.n_left:
        typer.echo(_left(study), err=True)


def _print(study: Study, lines: list[Line], best: Line | None) -> None:
    """Print a line for each combination, and which did best."""
    numbers = ("validation", "±", "loss", "test", "seconds", "trials", "failed")
    rows = [[*map(_cell, line.values.values()), *_numbers(line)] for line in lines]
    print_table([*study.plan.keys, *numbers], rows, right=numbers)
    if best is not None:
        typer.echo(f"best by validation: {_spelled(best.values)}")
    typer.echo(f"every trial: {study.folder / 'results.csv'}")


def _numbers(line: Line) -> list[str]:
    loss = "–" if line.validation_loss is None else f"{line.validation_loss:.4f}"
    seconds = "–" if line.seconds is None else f"{line.seconds:.1f}"
    return [
        percent(line.validation_accuracy),
        percent(line.spread),
        loss,
        percent(line.test_accuracy),
        seconds,
        str(line.n),
        str(line.n_failed),
    ]


def _spelled(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_cell(value)}" for key, value in values.items())


def _cell(value: Any) -> str:
    """Spell a value; a dash where it is the data's to decide."""
    from tszoo.study.results import spelled_value

    return spelled_value(value) or "–"
