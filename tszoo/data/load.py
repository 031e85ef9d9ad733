"""Load a data set: find the file that a reference means, read it, check what it says."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tszoo.data.classes import as_printed
from tszoo.data.dataset import Dataset, Label
from tszoo.data.layouts import check_layout
from tszoo.data.readers import RawSeries, ReadOptions, TableOptions, read_file
from tszoo.data.readers.labels import labels_of_test, with_labels
from tszoo.data.readers.raw import SAY_WHERE
from tszoo.data.references import DataFile, find_data, has_split
from tszoo.data.spellings import label_number, whole_number
from tszoo.data.summary import refuse_summary
from tszoo.data.task import require_classes
from tszoo.errors import DataError, OptionError
from tszoo.text import show

if TYPE_CHECKING:
    from typing_extensions import Unpack

_CANONICAL_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_MANY = 20


def load_dataset(
    ref: str | PathLike[str],
    *,
    split: str | None = None,
    default_split: str = "train",
    label_column: str | int = "first",
    unequal: bool | None = None,
    archive: str | PathLike[str] | None = None,
    name: str | None = None,
    labels_wanted: bool = True,
    **table: Unpack[TableOptions],
) -> Dataset:
    """Load a data set from a file, a UCR folder, or an archive.

    Parameters
    ----------
    ref : str or path
        A ``.tsv``, ``.txt``, ``.csv``, ``.ts``, ``.arff`` (each also with ``.gz``), ``.npz`` or
        ``.npy`` file; a folder that holds ``NAME_TRAIN.*`` and perhaps ``NAME_TEST.*``; or a bare
        name, looked up in ``archive``.
    split : {"train", "test"} or None
        The split that is wanted; None takes a file as it is, and of a folder ``default_split``. A
        file whose name ends neither in ``_TRAIN`` nor in ``_TEST`` has no splits and is always
        taken as it is, unless it is an ``.npz`` with ``X_train`` or ``X_test``.
    default_split : {"train", "test"}
        What a folder means when ``split`` is None, and a file that holds both splits.
    label_column : str or int
        Where the labels of a ``.tsv``, ``.txt`` or ``.csv`` are: ``"first"``, ``"last"``,
        ``"none"``, a column number counted from 1, or a name in the header. The other formats say
        it themselves; they know only ``"none"``.
    unequal : bool or None
        True: series may differ in length, NaNs behind the last value of a series are padding, and
        the data set is to be taken at any length (``Dataset.any_length``). False: such NaNs are
        missing values. None: rows must be equally long, and NaNs are padding if they stand only at
        the ends of series; for a test split whose training split is beside it, that one decides.
    archive : path or None
        Folder of data set folders.
    name : str or None
        What to call the data set; by default the file's name without split and suffix.
    labels_wanted : bool
        False if nobody will look at labels, which the data may lack then. Of a table whose label
        column is not named, ``like`` says whether it has one.
    labels, layout, header, id_column, time_column, drop, encoding
        How to read a file where it does not say it itself; see ``TableOptions``.

    Returns
    -------
    Dataset
        ``read_as`` says how a table was read, and ``ids`` what it calls the series. Labels are
        Python ints if every one is written as a plain integer, else text as written (``.npz`` keeps
        its types); ``1.0`` is ``1`` where the file writes both.

    Raises
    ------
    DataError
        If there is no such data, or it is not usable; the message says where and why.
    OptionError
        If ``split``, ``label_column`` or another option makes no sense.
    """
    check_layout(table.get("layout"))
    source = find_data(ref, split, default_split, archive)
    options = read_options(source, label_column, unequal, table, labels_wanted=labels_wanted)
    raw = read_file(source.path, options)
    if options.labels is not None:
        raw = with_labels(raw, Path(options.labels))
    padded = is_padded([raw], options)
    if padded is None and source.train is not None and raw.has_gaps:
        padded = split_is_padded(source.train, options)
    dataset = to_dataset(raw, source, name=name, padded=padded)
    if "test" not in (source.split, default_split):
        require_classes(dataset)
        refuse_summary(dataset)
    # that another split is padded does not say that series of any length are to be taken
    return replace(dataset, any_length=unequal is True)


def load_test_split(
    ref: str | PathLike[str],
    *,
    label_column: str | int = "first",
    unequal: bool | None = None,
    archive: str | PathLike[str] | None = None,
    **table: Unpack[TableOptions],
) -> Dataset | None:
    """Load the test split that belongs to a folder, an archive's name or a ``NAME_TRAIN`` file.

    None if there is no test split. Parameters and errors are those of ``load_dataset``; ``labels``
    are those of the training split, beside which those of the test split are looked for
    (``y_TEST.npy`` beside ``y_TRAIN.npy``): None, too, if they are not there.
    """
    source = find_data(ref, archive=archive)
    if source.split != "train":
        return None
    if not has_split(source, "test"):
        return None
    labels = table.get("labels")
    if labels is not None:
        table["labels"] = labels_of_test(Path(labels))
        if table["labels"] is None:
            return None
    return load_dataset(
        ref, split="test", label_column=label_column, unequal=unequal, archive=archive, **table
    )


def read_options(
    source: DataFile,
    label_column: str | int,
    unequal: bool | None,
    table: TableOptions,
    *,
    labels_wanted: bool = True,
) -> ReadOptions:
    """Say how a file is read; where its labels stand in another one, it has none of its own.

    OptionError if a label column is named all the same.
    """
    if table.get("labels") is not None:
        if label_column not in ("first", "none"):
            labels = show(str(table["labels"]))
            msg = f"label_column={label_column} and labels={labels}: give only one."
            raise OptionError(msg)
        label_column = "none"
    return ReadOptions(
        label_column, unequal, labels_wanted=labels_wanted, split=source.split, **table
    )


def to_dataset(
    raw: RawSeries, source: DataFile, *, name: str | None = None, padded: bool | None = None
) -> Dataset:
    """Check what a reader gives and build the data set.

    ``padded`` is ``Dataset.from_arrays``' ``unequal``.
    """
    labels = None
    if raw.labels is not None:
        labels = parse_labels(raw.labels, source.path.name, raw.typed)
    dataset = Dataset.from_arrays(
        raw.series,
        labels,
        name=name or source.name or source.path.name,
        provenance=str(source.path),
        split=source.split,
        unequal=padded,
        layout="NCT",
    )
    return as_read(dataset, raw)


def as_read(dataset: Dataset, raw: RawSeries, some: slice = slice(None)) -> Dataset:
    """Put to some of a reader's series what it says beside their values."""
    return replace(
        dataset,
        ids=None if raw.ids is None else tuple(raw.ids[some]),
        groups=None if raw.groups is None else tuple(raw.groups[some]),
        spans=None if raw.spans is None else tuple(raw.spans[some]),
        read_as=raw.read_as,
        reading=raw.reading,
    )


def is_padded(parts: Sequence[RawSeries], options: ReadOptions) -> bool | None:
    """Tell whether NaNs at the ends of series are padding.

    None if neither the caller nor the file says so. Rows that differ in length say themselves where
    a series ends: no NaN of theirs is padding.
    """
    if options.unequal is not None:
        return options.unequal
    if any(not isinstance(part.series, np.ndarray) for part in parts):
        return False
    return parts[0].padded


def split_is_padded(train: Path, options: ReadOptions) -> bool | None:
    """Tell whether a training split takes NaNs at the ends of series for padding.

    None if it has no NaN to tell by.
    """
    raw = read_file(train, replace(options, labels_wanted=False, split="train"))
    if not raw.has_gaps:
        return None
    raw = replace(raw, labels=None)
    source = DataFile(train, train.name, "train")
    return to_dataset(raw, source, padded=is_padded([raw], options)).is_unequal


def parse_labels(labels: Sequence[Label], file: str, typed: bool = False) -> list[Label]:
    """Turn label text into ints if all of it is plain integers; else leave it as it is.

    ``typed`` labels have the types that their file gives them, and keep them. A class that is
    written both as ``1`` and as ``1.0`` is one class, ``1``, as it is between training and test
    data.

    Raises
    ------
    DataError
        If the labels look like measurements: more than 20 different fractions, or more than two
        that make up more than half of the labels.
    """
    distinct = set(labels)
    fractions = sorted({str(label) for label in filter(_is_fraction, distinct)})
    most = min(_MANY, max(2, len(labels) // 2))
    if len(fractions) > most:
        msg = (
            f"{file}: the label column looks like measurements, not classes ({len(fractions)} "
            f"different fractions in {len(labels)} series, such as {fractions[0]}). {SAY_WHERE}"
        )
        raise DataError(msg)
    if typed:
        return list(labels)
    spelled = one_spelling({str(label) for label in distinct})
    if all(_CANONICAL_INT.fullmatch(label) for label in spelled.values()):
        return [int(spelled[str(label)]) for label in labels]
    return [spelled[str(label)] for label in labels]


def one_spelling(labels: Collection[str]) -> dict[str, str]:
    """Map each of some different labels to the spelling that it is taken by.

    A whole number may be written as ``1``, ``1.0``, ``1.``, ``1,0``, ``+1`` or ``1e0``: where at
    least two of them occur, they are taken as ``1``. Labels that look the same
    are the same: accents may stand apart from their letters.

    >>> one_spelling(["1", "1.0", "2.0"])
    {'1': '1', '1.0': '1', '2.0': '2.0'}
    """
    whole = {label: whole_number(as_printed(label)) for label in labels}
    count = Counter(whole.values())
    spelled = {}
    for label, short in whole.items():
        spelled[label] = short if count[short] > 1 else label
    return spelled


def _is_fraction(label: Label) -> bool:
    if not isinstance(label, (str, float)):
        return False
    number = label_number(label)
    return number is not None and math.isfinite(number) and not number.is_integer()
