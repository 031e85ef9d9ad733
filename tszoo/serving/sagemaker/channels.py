"""Channels: the folders that SageMaker puts data into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.data.readers import READERS, data_suffix
from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason
from tszoo.text import listed

if TYPE_CHECKING:
    from tszoo.data.dataset import Dataset
    from tszoo.data.table_reading import Like
    from tszoo.serving.sagemaker.layout import Layout

TRAINING, VALIDATION, MODEL = "training", "validation", "model"
# Files that say something of others, and hold no series.
_HIDDEN = (".", "_")
_MANIFEST = (".manifest", "-manifest")


def check_channels(layout: Layout) -> None:
    """Check that there is something to train on, and that it lies in files.

    Raises
    ------
    OptionError
        If there is no channel ``training``, or a channel is a pipe or unknown.
    """
    described = layout.config("inputdataconfig.json")
    for name, channel in described.items():
        if isinstance(channel, dict) and channel.get("TrainingInputMode") == "Pipe":
            msg = f"channel {name}: input mode Pipe; choose File or FastFile."
            raise OptionError(msg)
    there = [path.name for path in _entries(layout.channels) if path.is_dir()]
    others = [name for name in there if name not in (TRAINING, VALIDATION, MODEL)]
    if others:
        msg = (
            f"channel {listed(others, 5)}: unknown; expected {TRAINING} and, where there are some, "
            f"{VALIDATION} and {MODEL}."
        )
        raise OptionError(msg)
    if TRAINING not in there:
        msg = f"there is no channel {TRAINING}: {layout.channel(TRAINING)} is no folder."
        raise OptionError(msg)


def files_in(folder: Path) -> list[Path]:
    """List the files of series in a channel, folders in it included, in the order of their names.

    Raises
    ------
    DataError
        If there are none, or a file is of no format that is read.
    """
    files = []
    for path in sorted(folder.rglob("*")):
        is_meta = path.name.startswith(_HIDDEN) or path.name.endswith(_MANIFEST)
        if is_meta or path.is_dir():
            continue
        if not data_suffix(path):
            msg = (
                f"channel {folder.name}, {path.name}: its name does not say how it is read; "
                f"expected {', '.join(READERS)}, and text with .gz behind."
            )
            raise DataError(msg)
        files.append(path)
    if not files:
        msg = f"channel {folder.name}: no files of series in {folder}."
        raise DataError(msg)
    return files


def read_channel(
    layout: Layout, name: str, *, unequal: bool | None = None, like: Like | None = None
) -> Dataset:
    """Read all files of a channel as one data set, labels in the first column.

    Raises
    ------
    DataError
        If they cannot be read, or, of the channel ``training``, one is a test split.
    """
    from tszoo.data.together import load_together

    files = files_in(layout.channel(name))
    if name == TRAINING:
        _refuse_tests(files)
    return load_together(files, name=name, unequal=unequal, like=like)


def _refuse_tests(files: list[Path]) -> None:
    """Raise DataError for a test split: nothing is trained on one."""
    for path in files:
        if path.name.partition(".")[0].endswith("_TEST"):
            msg = (
                f"channel {TRAINING}, {path.name}: a test split, by its name, and nothing is "
                f"trained on one. Put it into the channel {VALIDATION}, or leave it out."
            )
            raise DataError(msg)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"{folder}: cannot be looked into ({reason(error)})."
        raise OptionError(msg) from error
