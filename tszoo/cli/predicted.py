"""Predictions of one data set, from its first series to the last line of a CSV."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tszoo.cli.answers import Wanted
from tszoo.cli.options import Reading
from tszoo.cli.places import make_room
from tszoo.cli.reading import as_trained, options_for, say_how_read
from tszoo.cli.streams import is_utf8
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.answers import Answers, Row
    from tszoo.models.levels import Outside
    from tszoo.models.model import Model

# Probabilities, of series and classes, that are held at a time.
MOST_PROBABILITIES = 1 << 22


@dataclass(frozen=True)
class Ask:
    """What is asked of a model, whatever the data are."""

    model: str
    zoo: str | None
    wanted: Wanted
    device: str
    reading: Reading

    def load(self) -> Model:
        """Load the model."""
        from tszoo.zoo.find import load_model

        return load_model(self.model, self.zoo)


@dataclass(frozen=True)
class Predicted:
    """What is said of a data set beside its CSV: for the document, and of levels."""

    document: dict[str, Any]
    outside: str


def predict_one(
    model: Model,
    data: str,
    ask: Ask,
    out: Path | None,
    progress: Callable[[int, int], None] | None = None,
    *,
    as_json: bool = False,
) -> Predicted:
    """Predict the series of one data set, into a file or onto stdout.

    With ``as_json`` and no file, predictions are in the document, and nothing is written.
    """
    from tszoo.data.stream import stream_dataset
    from tszoo.models.answers import Answers

    answers = Answers.of(model, ask.wanted.asked())
    reading = as_trained(model, ask.reading)
    seen = _Seen(model)
    chunks = stream_dataset(
        data,
        split=reading.split,
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
        **options_for(model, reading),
    )
    rows = _predicted(model, seen.through(chunks), ask.device, progress)
    if as_json and out is None:
        predictions = [answers.document(row) for row in rows]
        document = {"n_series": len(predictions), "predictions": predictions}
    else:
        with _destination(out) as file:
            document = {"n_series": _write_csv(file, rows, answers), "out": out}
    return Predicted(document, seen.told())


class _Seen:
    """Looks at the levels of all series on their way, to tell once of those outside training."""

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

    def told(self) -> str:
        """Say in one line that series lie outside; nothing if none does."""
        outside = self.first
        if outside is None:
            return ""
        return (
            f"{self.n_outside} of {self.n_series} series have levels outside those that the model "
            f"was trained on ({outside.number} of channel {outside.channel}: {outside.value:.4g}, "
            f"trained on {outside.least:.4g} to {outside.greatest:.4g}); their labels are guesses."
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
        names = iter(names_of(chunk))
        for part in _answered_at_once(model.usable(chunk), model.config.n_classes):
            probabilities = model.predict_proba(part, device=device)
            first = done
            done += len(probabilities)
            if progress is not None:
                progress(done, done)
            for i, row in enumerate(probabilities):
                yield Row(first + i, next(names), row)


def _answered_at_once(chunk: Dataset, n_classes: int) -> Iterator[Dataset]:
    """Cut a chunk into parts whose probabilities are few enough for the memory."""
    most = max(1, MOST_PROBABILITIES // n_classes)
    if chunk.n_series <= most:
        yield chunk
        return
    for start in range(0, chunk.n_series, most):
        yield chunk.take(range(start, min(start + most, chunk.n_series)))


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
