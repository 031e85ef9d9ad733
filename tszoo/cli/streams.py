"""Stdout and stderr as they are outside: narrow encodings, closed pipes, full disks."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

FAILED = 1
# 128 and the number of SIGPIPE: how a shell reports other tools whose reader has gone
READER_GONE = 141

_PLAIN = "tszoo-plain"
_TYPEWRITER = {
    "–": "-",
    "—": "-",
    "…": "...",
    "×": "x",
    "•": "*",
    "→": "->",
    "\N{CITYSCAPE AT DUSK}": "image:",  # how a picture of a card is shown
}


class OutputLostError(BaseException):
    """Stdout cannot be written to any more; nothing but the way out may catch it."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Outside(io.FileIO):
    """Write to what is outside, and tell its failures from those of other files."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLostError(error) from error


@contextmanager
def reaching_outside() -> Iterator[None]:
    """Let nothing that is printed end in a traceback.

    A character that a stream cannot encode is spelled out. Where nobody reads stdout any more, the
    process ends without a word, as other tools do; where stdout cannot be written, with one line.
    """
    codecs.register_error(_PLAIN, _spell_out)
    if sys.stdout is None:  # closed before we came: nothing is read, as of a pipe that is not
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout = _watched(sys.stdout)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputLostError as lost:
        sys.exit(_leave(lost.cause))


def is_utf8(stream: TextIO) -> bool:
    """Whether a stream can write any text; what has no encoding is no file, and can."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return codecs.lookup(encoding).name == "utf-8"


def _watched(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Write to the same file through ``_Outside``, in the same way."""
    return io.TextIOWrapper(
        io.BufferedWriter(_Outside(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _leave(error: OSError) -> int:
    """Say what is wrong with stdout, unless its reader has gone; return the exit status."""
    # what is still buffered would fail again when Python closes the stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno in (errno.EPIPE, errno.ECONNRESET):
        return READER_GONE
    sys.stderr.write(f"error: stdout cannot be written ({error.strerror}).\n")
    return FAILED


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    """Spell characters that a stream lacks: as a typewriter would, else as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_spelled, lacking)), error.end


def _spelled(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of a name that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    plain = _TYPEWRITER.get(character)
    if plain is None:
        plain = character.encode("ascii", "backslashreplace").decode()
    return plain
