"""Load series for prediction, some at a time: files of any size pass through bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.load import as_read, is_padded, parse_labels, read_options, split_is_padded
from tszoo.data.readers import ReadOptions, TableOptions, read_parts
from tszoo.data.references import DataFile, find_data
from tszoo.data.values import check_values, has_inner_gap

if TYPE_CHECKING:
    from typing_extensions import Unpack

CHUNK_VALUES = 2**21


def stream_dataset(
    ref: str | PathLike[str],
    *,
    split: str | None = None,
    default_split: str = "test",
    label_column: str | int = "first",
    unequal: bool | None = None,
    archive: str | PathLike[str] | None = None,
    **table: Unpack[TableOptions],
) -> Iterator[Dataset]:
    """Load a data set in consecutive chunks, without labels.

    The chunks are what ``load_dataset`` would give at once, cut in pieces: whether NaNs at the ends
    of series are padding is decided for the whole file, which is read twice if it has NaNs and
    nothing else decides. Text is held about 8 MiB at a time; arrays are read whole. A file
    whose type is not known or whose rows are wrong raises at the chunk that shows it.

    Parameters
    ----------
    ref, split, default_split, label_column, unequal, archive, and how data are read
        See ``load_dataset``. The label column is left out, and refused if it looks like
        measurements. A file of ``labels`` is not read: it says that the first has none.

    Yields
    ------
    Dataset
        At least one series, and at most 2**21 values, padding counted, unless one series is longer.

    Raises
    ------
    DataError
        As ``load_dataset`` does.
    """
    source = find_data(ref, split, default_split, archive)
    options = read_options(source, label_column, unequal, table, labels_wanted=False)
    yield from stream_file(source, options)


def stream_file(source: DataFile, options: ReadOptions) -> Iterator[Dataset]:
    """Load a file that was found, as ``stream_dataset`` does.

    Parameters
    ----------
    source : DataFile
    options : ReadOptions
        Without labels wanted.
    """
    decided, padded, done = False, options.unequal, 0
    for part in read_parts(source.path, options):
        if part.labels is not None and not done:
            parse_labels(part.labels, source.path.name, part.typed)
        if part.has_gaps and not decided:
            decided, padded = True, _decide(source, options)
        start = 0
        while start < len(part.series):
            chunk = part.series[start : _chunk_end(part.series, start)]
            dataset = _to_chunk(chunk, source, done, padded)
            yield as_read(dataset, part, slice(start, start + len(chunk)))
            start += len(chunk)
            done += len(chunk)


def _chunk_end(series: NDArray[np.float32] | Sequence[NDArray[np.float32]], start: int) -> int:
    """Return the position behind the last series of the chunk that begins at ``start``.

    A chunk holds as many series as fit when they are padded to the longest.
    """
    if isinstance(series, np.ndarray):
        return start + max(1, CHUNK_VALUES // int(series[start].size))
    longest = 0
    for end in range(start, len(series)):
        longest = max(longest, series[end].size)
        if end > start and (end + 1 - start) * longest > CHUNK_VALUES:
            return end
    return len(series)


def _decide(source: DataFile, options: ReadOptions) -> bool | None:
    """Decide for the whole file whether NaNs at the ends of series are padding.

    The answer is the one that ``load_dataset`` comes to.
    """
    inner, widths = False, set()
    for part in read_parts(source.path, options):
        padded = is_padded([part], options)
        if padded is not None:
            return padded
        if isinstance(part.series, np.ndarray):
            widths.add(part.series.shape[2])
            inner = inner or has_inner_gap(part.series)
    if len(widths) > 1:
        return False
    if source.train is not None:
        by_train = split_is_padded(source.train, options)
        if by_train is not None:
            return by_train
    return not inner


def _to_chunk(
    series: NDArray[np.float32] | Sequence[NDArray[np.float32]],
    source: DataFile,
    first: int,
    padded: bool | None,
) -> Dataset:
    """Build the data set of a chunk whose first series is number ``first`` of the file.

    The chunk is checked here first, so that an error gives the series' number in the file.
    """
    if isinstance(series, np.ndarray):
        check_values(series, source.name, first)
    else:
        for i, values in enumerate(series):
            check_values(values[None], source.name, first + i)
    return Dataset.from_arrays(
        series,
        name=source.name,
        provenance=str(source.path),
        split=source.split,
        unequal=padded,
        layout="NCT",
    )
