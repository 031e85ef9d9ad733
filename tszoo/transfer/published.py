"""Published results that stand beside a model's own on its card."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from tszoo.errors import DataError
from tszoo.models.record import Published

COLUMNS = ("dataset", "name", "accuracy", "url")


def read_published(path: Path) -> dict[str, Published]:
    """Read a CSV with the columns ``dataset, name, accuracy, url``.

    One published accuracy a data set.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column, or an accuracy is not a share from 0 to 1.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: cannot be read ({error})."
        raise DataError(msg) from error
    figures: dict[str, Published] = {}
    for line, row in enumerate(rows, start=2):
        lacking = [column for column in COLUMNS if not row.get(column)]
        if lacking:
            msg = f"{path}, line {line}: no {lacking[0]}; the columns are {', '.join(COLUMNS)}."
            raise DataError(msg)
        try:
            accuracy = float(row["accuracy"])
        except ValueError:
            accuracy = math.nan
        if not 0.0 <= accuracy <= 1.0:
            msg = f"{path}, line {line}: accuracy {row['accuracy']} is not a share from 0 to 1."
            raise DataError(msg)
        figures[row["dataset"]] = Published(row["name"], accuracy, row["url"])
    return figures
