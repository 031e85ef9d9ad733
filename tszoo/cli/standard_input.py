"""Data from standard input, which readers find as a file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STANDARD_INPUT = "-"
# How files of other formats begin; what begins otherwise is a table.
_BEGINNINGS = {
    b"\x1f\x8b": ".csv.gz",
    b"PAR1": ".parquet",
    b"ARROW1": ".feather",
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".npz",
    b"@problemname": ".ts",
    b"@relation": ".arff",
}


@contextmanager
def as_file(data: str) -> Iterator[str]:
    """Give a reference to data as it is, and for ``-`` the path of a copy of standard input.

    Its format is known by how it begins. The copy is on disk while it is read, for it may be larger
    than memory.

    Raises
    ------
    DataError
        If it cannot be copied.
    """
    if data != STANDARD_INPUT:
        yield data
        return
    from tszoo.errors import DataError
    from tszoo.storage.files import reason

    with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
        path = Path(folder) / "stdin"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            path = path.rename(path.with_name(f"stdin{_suffix(path)}"))
        except OSError as error:
            msg = f"standard input cannot be read ({reason(error)})."
            raise DataError(msg) from error
        yield str(path)


def _suffix(path: Path) -> str:
    with path.open("rb") as file:
        begin = file.read(16).lower()
    for mark, suffix in _BEGINNINGS.items():
        if begin.startswith(mark.lower()):
            return suffix
    return ".csv"
