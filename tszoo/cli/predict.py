"""``tszoo predict``: labels for new series."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TextIO

import typer

from tszoo.cli.answers import Wanted
from tszoo.cli.options import Data, Device, ModelName, Output, Reading, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file, make_room
from tszoo.cli.reading import as_trained, options_for, say_how_read
from tszoo.cli.standard_input import as_file
from tszoo.cli.streams import is_utf8
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.answers import Answers, Row
    from tszoo.models.levels import Outside
    from tszoo.models.model import Model


def predict(
    model: ModelName,
    data: Data,
    *,
    wanted: Wanted,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="Write the CSV here. (default: stdout)", show_default=False
        ),
    ] = None,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Predict labels, as CSV. Text files of any size are read piece by piece.

    A table is read as the model's training data were, and may lack labels. The CSV has its ids, and
    where windows start and end. With --coverage, a column set has all classes that a series may be
    of, with | between them. With --json, the predictions are in the document; with --out, they are
    in the CSV alone. DATA may be -, standard input.

    Example: tszoo predict my-model new.csv --proba
    Example: cat new.csv | tszoo predict my-model -
    """
    from tszoo.data.stream import stream_dataset
    from tszoo.models.answers import Answers
    from tszoo.zoo.find import load_model

    check_file(out, "--out")  # before the work
    fitted = load_model(model, zoo)
    answers = Answers.of(fitted, wanted.asked())
    reading = as_trained(fitted, reading)
    seen = _Seen(fitted)
    document: dict[str, Any] = {"model": model, "classes": list(answers.labels)}
    quiet = output.is_silent or out is None
    with as_file(data) as place, counting("series", quiet=quiet) as progress:
        chunks = stream_dataset(
            place,
            split=reading.split,
            label_column=reading.label_column,
            unequal=reading.unequal,
            archive=reading.archive,
            **options_for(fitted, reading),
        )
        rows = _predicted(fitted, seen.through(chunks), device, progress)
        if output.as_json and out is None:
            predictions = [answers.document(row) for row in rows]
            document |= {"n_series": len(predictions), "predictions": predictions}
        else:
            with _destination(out) as file:
                document |= {"n_series": _write_csv(file, rows, answers), "out": out}
    seen.warn()
    if output.as_json:
        print_json(document)
    elif out is not None:
        typer.echo(f"wrote {out}: {document['n_series']} series", err=True)


class _Seen:
    """Looks at the levels of all series on their way, to warn once of those outside training."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.n_series = self.n_outside = 0
        self.first: Outside | None = None

    def through(self, chunks: Iterable[Dataset]) -> Iterator[Dataset]:
        """Yield the chunks as they come."""
        from tszoo.models.levels import levels_outside

        for chunk in chunks:
            yield chunk  # the model refuses what it cannot take before its levels are looked at
            outside = levels_outside(self.model, chunk)
            self.n_series += chunk.n_series
            if outside is not None:
                self.n_outside += outside.n_series
                self.first = self.first or outside

    def warn(self) -> None:
        """Print one line if any series lies outside."""
        outside = self.first
        if outside is None:
            return
        typer.echo(
            f"{self.n_outside} of {self.n_series} series have levels outside those that the model "
            f"was trained on ({outside.number} of channel {outside.channel}: {outside.value:.4g}, "
            f"trained on {outside.least:.4g} to {outside.greatest:.4g}); their labels are guesses.",
            err=True,
        )


def _predicted(
    model: Model,
    chunks: Iterable[Dataset],
    device: str,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Row]:
    """Predict chunk after chunk; yield a row for each series. Say first how the file is read."""
    from tszoo.models.answers import Row, names_of

    done = 0
    for chunk in chunks:
        if done == 0:
            say_how_read(chunk)
        probabilities = model.predict_proba(chunk, device=device)
        names = names_of(chunk)
        first = done
        done += len(probabilities)
        if progress is not None:
            progress(done, done)
        for i, (name, row) in enumerate(zip(names, probabilities, strict=True)):
            yield Row(first + i, name, row)


def _write_csv(file: TextIO, rows: Iterable[Row], answers: Answers) -> int:
    from tszoo.models.answers import write_csv

    # off a terminal labels and ids are data, which stay as they are
    return write_csv(file, rows, answers, one_line if file.isatty() else str)


@contextmanager
def _destination(out: Path | None) -> Iterator[TextIO]:
    """Open stdout, or a file that appears only when it is whole.

    Unless a person reads it there, the CSV is UTF-8, which is what data files are read as.
    """
    if out is None:
        stdout = sys.stdout
        if isinstance(stdout, io.TextIOWrapper) and not (stdout.isatty() or is_utf8(stdout)):
            stdout.reconfigure(encoding="utf-8")
        yield stdout
        return
    from tszoo.errors import DataError
    from tszoo.storage.files import open_atomically, reason

    make_room(out, "--out")
    try:
        with open_atomically(out) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            try:
                yield text
            finally:
                text.detach()  # all of it is in the file then, which is closed by whoever opened it
    except OSError as error:
        msg = f"{out}: cannot be written ({reason(error)})."
        raise DataError(msg) from error
