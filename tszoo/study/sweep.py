"""Try values of hyper-parameters on data sets, and keep what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from tszoo.data import Dataset, load_dataset
from tszoo.study.ask import Asked, Design, plan_sweep
from tszoo.study.engine import Engine
from tszoo.study.keep import Kept, kept
from tszoo.study.local import Work
from tszoo.study.outcome import Done
from tszoo.study.presets import Preset, named_preset
from tszoo.study.settings import Settings
from tszoo.study.study import Study
from tszoo.study.sweep_plan import SweepPlan
from tszoo.study.trial import Sets, Trial
from tszoo.training.run import Run

Ended = Callable[[int, int], None]
Data = Dataset | Sets | str | PathLike[str]


def sweep(
    data: Data | Sequence[Data],
    vary: str | Mapping[str, Sequence[Any]],
    *,
    out: str | PathLike[str],
    settings: Settings | None = None,
    design: Design | None = None,
    engine: Engine | None = None,
    run: Run | None = None,
    ended: Ended | None = None,
) -> Study:
    """Try values of hyper-parameters on data sets, and keep what comes out in a folder.

    A trial holds series out, fits the members to the others, and scores them. It is written down
    when it has ended. The same call goes on where one was killed.

    Parameters
    ----------
    data : Dataset, Sets, str or path, or a sequence of them
        Labelled training series. ``Sets`` adds a test split, which is scored and chooses nothing,
        or series to choose by.
    vary : mapping of str to list, or str
        The values of each key: a field of `tszoo.Recipe`, an argument of the network, or one of
        ``recipe``, ``arch``, ``members``, ``source``, ``balance``, ``n_series`` and ``length``.
        ``"inceptiontime"``, ``"convtimenet"``, ``"pinniped"`` or ``"sagemaker"`` varies what that
        document varied, around its defaults; what ``settings`` say is not varied then.
    out : path
        The folder, which is the sweep's alone.
    settings : Settings or None
        What holds where nothing is varied. None is one network from scratch.
    design : Design or None
        Repeats, seed, which series are held out, and whether all values are tried with all; None is
        ``Design()``.
    engine : Engine or None
        Where trials are done; None is one process for each core.
    run : Run or None
        Its device and precision count.
    ended : callable or None
        Called as ``ended(n_ended, n_trials)`` when a trial has ended.

    Returns
    -------
    Study

    Raises
    ------
    DataError, OptionError, TrainingError
        If data or a parameter make no sense, the folder holds another sweep, or cannot be written.
        A trial that fails is a row with its error, and ends nothing.
    """
    run, settings = run or Run(), settings or Settings()
    preset = Preset(Settings(), {})
    if isinstance(vary, str):
        preset, vary = named_preset(vary), {}
    asked = Asked(settings, vary, design or Design(), preset)
    plan = plan_sweep([_read(some) for some in _listed(data)], asked, run)
    return do_sweep(plan, Path(out), engine or Engine(), ended)


def do_sweep(plan: SweepPlan, out: Path, engine: Engine, ended: Ended | None = None) -> Study:
    """Do the trials of a plan that have not ended yet; see ``sweep``."""
    trials = plan.trials()
    with kept(out, plan) as keeper:
        todo = [trial for trial in trials if trial.number not in keeper.rows]
        take = _taking(keeper, len(trials), ended)
        if todo:
            work = Work(todo, plan.conditions, plan.sets, take, engine.clock())
            engine.do(work, plan.conditions.device)
        rows = sorted(keeper.rows.values(), key=lambda row: row.trial)
    return Study(plan, out, tuple(rows))


def _listed(data: Data | Sequence[Data]) -> Sequence[Data]:
    if isinstance(data, (Dataset, Sets, str, PathLike)):
        return [data]
    return data


def _read(some: Data) -> Sets:
    if isinstance(some, Sets):
        return some
    return Sets(some if isinstance(some, Dataset) else load_dataset(some))


def _taking(keeper: Kept, n_trials: int, ended: Ended | None) -> Callable[[Trial, Done], None]:
    def take(trial: Trial, done: Done) -> None:
        keeper.add(trial, done)
        if ended is not None:
            ended(len(keeper.rows), n_trials)

    return take
