"""What a sweep came to, as it is printed and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.output import percent, print_json, print_table
from tszoo.cli.places import make_room
from tszoo.text import counted

if TYPE_CHECKING:
    from tszoo.study.study import Study
    from tszoo.study.summary import Line
    from tszoo.study.sweep_plan import SweepPlan


def say_plan(plan: SweepPlan, *, as_json: bool) -> None:
    """Say what would be tried."""
    trials, candidates = plan.trials(), plan.candidates()
    rows = [plan.all_values(values) for values in candidates]
    if as_json:
        print_json({"trials": len(trials), "data": plan.names, "values": rows})
        return
    print_table(plan.keys, [[_cell(value) for value in row.values()] for row in rows])
    sizes = {
        "combination": len(candidates),
        "data set": len(plan.sets),
        "repeat": plan.repeats,
    }
    spelled = ", ".join(counted(number, what) for what, number in sizes.items())
    typer.echo(f"{counted(len(trials), 'trial')}: {spelled}")


def draw(folder: Path | None, study: Study) -> None:
    """Draw what has come out, and write what is drawn as tables."""
    if folder is None or not any(not row.outcome.error for row in study.rows):
        return
    from tszoo.figures.study import draw_study
    from tszoo.study.tables import write_tables

    make_room(folder / "accuracy.png", "--plot")
    draw_study(study, folder)
    write_tables(study, folder)
    typer.echo(f"wrote figures and their tables into {folder}", err=True)


def left(study: Study) -> str:
    """Say how many trials have not ended."""
    return (
        f"{study.n_left} of {len(study.plan.trials())} trials are left; the same command goes on."
    )


def answer(study: Study, model: str | None, *, as_json: bool) -> None:
    """Print what a sweep came to, and the model that was made of the best, if one was."""
    from tszoo.study.summary import best_of

    lines = study.lines()
    best = None
    if any(not line.n_failed for line in lines):
        best = best_of(study.rows)
    if as_json:
        print_json(
            {
                "out": str(study.folder),
                "results": str(study.folder / "results.csv"),
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
        typer.echo(left(study), err=True)


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
