"""``tszoo runlog``: how a training run went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli.options import Json
from tszoo.cli.output import percent, print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.training.watch.runlog import MemberHistory


def runlog(
    log: Annotated[
        Path, typer.Argument(metavar="FILE", help="The log that a run wrote.", show_default=False)
    ],
    *,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="OUT",
            help="Draw the curves instead, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    nodes: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="RECORD",
            help=(
                "With --plot, draw how the nodes of one member learnt: its "
                "member-K.nodes.safetensors."
            ),
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a training run went: epochs, losses and accuracies of each member.

    Example: tszoo runlog run.jsonl --plot run.png
    """
    from tszoo.training.watch.runlog import read_runlog

    if nodes is not None and plot is None:
        msg = "--nodes is drawn, not printed; say where with --plot OUT.png."
        raise OptionError(msg)
    check_file(plot, "--plot")
    history = read_runlog(log)
    if plot is not None:
        make_room(plot, "--plot")
        if nodes is not None:
            from tszoo.figures.nodes import draw_nodes

            draw_nodes(nodes, plot)
        else:
            from tszoo.figures.run import draw_run

            draw_run(history, plot, title=log.name)
    members = [_summary(one) for one in history.members]
    if as_json:
        print_json({"run": history.description, "members": members})
    elif plot is not None:
        typer.echo(f"wrote {plot}")
    elif not members:
        typer.echo("no epoch yet.")
    else:
        columns = (
            "member",
            "epochs",
            "loss",
            "lowest loss",
            "accuracy",
            "best validation",
            "seconds/epoch",
        )
        rows = [
            (
                one["member"],
                one["epochs"],
                _at(one["loss"], 4),
                _at(one["best_loss"], 4, one["best_epoch"]),
                percent(one["accuracy"]),
                _at(one["best_validation_accuracy"], 3, one["best_validation_epoch"]),
                _at(one["seconds_per_epoch"], 3),
            )
            for one in members
        ]
        print_table(columns, rows, right=columns)


def _summary(one: MemberHistory) -> dict[str, Any]:
    """The facts of one member; a number that there is none of is None."""
    import numpy as np

    best = None if np.isnan(one.loss).all() else int(np.nanargmin(one.loss))
    judged = (
        None
        if np.isnan(one.validation_accuracy).all()
        else int(np.nanargmax(one.validation_accuracy))
    )
    return {
        "member": one.member,
        "epochs": int(one.epoch[-1]),
        "loss": _known(one.loss[-1]),
        "best_loss": None if best is None else float(one.loss[best]),
        "best_epoch": None if best is None else int(one.epoch[best]),
        "accuracy": _known(one.accuracy[-1]),
        "validation_loss": _known(one.validation_loss[-1]),
        "validation_accuracy": _known(one.validation_accuracy[-1]),
        "best_validation_accuracy": None
        if judged is None
        else float(one.validation_accuracy[judged]),
        "best_validation_epoch": None if judged is None else int(one.epoch[judged]),
        "seconds_per_epoch": None
        if np.isnan(one.seconds).all()
        else float(np.nanmedian(one.seconds)),
    }


def _known(value: float) -> float | None:
    return None if value != value else float(value)


def _at(value: float | None, digits: int, epoch: int | None = None) -> str:
    """A number and the epoch that had it, or a dash."""
    if value is None:
        return "–"
    return f"{value:.{digits}f}" if epoch is None else f"{value:.{digits}f} (epoch {epoch})"
