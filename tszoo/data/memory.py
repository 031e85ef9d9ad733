"""The content of a file that lies in memory, which readers take for the file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, BinaryIO

_HERE = type(Path())  # of this system: Path itself cannot be inherited from before Python 3.12


class MemoryFile(_HERE):  # type: ignore[valid-type,misc]
    """A path that leads nowhere, and opens as a file of these bytes.

    Nothing is on disk, so that nothing is left there, however a process ends. Only what readers of
    data do with a path is meant to work.
    """

    content: bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> MemoryFile:
        """Name a content; the name's suffix says its format."""
        file = cls(name)
        file.content = content
        return file

    def open(self, *_arguments: Any, **_options: Any) -> BinaryIO:
        """Open the content for reading, as bytes."""
        return io.BytesIO(self.content)

    def exists(self, *_arguments: Any, **_options: Any) -> bool:
        """Say that there is such a file."""
        return True

    def is_file(self, *_arguments: Any, **_options: Any) -> bool:
        """Say that it is a regular one."""
        return True

    def stat(self, *_arguments: Any, **_options: Any) -> os.stat_result:
        """Say how many bytes it has."""
        return os.stat_result((0, 0, 0, 0, 0, 0, len(self.content), 0, 0, 0))
