"""``tszoo runlog``: how training runs went."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tszoo.cli.options import Json
from tszoo.cli.output import percent, print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.cli.runs import Comparing, compare_runs
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tszoo.training.watch.runlog import RunHistory
    from tszoo.training.watch.summary import MemberSummary

COLUMNS = (
    "member",
    "epochs",
    "loss",
    "lowest loss",
    "accuracy",
    "best validation",
    "seconds/epoch",
)


def runlog(
    log: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="The logs that runs wrote, one or more.", show_default=False
        ),
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
    comparing: Comparing,
    as_json: Json = False,
) -> None:
    """Show how training runs went: epochs, losses and accuracies, one run or several side by side.

    Example: tszoo runlog run.jsonl
    Example: tszoo runlog run.jsonl --plot run.png
    Example: tszoo runlog scratch.jsonl transfer.jsonl --plot both.png --by seconds --accuracy 0.9
    """
    from tszoo.training.watch.runlog import read_runlog

    if nodes is not None and plot is None:
        msg = "--nodes is drawn, not printed; say where with --plot OUT.png."
        raise OptionError(msg)
    if nodes is not None and (len(log) > 1 or comparing.is_asked):
        msg = "--nodes is of one member of one run. Leave the other logs and options out."
        raise OptionError(msg)
    check_file(plot, "--plot")
    if len(log) > 1 or comparing.is_asked:
        compare_runs(log, comparing, plot, as_json=as_json)
        return
    history = read_runlog(log[0])
    if plot is not None:
        make_room(plot, "--plot")
        _draw(history, nodes, plot, title=log[0].name)
    _say(history, plot, as_json=as_json)


def _say(history: RunHistory, plot: Path | None, *, as_json: bool) -> None:
    from tszoo.training.watch.summary import summarize

    members = [summarize(member) for member in history.members]
    if as_json:
        document = {"run": history.description, "members": [asdict(member) for member in members]}
        print_json(document)
    elif plot is not None:
        typer.echo(f"wrote {plot}")
    elif not members:
        typer.echo("no epoch yet.")
    else:
        _print(members)


def _draw(history: RunHistory, nodes: Path | None, plot: Path, *, title: str) -> None:
    if nodes is not None:
        from tszoo.figures.nodes import draw_nodes

        draw_nodes(nodes, plot)
        return
    from tszoo.figures.run import draw_run

    draw_run(history, plot, title=title)


def _print(members: Sequence[MemberSummary]) -> None:
    rows = [
        (
            member.member,
            member.epochs,
            _at(member.loss, 4),
            _at(member.best_loss, 4, member.best_epoch),
            percent(member.accuracy),
            _at(member.best_validation_accuracy, 3, member.best_validation_epoch),
            _at(member.seconds_per_epoch, 3),
        )
        for member in members
    ]
    print_table(COLUMNS, rows, right=COLUMNS)


def _at(value: float | None, digits: int, epoch: int | None = None) -> str:
    """Spell a number and the epoch that had it, or a dash."""
    if value is None:
        return "–"
    number = f"{value:.{digits}f}"
    return number if epoch is None else f"{number} (epoch {epoch})"
