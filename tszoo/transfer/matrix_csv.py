"""Transfer matrices in CSV files: a row a run, or the 2018 paper's tables."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason, write_file
from tszoo.text import show
from tszoo.transfer.matrix_table import TransferMatrix, matrix_of

RUN_COLUMNS = ("target", "source", "repeat", "accuracy", "seconds")
NONE = "none"  # the source of a run from scratch
MOST_BYTES = 256 << 20


def read_matrix(
    path: str | Path, scratch: str | Path | None = None, neighbours: str | Path | None = None
) -> TransferMatrix:
    """Read a transfer matrix.

    Parameters
    ----------
    path : str or Path
        Either the rows of runs (columns target, source, accuracy, others as they come; the source
        ``none`` is a run from scratch), of which repeated ones are averaged; or a row a source and
        a column a target, as the paper of Ismail Fawaz et al. (2018) released it. An empty cell is
        no accuracy.
    scratch : str, Path or None
        Columns target, accuracy.
    neighbours : str, Path or None
        A row a target: its name, then sources from nearest to farthest.

    Raises
    ------
    DataError
        If a file cannot be read, or holds anything else.
    """
    header, *lines = _table(path)
    if header[:1] == ["source"]:
        accuracy = _by_source(path, header, lines)
        alone: dict[str, float] = {}
    else:
        accuracy = _by_run(path, header, lines)
        alone = {target: value for (target, name), value in accuracy.items() if name == NONE}
        accuracy = {key: value for key, value in accuracy.items() if key[1] != NONE}
    if scratch is not None:
        alone = _scratch(scratch)
    near: dict[str, tuple[str, ...]] = {}
    if neighbours is not None:
        near = {line[0]: tuple(filter(None, line[1:])) for line in _table(neighbours)[1:] if line}
    return matrix_of(accuracy, alone, near)


def save_neighbours(neighbours: Mapping[str, Sequence[str]], path: str | Path) -> None:
    """Save which sources are near targets, as ``read_matrix`` reads it; OptionError as it fails."""
    longest = max((len(names) for names in neighbours.values()), default=0)
    rows: list[Sequence[object]] = [["target", *(f"K_{k + 1}" for k in range(longest))]]
    rows += [[target, *names] for target, names in neighbours.items()]
    _save(rows, path)


def save_columns(matrix: TransferMatrix, path: str | Path) -> None:
    """Save what can be had for each target, by the way to choose a source; OptionError if not."""
    columns = matrix.columns()
    rows: list[Sequence[object]] = [["target", *columns]]
    for k, target in enumerate(matrix.targets):
        rows.append([target, *(_spelled(values[k]) for values in columns.values())])
    _save(rows, path)


def _save(rows: Sequence[Sequence[object]], path: str | Path) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    try:
        write_file(Path(path), text.getvalue().encode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def _spelled(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def _table(path: str | Path) -> list[list[str]]:
    """Read a file's cells; DataError if that fails or there is no line of data."""
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            msg = f"{path}: larger than a transfer matrix can be."
            raise DataError(msg)
        text = Path(path).read_text(encoding="utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error
    if len(lines) < 2:
        msg = f"{path}: no rows; a line of column names and at least one more are expected."
        raise DataError(msg)
    return lines


def _by_source(
    path: str | Path, header: Sequence[str], lines: Sequence[Sequence[str]]
) -> dict[tuple[str, str], float]:
    found = {}
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            msg = f"{path}, line {number}: {len(line)} cells where {len(header)} are expected."
            raise DataError(msg)
        for target, cell in zip(header[1:], line[1:], strict=True):
            if cell.strip():
                found[target, line[0]] = _accuracy(cell, path, number)
    return found


def _by_run(
    path: str | Path, header: Sequence[str], lines: Sequence[Sequence[str]]
) -> dict[tuple[str, str], float]:
    at = _places(path, header, ("target", "source", "accuracy"))
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number, line in enumerate(lines, start=2):
        target, source, cell = _cells(path, number, line, at)
        seen[target, source].append(_accuracy(cell, path, number))
    return {key: float(np.mean(values)) for key, values in seen.items()}


def _scratch(path: str | Path) -> dict[str, float]:
    header, *lines = _table(path)
    at = _places(path, header, ("target", "accuracy"))
    found = {}
    for number, line in enumerate(lines, start=2):
        target, cell = _cells(path, number, line, at)
        found[target] = _accuracy(cell, path, number)
    return found


def _places(path: str | Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    missing = [name for name in wanted if name not in header]
    if missing:
        msg = f"{path}: no column {missing[0]}; {', '.join(wanted)} are expected."
        raise DataError(msg)
    return [header.index(name) for name in wanted]


def _cells(path: str | Path, number: int, line: Sequence[str], at: Sequence[int]) -> list[str]:
    if len(line) <= max(at):
        msg = f"{path}, line {number}: {len(line)} cells, and {max(at) + 1} are needed."
        raise DataError(msg)
    return [line[k] for k in at]


def _accuracy(cell: str, path: str | Path, number: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        msg = f"{path}, line {number}: {show(cell)} is no accuracy from 0 to 1."
        raise DataError(msg)
    return value
