"""``tszoo sweep``: what would other values come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tszoo.cli.options import Output, Reading, Training, ZooOption
from tszoo.cli.output import counting
from tszoo.cli.picture import picture_of
from tszoo.cli.places import check_folder
from tszoo.cli.reading import check_labels, read_test, read_train, read_validated
from tszoo.cli.sweep_options import Around, Asked, Doing
from tszoo.cli.swept import answer, draw, left, say_plan
from tszoo.cli.varied import read_varied
from tszoo.cli.watching import first_interrupt_waits
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.study.ask import Asked as Question
    from tszoo.study.study import Study
    from tszoo.study.sweep_plan import SweepPlan
    from tszoo.study.trial import Sets

STOPPING = "no further trial begins; Ctrl-C again to stop at once"


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

    question = _question(asked, around, training, zoo, doing)
    Engine(doing.engine, doing.jobs, doing.budget)
    plan = _plan(_sets(data, doing.validation, reading), question, training)
    _check(asked, plan)
    if asked.dry_run:
        say_plan(plan, as_json=output.as_json)
        return
    with first_interrupt_waits(STOPPING) as stopped:
        engine = Engine(doing.engine, doing.jobs, doing.budget, stopped)
        with counting("trials", quiet=output.is_silent) as progress:
            study = do_sweep(plan, asked.out, engine, progress)
    draw(asked.plot, study)
    if stopped() and study.n_left:
        raise KeyboardInterrupt(left(study))
    model = _fit_best(asked, study)
    answer(study, model, as_json=output.as_json)


def _question(
    asked: Asked, around: Around, training: Training, zoo: str | None, doing: Doing
) -> Question:
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
    settings = around.settings(training, zoo)
    design = Design(
        asked.grid, asked.repeats, training.seed, doing.validation, doing.curves, doing.record
    )
    return Question(settings, read_varied(asked.vary or ()), design, preset, around.given())


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
