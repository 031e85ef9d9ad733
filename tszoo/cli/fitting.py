"""What ``tszoo finetune`` and ``tszoo pretrain`` share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from tszoo.cli.options import Training, Watching
from tszoo.cli.varied import read_setting
from tszoo.errors import OptionError, TrainingError, TszooError

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.config import ModelConfig
    from tszoo.models.model import Model
    from tszoo.training.run import KeptEpochs, Run


def settings_of(
    training: Training, names: set[str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split what the options say into what differs in the recipe and in the network.

    ``names`` are the recipe's fields; None for those of ``Recipe``.
    """
    names = names or _fields_of_recipe()
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


def _fields_of_recipe() -> set[str]:
    from tszoo.training.recipe import Recipe

    return {field.name for field in fields(Recipe)}


class WatchedBy(NamedTuple):
    """The series that a run is watched by: those that are held out, and others by their names."""

    validation: Dataset | None = None
    watched: Mapping[str, Dataset] = MappingProxyType({})


def run_of(training: Training, watching: Watching, folder: Path, series: WatchedBy) -> Run:
    """Return how to run what the options ask for: every field of a run that they have."""
    from tszoo.training.run import Run

    options = {**vars(training), **vars(watching), "folder": folder, **series._asdict()}
    options |= devices_of(training)
    del options["snapshots"]  # where they go is known when the model's place is
    names = {field.name for field in fields(Run)}
    return Run(**{name: value for name, value in options.items() if name in names})


def devices_of(training: Training) -> dict[str, Any]:
    """Return the device that everything is computed on, and those that members are spread over."""
    from tszoo.nets.device import split_devices

    names = split_devices(training.device)
    if len(names) == 1:
        return {"device": names[0]}
    return {"device": names[0], "devices": names}


def snapshots_of(watching: Watching, model: Path) -> KeptEpochs | None:
    """Say which epochs are kept as models, and that they go beside the model."""
    from tszoo.training.run import KeptEpochs

    if watching.snapshots is None:
        return None
    return KeptEpochs(model.with_name(model.name + ".snapshots"), watching.snapshots)


def _setting(setting: str) -> tuple[str, Any]:
    """Read ``KEY=VALUE``: a JSON value, or text."""
    name, equals, text = setting.partition("=")
    if not (name and equals and text):
        msg = f"--set {setting}: expected KEY=VALUE, such as patience=20."
        raise OptionError(msg)
    return name, read_setting(text)


def say_what_is_replaced(folder: Path, resume: bool) -> None:
    """Say that training will replace the files of an interrupted run, if there are some."""
    from tszoo.training.run_folder import holds_run

    if not resume and holds_run(folder):
        typer.echo(
            f"starting anew: the interrupted run in {folder} is replaced (--resume goes on with "
            "it)",
            err=True,
        )


def reached(place: Path) -> dict[str, Any]:
    """Say what a model that is there learnt and reached."""
    from tszoo.models.load import load_config

    config = load_config(place)
    results, record = config.results, config.training
    document: dict[str, Any] = {
        "dataset": config.trained_on.dataset,
        "members": config.members,
        "epochs": max(record.epochs, default=0),
        "train_loss": results.train_loss,
        "train_accuracy": results.train_accuracy,
        "seconds": record.seconds,
        "device": record.device,
    }
    document |= held_out_figures(config)
    if results.simplest is not None:
        document["simplest"] = results.simplest.to_dict()
    if results.accuracy is not None:
        document["test"] = {
            "accuracy": results.accuracy,
            "n_series": results.n_series,
            "member_accuracy": list(results.member_accuracy),
        }
    return document


def held_out_figures(config: ModelConfig) -> dict[str, Any]:
    """Say what a model reaches on held-out series, and when its members did best on them."""
    held_out = config.results.validation
    if held_out is None:
        return {}
    return {
        "validation_loss": held_out.loss,
        "validation_accuracy": held_out.accuracy,
        "best_validation_epoch": list(held_out.best_epoch),
    }


@contextmanager
def keeping(model: Model, name: str) -> Iterator[None]:
    """Save a model among the temporary files if the block cannot write it where it is to go.

    Its training is not lost to a full disk, then.
    """
    try:
        yield
    except TszooError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        try:
            place = Path(tempfile.mkdtemp(prefix="tszoo-")) / name
            model.save(place)
        except (OSError, TszooError):
            raise error from error.__cause__
        msg = f"{error} The model is kept in {place}: make room, and move that folder."
        raise type(error)(msg) from error


def clear_away(folder: Path) -> None:
    """Remove what a run kept, now that its model is whole, and its folder if that is empty."""
    from tszoo.training.run_folder import forget_run

    try:
        forget_run(folder)
    except TrainingError as error:  # the model is there all the same
        typer.echo(str(error), err=True)
    with suppress(OSError):  # it may never have come to be, or hold something that is not ours
        folder.rmdir()
