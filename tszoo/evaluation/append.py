"""Keep results in a table that several runs write to."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from tszoo.errors import DataError
from tszoo.evaluation.metrics import Evaluation
from tszoo.evaluation.result_files import ACCURACY, CLASSIFIER, DATASET
from tszoo.storage.files import reason, write_file
from tszoo.storage.lock import held_lock

COLUMNS = (
    "classifier",
    "dataset",
    "accuracy",
    "split",
    "n_series",
    "balanced_accuracy",
    "macro_f1",
    "log_loss",
    "calibration_error",
)


def append_result(path: str | Path, classifier: str, evaluation: Evaluation) -> None:
    """Add a row to a table of results, which ``tszoo compare`` reads.

    The table is written anew in one step, by one process at a time: a row is there whole or not at
    all, also if two processes write or one is killed. A table that is there keeps its columns; one
    that is not gets ``COLUMNS``.

    Parameters
    ----------
    path : str or Path
    classifier : str
        What the model is called in the table.
    evaluation : Evaluation

    Raises
    ------
    DataError
        If the file cannot be read or written, or is no table with a row for each classifier and
        data set.
    """
    path = Path(path).resolve()  # a link stays a link
    with _alone(path):
        written = _read(path)
        columns = _columns(path, written)
        if written and not written.endswith("\n"):
            written += "\n"  # by whoever wrote the last line
        if not written:
            written = _line(columns)
        row = _row(classifier, evaluation)
        written += _line([row.get(_known(column), "") for column in columns])
        write_file(path, written.encode())


def check_appendable(path: str | Path) -> None:
    """Raise DataError, before the work, for a table that ``append_result`` would refuse."""
    path = Path(path)
    try:
        _columns(path, _read(path))
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a table; DataError where it cannot be read or written."""
    try:
        with held_lock(path.with_name(f".{path.name}.lock")):
            yield
    except TimeoutError as error:
        msg = f"{path}: another process has been writing to it for two minutes. Try again later."
        raise DataError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: no results can be added ({reason(error)}).")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""


def _columns(path: Path, written: str) -> Sequence[str]:
    """Return the columns of a table, or those of a new one."""
    if not written.strip():
        return COLUMNS
    columns = next(csv.reader(io.StringIO(written)))
    known = {_known(column) for column in columns}
    for needed in COLUMNS[:3]:
        if needed not in known:
            msg = (
                f"{path}: no column {needed}; results are added to a table with the columns "
                "classifier, dataset and accuracy. Choose another file."
            )
            raise DataError(msg)
    return columns


def _known(column: str) -> str:
    """Return the name in ``COLUMNS`` of a column that may have another one."""
    name = column.strip().lower()
    for known, names in zip(COLUMNS, (CLASSIFIER, DATASET, ACCURACY), strict=False):
        if name in names:
            return known
    return name


def _row(classifier: str, evaluation: Evaluation) -> dict[str, str]:
    shares = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error")
    row = {name: f"{getattr(evaluation, name):.6g}" for name in shares}
    row |= {"classifier": classifier, "dataset": evaluation.dataset}
    row |= {"split": evaluation.split or "", "n_series": str(evaluation.n_series)}
    return row


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
