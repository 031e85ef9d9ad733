"""The folder of a transfer matrix: its rows, and the sources that were trained for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason, write_file
from tszoo.storage.strict_json import dump_json
from tszoo.transfer.matrix import Row
from tszoo.transfer.matrix_csv import RUN_COLUMNS

RESULTS, SETTING, NEIGHBOURS, SOURCES, LOCK = (
    "results.csv",
    "setting.json",
    "neighbours.csv",
    "sources",
    ".lock",
)


class MatrixFolder:
    """A folder that keeps what was measured, row by row, so that a run can end at any moment.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    setting : mapping
        How all is trained, as JSON values.

    Raises
    ------
    OptionError
        If the folder cannot be written, or its rows were measured in another setting.
    DataError
        If its rows cannot be read.
    """

    def __init__(self, folder: Path, setting: dict[str, object]) -> None:
        self.folder = folder
        self.rows: list[Row] = []
        text = dump_json(setting)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            there = folder / SETTING
            if not there.exists():
                write_file(there, text)
            elif there.read_bytes() != text:
                msg = (
                    f"{folder}: its rows were measured in another setting ({SETTING} says in "
                    "which). Say the same again, or name another folder."
                )
                raise OptionError(msg)
            if (folder / RESULTS).exists():
                self.rows = read_rows(folder / RESULTS)
        except OSError as error:
            raise self._unwritable(error) from error

    @property
    def done(self) -> Iterator[tuple[str, str, int]]:
        """What tells the rows apart that are there."""
        return ((row.target, row.source, row.repeat) for row in self.rows)

    def add(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Keep rows as they come, and pass them on; those that are there already are left out."""
        there = set(self.done)
        for row in rows:
            if (row.target, row.source, row.repeat) in there:
                continue
            self.rows.append(row)
            self._write()
            yield row

    def _write(self) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(RUN_COLUMNS)
        for row in self.rows:
            accuracy, seconds = f"{row.accuracy:.6f}", f"{row.seconds:.2f}"
            writer.writerow([row.target, row.source, row.repeat, accuracy, seconds])
        try:
            write_file(self.folder / RESULTS, text.getvalue().encode("utf-8"))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> OptionError:
        return OptionError(f"{self.folder}: cannot be written ({reason(error)}).")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from writing into the folder at the same time.

    Raises
    ------
    OptionError
        If another one does.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout as error:
        msg = f"{folder}: another process is at this matrix."
        raise OptionError(msg) from error


def read_rows(path: Path) -> list[Row]:
    """Read the rows of runs that a folder keeps; DataError if they are none."""
    try:
        lines: Sequence[dict[str, str]] = list(
            csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
        )
        return [
            Row(
                line["target"],
                line["source"],
                int(line["repeat"]),
                float(line["accuracy"]),
                float(line["seconds"]),
            )
            for line in lines
        ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        msg = f"{path}: no rows of a transfer matrix. Remove it, or name another folder."
        raise DataError(msg) from error
