"""Read uploaded files, as the form says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tszoo.data.dataset import Dataset
from tszoo.data.holdout import hold_out
from tszoo.data.load import load_dataset
from tszoo.data.readers import TableOptions, data_suffix
from tszoo.data.stream import stream_dataset
from tszoo.models.config import ModelConfig
from tszoo.serving.page.work import DATA, NEW, TEST, Asked, Work
from tszoo.text import printable

SHARE, SEED = "0.2", 0
_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".feather")
_FIELDS = {"label_column": "Labels", "id_column": "Ids", "header": "Header"}
_PARAMETER = re.compile(r'\b(label_column|id_column|header)=("?)([\w .-]+?)\2(?=[,. ;)]|$)')


def is_table(path: Path) -> bool:
    """Whether a file leaves it open where its labels and ids are."""
    return data_suffix(path) in _TABLES


def read_all(work: Work) -> Dataset:
    """Read the uploaded series as the form says; DataError or OptionError if that cannot be."""
    upload, asked = work.upload(DATA), work.asked
    path = work.path_of(DATA)
    return load_dataset(
        path,
        name=printable(upload.title if upload else "data", 60),
        label_column=_column(asked.label) or "first",
        **_table_options(path, asked),
    )


def read_split(work: Work) -> tuple[Dataset, Dataset | None]:
    """Read the series to learn from, and those that are held back, if some are to be."""
    dataset = read_all(work)
    if not work.asked.hold:
        return dataset, None
    return hold_out(dataset, SHARE, SEED)


def read_test(work: Work, config: ModelConfig) -> Dataset:
    """Read the uploaded test series as those were read that the model has learnt."""
    upload = work.upload(TEST)
    return load_dataset(
        work.path_of(TEST),
        name=printable(upload.title if upload else "test", 60),
        label_column=_labels_of(work, config),
        unequal=config.preprocessing.unequal,
        like=config.like,
    )


def stream_new(work: Work, config: ModelConfig) -> Iterator[Dataset]:
    """Read the uploaded new series, some at a time; their labels, if any, are not looked at."""
    return stream_dataset(
        work.path_of(NEW),
        label_column=_labels_of(work, config),
        unequal=config.preprocessing.unequal,
        like=config.like,
    )


def _labels_of(work: Work, config: ModelConfig) -> str | int:
    """Say where labels are, unless the model remembers a table that says it."""
    if config.reading is not None:
        return "first"
    return _column(work.asked.label) or "first"


def _table_options(path: Path, asked: Asked) -> TableOptions:
    options: TableOptions = {}
    if not is_table(path):
        return options
    if asked.header:
        options["header"] = asked.header == "yes"
    column = _column(asked.id)
    if column is not None:
        options["id_column"] = column
    return options


def _column(text: str) -> str | int | None:
    """Read a column of the form: a number, or one of its words; None if nothing is said."""
    if text.isdecimal():
        return int(text[:9])
    return text if text in ("last", "none", "first") else None


def by_name(work: Work, message: str) -> str:
    """Call files in a message as people called them, and not as they lie here."""
    for purpose in (DATA, TEST, NEW):
        upload = work.upload(purpose)
        if upload is not None:
            message = message.replace(str(work.path_of(purpose)), upload.name)
            message = message.replace(work.path_of(purpose).name, upload.name)
    return message


def as_on_page(message: str) -> str:
    """Spell the parameters in a message as the form calls them.

    >>> as_on_page('Pass label_column="last".')
    'Choose “Labels”: last.'
    """
    said = _PARAMETER.sub(lambda found: f"“{_FIELDS[found[1]]}”: {found[3]}", message)
    if said == message:
        return message
    return said.replace("Pass “", "Choose “").replace("pass “", "choose “")
