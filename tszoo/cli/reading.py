"""Data as a command's options say that they are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from tszoo.cli.options import Reading
from tszoo.errors import DataError, OptionError
from tszoo.text import printable

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.data.readers.raw import TableOptions
    from tszoo.models.model import Model


def read_train(reference: str, reading: Reading, like: Dataset | None = None) -> Dataset:
    """Read the series to learn from, or others ``like`` those."""
    from tszoo.data.load import load_dataset

    dataset = load_dataset(
        reference,
        split=reading.split,
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
        **_options_like(like, reading),
    )
    say_how_read(dataset)
    return dataset


def read_judged(
    model: Model, reference: str, reading: Reading, *, labels_wanted: bool = True
) -> Dataset:
    """Read series for a model to answer, as its training series were; a folder's test split."""
    from tszoo.data.load import load_dataset

    reading = as_trained(model, reading)
    dataset = load_dataset(
        reference,
        split=reading.split,
        default_split="test",
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
        labels_wanted=labels_wanted,
        **options_for(model, reading),
    )
    say_how_read(dataset)
    return dataset


def say_how_read(dataset: Dataset) -> None:
    """Say in a line on stderr how a table was read, so that nothing is decided without a word.

    In others, that a value seems to mark missing ones, and that classes are spelled nearly alike.
    """
    from tszoo.data.classes import told_alike
    from tszoo.data.missing_marks import find_mark

    if dataset.read_as:
        typer.echo(f"{printable(dataset.name, 60)}: {dataset.read_as}", err=True)
    marked = find_mark(dataset)
    if marked is not None:
        typer.echo(f"{printable(dataset.name, 60)}: {marked.told()}.", err=True)
    alike = told_alike(dataset.classes)
    if alike:
        typer.echo(f"{printable(dataset.name, 60)}: {alike}.", err=True)


def say_copies(dataset: Dataset) -> None:
    """Say in a line on stderr how many series are copies of others, and of what classes."""
    from tszoo.data.copied import count_copies

    copies = count_copies(dataset)
    if not copies.n_series:
        return
    typer.echo(
        f"{printable(dataset.name, 60)}: of {dataset.n_series} series {copies.told()}. Where a "
        "series is left out, its copies are, too.",
        err=True,
    )


def check_labels(references: Sequence[str], reading: Reading) -> None:
    """Raise OptionError for a file of labels where there are several data sets."""
    if reading.labels is not None and len(references) > 1:
        msg = f"--labels {reading.labels}: the labels of one file, and there are {len(references)}."
        raise OptionError(msg)


def read_all(references: Sequence[str], reading: Reading) -> list[Dataset]:
    """Read the series to learn from of several data sets."""
    check_labels(references, reading)
    return [read_train(reference, reading) for reference in references]


def read_test(reference: str, reading: Reading, train: Dataset | None = None) -> Dataset | None:
    """Read the test split beside ``train``, if there is one and it is not what is learnt from."""
    from tszoo.data.load import load_test_split

    if reading.split == "test":
        return None
    return load_test_split(
        reference,
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
        **_options_like(train, reading),
    )


def _options_like(train: Dataset | None, reading: Reading) -> TableOptions:
    """Return what is said of a table, and that it is otherwise like the training series."""
    from tszoo.data.table_reading import Like

    options = reading.options()
    if train is not None:
        options["like"] = Like(train.reading)
    return options


def read_validated(
    reference: str, validation: str | None, reading: Reading, seed: int
) -> tuple[Dataset, Dataset | None]:
    """Read the series to learn from, and those to watch the training by.

    Raises
    ------
    DataError
        If data cannot be used or held out, or the series to watch by are those to learn from.
    OptionError
        If ``validation`` makes no sense.
    """
    from tszoo.data.holdout import hold_out, parse_validation

    train = read_train(reference, reading)
    if validation is None:
        return train, None
    rule = parse_validation(validation)
    if rule is not None:
        return hold_out(train, rule, seed)
    reading = replace(reading, split=None, labels=None)
    if train.is_unequal:  # then what is behind the shorter series is padding here, too
        reading = replace(reading, unequal=True)
    watched = read_train(validation, reading, train)
    if watched.sha256 == train.sha256:
        msg = (
            f"--validation {validation}: these are the series to train on. Hold some out, such as "
            "0.2 of them."
        )
        raise DataError(msg)
    return train, watched


def read_watched(
    references: Sequence[str] | None, reading: Reading, train: Dataset
) -> dict[str, Dataset]:
    """Read more series to watch a training run by, a folder's test split, by their names.

    Raises
    ------
    DataError
        If they cannot be used, or are the series to train on.
    """
    from tszoo.data.load import load_dataset

    watched: dict[str, Dataset] = {}
    taken = {"training", "validation"}  # what figures call the others
    for reference in references or ():
        dataset = load_dataset(
            reference,
            default_split="test",
            label_column=reading.label_column,
            unequal=train.is_unequal or reading.unequal,
            archive=reading.archive,
            **_options_like(train, replace(reading, labels=None)),
        )
        say_how_read(dataset)
        if dataset.sha256 == train.sha256:
            msg = (
                f"--watch {reference}: these are the series to train on, which are watched anyway."
            )
            raise DataError(msg)
        name = _free_name(dataset, taken)
        taken.add(name)
        watched[name] = dataset
    return watched


def _free_name(dataset: Dataset, taken: Collection[str]) -> str:
    """Name a data set and its split as no other one is named."""
    name = printable(f"{dataset.name} {dataset.split or ''}".strip(), 60)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def as_trained(model: Model, reading: Reading) -> Reading:
    """Read gaps at the ends of series as in the model's training data, unless told otherwise."""
    if reading.unequal is not None:
        return reading
    return replace(reading, unequal=model.config.preprocessing.unequal)


def options_for(model: Model, reading: Reading) -> TableOptions:
    """Return what is said of a table, and that it is otherwise like the model's training data."""
    options = reading.options()
    options["like"] = model.config.like
    return options
