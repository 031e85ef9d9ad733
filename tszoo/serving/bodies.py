"""Read the body of a request as ``tszoo predict`` reads a file of the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from tszoo.data.dataset import Dataset
from tszoo.data.memory import MemoryFile
from tszoo.data.readers.raw import ReadOptions
from tszoo.data.references import DataFile
from tszoo.data.stream import stream_file
from tszoo.errors import DataError
from tszoo.models.config import ModelConfig
from tszoo.serving.faults import Refused
from tszoo.serving.json_series import instances_of, lines_of
from tszoo.serving.media import CSV, JSON, JSONLINES, NPY, MediaType
from tszoo.text import show

# What messages call a body.
NAME = "body"

_LABELS: dict[str, str | int] = {"0": "none", "1": "first"}
_HEADERS = {"present": True, "absent": False}

Value = TypeVar("Value")
Read = Callable[[bytes, MediaType, ModelConfig], Iterator[Dataset]]


def read_body(content: bytes, sent: MediaType, config: ModelConfig) -> Iterator[Dataset]:
    """Read series, some at a time, as a model's training data were read.

    Parameters
    ----------
    content : bytes
    sent : MediaType
        What ``Content-Type`` says.
    config : ModelConfig

    Raises
    ------
    Refused
        415, if that is no type that is read here; 400, if a parameter makes no sense.
    DataError, OptionError
        If it is not what it says.
    """
    read = _READ.get(sent.name)
    if read is None:
        said = f"Content-Type: {show(sent.name)}" if sent.name else "no Content-Type"
        msg = f"{said}: expected one of {CSV}, {JSON}, {JSONLINES[0]} and {NPY}."
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, msg)
    return read(content, sent, config)


def _read_csv(content: bytes, sent: MediaType, config: ModelConfig) -> Iterator[Dataset]:
    options = ReadOptions(
        label_column=_parameter(sent, "label_size", _LABELS) or "first",
        header=_parameter(sent, "header", _HEADERS),
        encoding=sent.parameters.get("charset", "utf-8"),
        unequal=config.preprocessing.unequal,
        labels_wanted=False,
        like=config.like,
    )
    return stream_file(_file(content, ".csv"), options)


def _read_npy(content: bytes, _sent: MediaType, config: ModelConfig) -> Iterator[Dataset]:
    options = ReadOptions(unequal=config.preprocessing.unequal, layout="NCT")
    return stream_file(_file(content, ".npy"), options)


def _read_json(content: bytes, _sent: MediaType, config: ModelConfig) -> Iterator[Dataset]:
    yield _dataset(instances_of(content), config)


def _read_jsonlines(content: bytes, _sent: MediaType, config: ModelConfig) -> Iterator[Dataset]:
    yield _dataset(lines_of(content), config)


def _file(content: bytes, suffix: str) -> DataFile:
    if not content:
        msg = f"{NAME}: empty."
        raise DataError(msg)
    return DataFile(MemoryFile.of(f"{NAME}{suffix}", content), NAME, None)


def _dataset(series: list[Any], config: ModelConfig) -> Dataset:
    unequal = config.preprocessing.unequal
    return Dataset.from_arrays(series, name=NAME, unequal=unequal, layout="NCT")


def _parameter(sent: MediaType, name: str, values: dict[str, Value]) -> Value | None:
    """Read a parameter of a media type; None where it is not given."""
    text = sent.parameters.get(name)
    if text is None:
        return None
    if text not in values:
        msg = f"{name}={show(text)}: expected {' or '.join(values)}."
        raise Refused(HTTPStatus.BAD_REQUEST, msg)
    return values[text]


_READ: dict[str, Read] = {
    CSV: _read_csv,
    JSON: _read_json,
    NPY: _read_npy,
    **dict.fromkeys(JSONLINES, _read_jsonlines),
}
