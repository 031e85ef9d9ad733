"""``tszoo runlog`` of several logs: runs side by side, and how soon each reaches an accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli.options import WHAT
from tszoo.cli.output import print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.training.watch.reach import Reach
    from tszoo.training.watch.runlog import RunHistory

ACCURACIES = (0.5, 0.8, 0.9, 0.95)
COLUMNS = ("run", "members", "accuracy", "reached by", "epochs", "seconds")


@dataclass(frozen=True)
class Comparing:
    """How runs are put side by side."""

    panel: ClassVar[str] = WHAT

    by: Annotated[
        Literal["epochs", "seconds"],
        typer.Option(
            metavar="NAME",
            help="Draw curves of several logs by epochs or by seconds. (default: epochs)",
            show_default=False,
        ),
    ] = "epochs"
    accuracy: Annotated[
        Optional[list[float]],  # noqa: UP045
        typer.Option(
            "--accuracy",
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Say when each run reaches this accuracy. Repeatable. "
            "(default: 0.5, 0.8, 0.9, 0.95)",
            show_default=False,
        ),
    ] = None
    label: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--label",
            metavar="TEXT",
            help="What a run is called, once for each log. (default: the files' names)",
            show_default=False,
        ),
    ] = None
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="CSV", help="Write when accuracies are reached here.", show_default=False
        ),
    ] = None

    @property
    def is_asked(self) -> bool:
        """Whether something is said that goes for runs side by side, be it one."""
        return bool(self.accuracy or self.label or self.out) or self.by != "epochs"


def compare_runs(
    logs: Sequence[Path], comparing: Comparing, plot: Path | None, *, as_json: bool
) -> None:
    """Say when runs reach accuracies, and draw their curves if that is asked for."""
    from tszoo.training.watch.reach import reach, scored_on
    from tszoo.training.watch.runlog import read_runlog

    check_file(comparing.out, "--out")
    names = _names(logs, comparing.label)
    runs = {name: read_runlog(log) for name, log in zip(names, logs, strict=True)}
    accuracies = tuple(comparing.accuracy or ACCURACIES)
    of = scored_on(runs.values())
    reached = {name: reach(run, accuracies, of) for name, run in runs.items()}
    if plot is not None:
        from tszoo.figures.runs import draw_runs

        make_room(plot, "--plot")
        draw_runs(runs, plot, by=comparing.by, accuracies=accuracies)
    if comparing.out is not None:
        make_room(comparing.out, "--out")
        _write(comparing.out, runs, reached)
    if as_json:
        print_json({"of": of, "runs": [_document(n, run, reached[n]) for n, run in runs.items()]})
        return
    print_table(COLUMNS, _rows(runs, reached), right=COLUMNS[1:])
    typer.echo(f"Accuracy on the {of} series; epochs and seconds are medians over the members.")
    for place in filter(None, (comparing.out, plot)):
        typer.echo(f"wrote {place}")


def _names(logs: Sequence[Path], labels: list[str] | None) -> list[str]:
    """Name every run: as is said, or as its file is called."""
    if labels:
        if len(labels) != len(logs) or len(set(labels)) < len(labels):
            msg = f"--label: {len(logs)} logs need as many labels, all different; got {labels}."
            raise OptionError(msg)
        return labels
    if len({log.absolute() for log in logs}) < len(logs):
        msg = "a log stands there twice. Name each once."
        raise OptionError(msg)
    return _told_apart([log.absolute().with_suffix("").parts for log in logs]) or list(
        map(str, logs)
    )


def _told_apart(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Call files by their names, with as many folders as it takes; none if no number does."""
    for n_parts in range(1, max(map(len, paths)) + 1):
        names = ["/".join(parts[-n_parts:]) for parts in paths]
        if len(set(names)) == len(names):
            return names
    return []


def _document(name: str, run: RunHistory, reached: Sequence[Reach]) -> dict[str, Any]:
    from tszoo.training.watch.summary import summarize

    return {
        "label": name,
        "run": run.description,
        "members": [asdict(summarize(member)) for member in run.members],
        "reached": [asdict(one) for one in reached],
    }


def _rows(
    runs: Mapping[str, RunHistory], reached: Mapping[str, Sequence[Reach]]
) -> list[tuple[object, ...]]:
    return [
        (name, len(run.members), f"{one.accuracy:g}", one.members, *_spelled(one))
        for name, run in runs.items()
        for one in reached[name]
    ]


def _spelled(one: Reach) -> tuple[str, str]:
    epochs = "–" if one.epochs is None else f"{one.epochs:g}"
    seconds = "–" if one.seconds is None else f"{one.seconds:.1f}"
    return epochs, seconds


def _write(
    path: Path, runs: Mapping[str, RunHistory], reached: Mapping[str, Sequence[Reach]]
) -> None:
    import csv
    import io

    from tszoo.storage.files import reason, write_file

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("run", "members", "accuracy", "reached_by", "epochs", "seconds"))
    for name, run in runs.items():
        for one in reached[name]:
            counts = (name, len(run.members), one.accuracy, one.members)
            rows.writerow((*counts, one.epochs, one.seconds))
    try:
        write_file(path, text.getvalue().encode("utf-8"))
    except OSError as error:
        msg = f"--out {path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error
