"""Predictions of several data sets: a CSV each, in processes of one thread each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import typer

from tszoo.cli.options import WHAT, Output
from tszoo.cli.output import print_json
from tszoo.cli.places import check_folder, make_room
from tszoo.cli.predicted import Ask, Predicted, predict_one
from tszoo.cli.reading import check_labels
from tszoo.cli.standard_input import STANDARD_INPUT
from tszoo.errors import OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.models.model import Model


@dataclass(frozen=True)
class Where:
    """Where predictions go, and how several data sets are done."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Write the CSV here; of several DATA, a folder. (default: stdout)",
            show_default=False,
        ),
    ] = None
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Of several DATA, predict N at a time, in processes of one thread each; the "
            "answers are the same. (default: 1)",
            show_default=False,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Of several DATA, keep the CSV files that are there."),
    ] = False

    def is_several(self, data: Sequence[str]) -> bool:
        """Whether a folder of files is asked for, be it of one data set."""
        into_folder = self.out is not None and self.out.is_dir()
        return len(data) > 1 or self.jobs is not None or self.resume or into_folder


@dataclass(frozen=True)
class _File:
    """A data set, and where its predictions go."""

    ask: Ask
    data: str
    out: Path


def predict_all(ask: Ask, data: Sequence[str], where: Where, output: Output) -> None:
    """Predict the series of several data sets; a file that is done stays, whatever comes.

    Raises
    ------
    OptionError
        Before the work, if files cannot be told apart, cannot be written, or are there already.
    """
    files = _checked(ask, data, where)
    waiting = [file for file in files if not file.out.exists()]
    written = {}
    for file, predicted in _spread(waiting, where.jobs or 1):
        written[file.data] = predicted.document
        _tell(file, predicted, output)
    if output.as_json:
        print_json({"model": ask.model, "out": where.out, "files": _documents(files, written)})
    elif len(written) < len(files):
        typer.echo(f"kept {len(files) - len(written)} that were there", err=True)


def _checked(ask: Ask, data: Sequence[str], where: Where) -> list[_File]:
    """List the data sets with their places; OptionError as for ``predict_all``."""
    if where.out is None:
        msg = "name a folder with --out, for a CSV of each DATA."
        raise OptionError(msg)
    check_folder(where.out, "--out")
    check_labels(data, ask.reading)
    files = [_File(ask, each, place) for each, place in _places(data, where.out).items()]
    if not where.resume:
        _check_free(files)
    return files


def _tell(file: _File, predicted: Predicted, output: Output) -> None:
    """Say that a file is done, and what of its series is unlike those of training."""
    if predicted.outside:
        typer.echo(one_line(f"{file.data}: {predicted.outside}"), err=True)
    if not output.is_silent:
        n_series = predicted.document["n_series"]
        typer.echo(f"wrote {file.out}: {n_series} series", err=True)


def _places(data: Sequence[str], folder: Path) -> dict[str, Path]:
    """Say where the CSV of each data set goes: its name, in the folder."""
    from tszoo.data.readers import data_suffix

    places: dict[str, Path] = {}
    for each in data:
        if each == STANDARD_INPUT:
            msg = "-: standard input is no file; predict it alone, without a folder."
            raise OptionError(msg)
        name = Path(each).name
        suffix = data_suffix(Path(each))
        if suffix:
            name = name[: name.lower().rindex(suffix)]
        place = folder / f"{name}.csv"
        if place in places.values():
            msg = f"{each}: {place} is another's. Predict them into different folders."
            raise OptionError(msg)
        if place.absolute() == Path(each).absolute():
            msg = f"{each}: its predictions would replace it. Name another folder with --out."
            raise OptionError(msg)
        places[each] = place
    return places


def _check_free(files: Sequence[_File]) -> None:
    for file in files:
        if file.out.exists():
            msg = f"{file.out}: already there. Name another folder, or keep it by --resume."
            raise OptionError(msg)


def _spread(files: Sequence[_File], jobs: int) -> Iterator[tuple[_File, Predicted]]:
    from tszoo.transfer.matrix_engine import in_processes

    for file in files[:1]:
        make_room(file.out, "--out")
    yield from in_processes(jobs)(_predict_file, files)


def _predict_file(file: _File) -> tuple[_File, Predicted]:
    """Predict one data set with one thread, in whatever process."""
    from tszoo.training.threads import using_threads

    with using_threads(1):
        return file, predict_one(
            _model(file.ask.model, file.ask.zoo), file.data, file.ask, file.out
        )


@lru_cache(maxsize=1)
def _model(reference: str, zoo: str | None) -> Model:
    """Load a model once a process."""
    from tszoo.zoo.find import load_model

    return load_model(reference, zoo)


def _documents(files: Sequence[_File], written: dict[str, Any]) -> list[dict[str, Any]]:
    """Say of each file whether it was written; one that was there has no number of series."""
    kept: dict[str, Any] = {"n_series": None}
    return [
        {"data": file.data, **kept, "out": file.out, **written.get(file.data, {})} for file in files
    ]
