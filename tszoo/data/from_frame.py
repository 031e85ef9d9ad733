"""Make a data set of a frame of pandas, polars or pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tszoo.data.dataset import Dataset
from tszoo.data.load import is_padded, to_dataset
from tszoo.data.readers.collect import join
from tszoo.data.readers.frame.read import read_frame
from tszoo.data.readers.frame.source import source_of_frame
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.data.references import DataFile
from tszoo.data.table_reading import Like
from tszoo.data.task import require_classes
from tszoo.errors import DataError, OptionError

NAME = "frame"
# what `from_frame` calls these parameters of `load_dataset`
_PARAMETERS = {"id_column=": "id=", "time_column=": "time=", "label_column=": "label="}


def dataset_of_frame(frame: Any, options: ReadOptions) -> Dataset:
    """Read a frame; see ``Dataset.from_frame`` for what it may hold, and for what is raised."""
    try:
        return _read(frame, options)
    except (DataError, OptionError) as error:
        message = str(error)
        for other, name in _PARAMETERS.items():
            message = message.replace(other, name)
        raise type(error)(message) from error


def frame_without_labels(frame: Any, like: Like) -> Dataset:
    """Read the series of a frame as a model's training data were read, whatever its labels are.

    Raises DataError as ``Dataset.from_frame_like``.
    """
    is_series = like.reading is not None and not like.reading.by_point
    options = ReadOptions(labels_wanted=False, like=like, by_series=is_series)
    raw = replace(_raw(frame, options), labels=None)
    return _dataset(raw, options)


def _read(frame: Any, options: ReadOptions) -> Dataset:
    dataset = _dataset(_raw(frame, options), options)
    require_classes(dataset)
    return dataset


def _raw(frame: Any, options: ReadOptions) -> RawSeries:
    named = (options.label_column, options.id_column, options.time_column, options.group)
    wanted = [column for column in (*named, *_listed(options.channels)) if isinstance(column, str)]
    source = source_of_frame(frame, NAME, wanted)
    return join(list(read_frame(source, options)))


def _dataset(raw: RawSeries, options: ReadOptions) -> Dataset:
    source = DataFile(Path(NAME), NAME, None)
    dataset = to_dataset(raw, source, padded=is_padded([raw], options))
    return replace(dataset, provenance="memory")


def _listed(columns: Any) -> Sequence[Any]:
    if columns is None or isinstance(columns, (str, int)):
        return (columns,)
    return tuple(columns)
