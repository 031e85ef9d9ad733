"""Open what lies in columns: a frame of pandas, polars or pyarrow, a Parquet or Feather file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tszoo.errors import DataError, MissingExtraError

# Rows that are turned into numbers at a time.
ROWS = 1 << 16


@dataclass(frozen=True, eq=False)
class FrameSource:
    """Hold a table in columns, of which some rows are looked at at a time.

    Attributes
    ----------
    file : str
        What it is called in errors.
    first : narwhals.DataFrame
        The first rows.
    batches : callable
        ``batches(names)`` yields some columns of all rows, a ``narwhals.DataFrame`` of at most
        ``ROWS`` rows at a time.
    """

    file: str
    first: Any
    batches: Callable[[Sequence[str]], Iterator[Any]]


def source_of_frame(frame: Any, name: str, wanted: Sequence[str]) -> FrameSource:
    """Take a frame of pandas, polars or pyarrow, or what else narwhals knows.

    Names of a pandas index that are ``wanted`` become columns.

    Raises
    ------
    DataError
        If it is no frame, is lazy, or has columns of the same name.
    """
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        narwhal = nw.from_native(_with_plain_names(frame, wanted), eager_only=True)
    except (TypeError, ValueError, NarwhalsError) as error:
        msg = (
            f"{name}: not a frame that can be read ({error}). Give one of pandas, polars or "
            "pyarrow whose rows are in memory, with names that differ."
        )
        raise DataError(msg) from error

    def batches(names: Sequence[str]) -> Iterator[Any]:
        columns = narwhal.select(list(names))
        for start in range(0, len(columns), ROWS):
            yield columns[start : start + ROWS]

    return FrameSource(name, narwhal[:ROWS], batches)


def source_of_parquet(path: Path) -> FrameSource:
    """Open a Parquet file.

    Raises
    ------
    DataError
        If it cannot be read, or is none.
    MissingExtraError
        If pyarrow is not installed.
    """
    parquet = _library("pyarrow.parquet", path)
    with _explaining(path, "Parquet"):
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        first = next(_parquet_batches(parquet, path, names), None)
    if first is None:
        msg = f"{path.name}: the table has no rows."
        raise DataError(msg)

    def batches(names: Sequence[str]) -> Iterator[Any]:
        with _explaining(path, "Parquet"):
            yield from _parquet_batches(parquet, path, names)

    return FrameSource(path.name, first, batches)


def source_of_feather(path: Path) -> FrameSource:
    """Open a Feather file, which is one of Arrow; raises as ``source_of_parquet``."""
    arrow = _library("pyarrow", path)
    with _explaining(path, "Feather"):
        first = next(_feather_batches(arrow, path, None), None)
    if first is None:
        msg = f"{path.name}: the table has no rows."
        raise DataError(msg)

    def batches(names: Sequence[str]) -> Iterator[Any]:
        with _explaining(path, "Feather"):
            yield from _feather_batches(arrow, path, names)

    return FrameSource(path.name, first, batches)


def _with_plain_names(frame: Any, wanted: Sequence[str]) -> Any:
    """Give a pandas frame names that are text, and its index as columns where it is wanted."""
    index = getattr(getattr(frame, "index", None), "names", ())
    if any(str(name) in wanted for name in index if name is not None):
        frame = frame.reset_index()
    if hasattr(frame, "set_axis"):
        return frame.set_axis([str(name) for name in frame.columns], axis=1)
    return frame


def _parquet_batches(parquet: Any, path: Path, names: Sequence[str]) -> Iterator[Any]:
    file = parquet.ParquetFile(path)
    for batch in file.iter_batches(batch_size=ROWS, columns=list(names)):
        yield from _as_frames(batch, names)


def _feather_batches(arrow: Any, path: Path, names: Sequence[str] | None) -> Iterator[Any]:
    with arrow.memory_map(str(path)) as mapped, arrow.ipc.open_file(mapped) as file:
        for i in range(file.num_record_batches):
            yield from _as_frames(file.get_batch(i), names)


def _as_frames(batch: Any, names: Sequence[str] | None) -> Iterator[Any]:
    """Cut a record batch into frames of some rows."""
    import narwhals as nw
    import pyarrow

    frame = nw.from_native(pyarrow.Table.from_batches([batch]), eager_only=True)
    if names is not None:
        frame = frame.select(list(names))
    for start in range(0, len(frame), ROWS):
        yield frame[start : start + ROWS]


def _library(name: str, path: Path) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        msg = f'{path.name}: reading {path.suffix} files needs pyarrow: pip install "tszoo[tables]"'
        raise MissingExtraError(msg) from error


@contextmanager
def _explaining(path: Path, kind: str) -> Iterator[None]:
    """Turn what pyarrow and narwhals raise into a DataError."""
    from narwhals.exceptions import NarwhalsError
    from pyarrow import ArrowException

    try:
        yield
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise DataError(msg) from error
    except (ArrowException, NarwhalsError, OSError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{path.name}: cannot be read as a {kind} file ({error})."
        raise DataError(msg) from error
