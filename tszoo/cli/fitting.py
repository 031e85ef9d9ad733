"""What ``tszoo finetune`` and ``tszoo pretrain`` share."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.options import Reading, Training, Watching
from tszoo.errors import DataError, OptionError, TrainingError

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.training.run import Run


def read_train(reference: str, reading: Reading) -> Dataset:
    """Read the series to learn from."""
    from tszoo.data.load import load_dataset

    return load_dataset(
        reference,
        split=reading.split,
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
    )


def read_test(reference: str, reading: Reading) -> Dataset | None:
    """Read the test split beside them, if there is one and it is not what is learnt from."""
    from tszoo.data.load import load_test_split

    if reading.split == "test":
        return None
    return load_test_split(
        reference,
        label_column=reading.label_column,
        unequal=reading.unequal,
        archive=reading.archive,
    )


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
    # as the training series were read: what is behind the shorter ones of these is padding too
    unequal = True if train.is_unequal else reading.unequal
    watched = read_train(validation, replace(reading, split=None, unequal=unequal))
    if watched.sha256 == train.sha256:
        msg = (
            f"--validation {validation}: these are the series to train on. Hold some out, such as "
            "0.2 of them."
        )
        raise DataError(msg)
    return train, watched


def settings_of(training: Training) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the options say of the recipe, and what of the network, which checks its own."""
    from tszoo.training.recipe import Recipe

    names = {field.name for field in fields(Recipe)}
    recipe: dict[str, Any] = {"name": training.recipe}
    recipe |= {name: value for name, value in vars(training).items() if name in names}
    network: dict[str, Any] = {}
    for setting in training.settings or ():
        name, value = _setting(setting)
        if name not in names:
            network[name] = value
        elif recipe.get(name) is None:
            recipe[name] = value
    return {name: value for name, value in recipe.items() if value is not None}, network


def run_of(training: Training, watching: Watching, folder: Path, validation: Dataset | None) -> Run:
    """Return how to run what the options ask for: every field of a run that they have."""
    from tszoo.training.run import Run

    options = {**vars(training), **vars(watching), "folder": folder, "validation": validation}
    names = {field.name for field in fields(Run)}
    return Run(**{name: value for name, value in options.items() if name in names})


def _setting(setting: str) -> tuple[str, Any]:
    """Read ``KEY=VALUE``: a JSON value, or text."""
    name, equals, text = setting.partition("=")
    if not (name and equals and text):
        msg = f"--set {setting}: expected KEY=VALUE, such as patience=20."
        raise OptionError(msg)
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def say_what_is_replaced(folder: Path, resume: bool) -> None:
    """Tell of an interrupted run that is not gone on with, and whose files go when training begins."""
    from tszoo.training.run_folder import holds_run

    if not resume and holds_run(folder):
        typer.echo(
            f"starting anew: the interrupted run in {folder} is replaced (--resume goes on with "
            "it)",
            err=True,
        )


def clear_away(folder: Path) -> None:
    """Remove what a run kept, now that its model is whole, and its folder if nothing else is in it."""
    from tszoo.training.run_folder import forget_run

    try:
        forget_run(folder)
    except TrainingError as error:  # the model is there all the same
        typer.echo(str(error), err=True)
    with suppress(OSError):  # it may never have come to be, or hold something that is not ours
        folder.rmdir()
