"""Filters and their responses as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from tszoo.errors import OptionError
from tszoo.explanation.filters import FilterBank
from tszoo.storage.files import reason, write_file


def save_filters_csv(banks: Sequence[FilterBank], names: Sequence[str], path: str | Path) -> None:
    """Save a row a filter: length, number in the layer, and its response to each data set.

    Rows stand as filters do in ``banks``. The header names the data sets.

    Raises
    ------
    OptionError
        If the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["length", "filter", *names])
    for bank in banks:
        for number, responses in zip(bank.numbers, bank.responses, strict=True):
            writer.writerow([bank.length, number, *(f"{value:.6g}" for value in responses)])
    try:
        write_file(Path(path), text.getvalue().encode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error
