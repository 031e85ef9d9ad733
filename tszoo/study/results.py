"""The table of a sweep: ``results.csv``, a row a trial."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason, write_file
from tszoo.study.outcome import NUMBERS, WHOLE, Outcome

FIRST = ("trial", "dataset")
BEHIND = ("repeat", "seed", *NUMBERS, "error")
MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Row:
    """A trial that has ended.

    Attributes
    ----------
    trial : int
        Its number, from 1.
    dataset : str
    values : dict
        The value of every key that is varied; None where it was the data's to decide.
    repeat : int
        From 1.
    seed : int
    outcome : Outcome
    """

    trial: int
    dataset: str
    values: Mapping[str, Any]
    repeat: int
    seed: int
    outcome: Outcome

    def cells(self) -> list[str]:
        """Spell the row."""
        outcome = [_spelled(getattr(self.outcome, name)) for name in NUMBERS]
        values = [spelled_value(value) for value in self.values.values()]
        first, behind = [str(self.trial), self.dataset], [str(self.repeat), str(self.seed)]
        return [*first, *values, *behind, *outcome, self.outcome.error]


def spelled_value(value: Any) -> str:
    """Spell a hyper-parameter: text as it is, anything else as JSON, None as nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def read_value(text: str) -> Any:
    """Read what ``spelled_value`` wrote, or a person: JSON, or text."""
    if text == "":
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def write_results(path: Path, keys: Sequence[str], rows: Sequence[Row]) -> None:
    """Write the table in one step, in the order of the trials; OptionError where that fails."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FIRST, *keys, *BEHIND])
    for row in sorted(rows, key=lambda row: row.trial):
        writer.writerow(row.cells())
    try:
        write_file(path, text.getvalue().encode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def read_results(path: str | Path) -> list[Row]:
    """Read a table of a sweep.

    Raises
    ------
    DataError
        If the file cannot be read, or is no such table.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            msg = f"{path}: larger than a table of a sweep can be."
            raise DataError(msg)
        text = path.read_text(encoding="utf-8")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error
    header = lines[0] if lines else []
    keys = header[len(FIRST) : -len(BEHIND)]
    if header != [*FIRST, *keys, *BEHIND]:
        msg = f"{path}: no table of a sweep; its columns must be {', '.join(FIRST)}, keys, and "
        raise DataError(msg + f"{', '.join(BEHIND)}.")
    return [_row(line, keys, f"{path}, line {n}") for n, line in enumerate(lines[1:], start=2)]


def _row(line: Sequence[str], keys: Sequence[str], where: str) -> Row:
    """Read a line; DataError, which says where, if it cannot be."""
    n_first = len(FIRST) + len(keys)
    if len(line) != n_first + len(BEHIND):
        msg = f"{where}: {len(line)} cells where {n_first + len(BEHIND)} are expected."
        raise DataError(msg)
    values = dict(zip(keys, map(read_value, line[len(FIRST) :]), strict=False))
    repeat, seed, *numbers = line[n_first:-1]
    try:
        outcome = {name: _number(name, cell) for name, cell in zip(NUMBERS, numbers, strict=True)}
        done = Outcome(**outcome, error=line[-1])  # type: ignore[arg-type]
        return Row(int(line[0]), line[1], values, int(repeat), int(seed), done)
    except ValueError as error:
        msg = f"{where}: {error}."
        raise DataError(msg) from error


def _number(name: str, cell: str) -> float | int | None:
    if cell == "":
        return None
    return int(cell) if name in WHOLE else float(cell)


def _spelled(value: float | None) -> str:
    """Spell a number so that it is read as the very same one."""
    if value is None or math.isnan(value):
        return ""
    return repr(value)
