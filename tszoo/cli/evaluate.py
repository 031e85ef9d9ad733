"""``tszoo evaluate``: how good a model is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Optional

import typer

from tszoo.cli.evaluated import Evaluated, document_of, print_all, print_one
from tszoo.cli.options import WHAT, Device, ModelName, Output, Reading, SeveralData, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file, check_picture, make_room
from tszoo.cli.reading import as_trained, check_labels, read_judged, read_train
from tszoo.errors import OptionError
from tszoo.storage.hub_names import own_slugs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tszoo.evaluation.by_member import MemberScore
    from tszoo.models.model import Model


@dataclass(frozen=True)
class Shown:
    """What is judged and drawn."""

    panel: ClassVar[str] = WHAT

    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw the confusion matrix, as .png, .svg or .pdf; of several DATA, "
            "FILE-NAME.png of each.",
            show_default=False,
        ),
    ] = None
    reliability: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw how sure the model is beside how often it is right; of several DATA "
            "likewise.",
            show_default=False,
        ),
    ] = None
    by_member: Annotated[
        bool,
        typer.Option("--by-member", help="Judge each member alone, and the first 1, 2, … of them."),
    ] = False

    train: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="DATA",
            help="The series that the model learnt from, so that 1-NN DTW can stand beside it; "
            "of several DATA once for all, or once for each, in their order. Repeatable.",
            show_default=False,
        ),
    ] = None

    def figures(self) -> dict[str, Path]:
        """Return the figures that are asked for, by their options."""
        places = {"--plot": self.plot, "--reliability": self.reliability}
        return {option: place for option, place in places.items() if place is not None}

    def check(self, data: Sequence[str]) -> None:
        """Raise an error, before the work, for figures that cannot be drawn."""
        n_trains = len(self.train or ())
        if n_trains > 1 and n_trains != len(data):
            msg = (
                f"--train is there {n_trains} times, and DATA {len(data)} times: say it once for "
                "all, or once for each."
            )
            raise OptionError(msg)
        for option, place in self.figures().items():
            check_picture(place, option)

    def trains(self, data: Sequence[str]) -> list[str | None]:
        """Return the training series that stand beside each data set."""
        trains: list[str | None] = [*self.train] if self.train else [None]
        return trains * len(data) if len(trains) == 1 else trains

    def draw(self, evaluated: Evaluated, name: str = "") -> dict[str, str]:
        """Draw what is asked for, with a name behind the files', and say where, by option."""
        from tszoo.figures.confusion import plot_confusion
        from tszoo.figures.reliability import plot_reliability

        drawing = {"--plot": plot_confusion, "--reliability": plot_reliability}
        drawn = {}
        for option, place in self.figures().items():
            if name:
                place = place.with_name(f"{place.stem}-{name}{place.suffix}")
            make_room(place, option)
            drawing[option](evaluated.evaluation, place)
            drawn[option.strip("-")] = str(place)
        return drawn


@dataclass(frozen=True)
class Kept:
    """Where results are kept."""

    panel: ClassVar[str] = WHAT

    append: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE.csv",
            help="Add a row for each data set to a table, for tszoo compare.",
            show_default=False,
        ),
    ] = None
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as",
            metavar="NAME",
            help="Call the model so in that table. (default: MODEL, less its folder and data set)",
            show_default=False,
        ),
    ] = None

    def check(self) -> None:
        """Raise an error, before the work, for a table that cannot be written."""
        if self.append is None:
            if self.as_ is not None:
                msg = f"--as {self.as_}: the name in a table; say which by --append FILE.csv."
                raise OptionError(msg)
            return
        from tszoo.evaluation.append import check_appendable

        check_file(self.append, "--append")
        check_appendable(self.append)

    def keep(self, evaluated: Evaluated) -> None:
        """Add the row of one data set."""
        if self.append is None:
            return
        from tszoo.evaluation.append import append_result

        make_room(self.append, "--append")
        name = self.as_ or _called(evaluated.model, evaluated.evaluation.dataset)
        append_result(self.append, name, evaluated.evaluation)


def evaluate(
    model: ModelName,
    data: SeveralData,
    *,
    shown: Shown,
    kept: Kept,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Judge a model on labelled data: accuracy, F1, log loss, calibration, where it is wrong.

    Of a folder with two splits, the test split is read.

    Example: tszoo evaluate my-model GunPoint --archive UCRArchive_2018
    Example: tszoo evaluate my-model new.csv --plot confusion.png --append results.csv
    """
    from tszoo.zoo.find import load_model

    shown.check(data)
    kept.check()
    check_labels(data, reading)
    fitted = load_model(model, zoo)
    done: list[Evaluated] = []
    for reference, train in zip(data, shown.trains(data), strict=True):
        asked = Asked(reference, train, device, by_member=shown.by_member)
        evaluated = _judge(model, fitted, asked, reading, output)
        # at once, so that nothing is lost when a later one goes wrong
        kept.keep(evaluated)
        names = own_slugs([one.evaluation.dataset for one in (*done, evaluated)])
        drawn = shown.draw(evaluated, names[-1] if len(data) > 1 else "")
        done.append(replace(evaluated, drawn=drawn))
    if output.as_json:
        print_json(document_of(model, done))
        return
    if len(done) == 1:
        print_one(done[0])
    else:
        print_all(model, done)
    for place in (place for evaluated in done for place in evaluated.drawn.values()):
        typer.echo(f"wrote {place}")
    if kept.append is not None:
        typer.echo(f"added to {kept.append}: {len(done)} row(s)")


class Asked(NamedTuple):
    """What is asked of a model: data to judge it by, as the user refers to them, and where."""

    reference: str
    train: str | None
    device: str
    by_member: bool


def _judge(model: str, fitted: Model, asked: Asked, reading: Reading, output: Output) -> Evaluated:
    from tszoo.evaluation.baselines import baselines
    from tszoo.evaluation.by_member import by_member
    from tszoo.evaluation.metrics import evaluate as judge

    dataset = read_judged(fitted, asked.reference, reading)
    with counting("series", quiet=output.is_silent) as progress:
        evaluation = judge(fitted, dataset, device=asked.device, progress=progress)
    train = None
    if asked.train is not None:
        train = read_train(
            asked.train, replace(as_trained(fitted, reading), split=None, labels=None), dataset
        )
    with counting("1-NN DTW", quiet=output.is_silent or train is None) as progress:
        simplest = baselines(dataset, train, progress=progress)
    scores: tuple[MemberScore, ...] = ()
    if asked.by_member:
        with counting("members", quiet=output.is_silent) as progress:
            scores = by_member(fitted, dataset, device=asked.device, progress=progress)
    is_learnt = fitted.config.trained_on.holds(dataset.sha256)
    return Evaluated(model, dataset, evaluation, simplest, scores, train, is_learnt)


def _called(model: str, dataset: str) -> str:
    """Name a model as a classifier of many data sets: without its folder and its data set."""
    name = model.rstrip("/").rpartition("/")[2].partition("@")[0]
    return name.removesuffix(f".{dataset}") or name
