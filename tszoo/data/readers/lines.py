"""Read numbered lines of text, a block at a time, whatever the bytes are."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from tszoo.errors import DataError, OptionError
from tszoo.storage.files import reason

BLOCK_BYTES = 2**23
MAX_LINE_CHARACTERS = 2**27
MAX_DECOMPRESSED_BYTES = 2**32

# how Python spells a byte that is not UTF-8: a surrogate that no text has
_BYTE = re.compile("[\udc80-\udcff]")
_FIRST_BYTE = 0xDC00
_WIDE = frozenset(f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be"))
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_blocks(
    path: Path, encoding: str = "utf-8", *, checked: bool = True
) -> Iterator[tuple[int, list[str]]]:
    r"""Read a text file, decompressed if its name ends in ``.gz``, in blocks of whole lines.

    A block is the number of its first line, counted from 1, and the lines without their ends;
    ``\n``, ``\r\n`` and ``\r`` all end a line. Memory is bounded by one block, or by the longest
    line. ``encoding`` is one that Python knows, such as ``"latin-1"``. Where ``checked`` is not
    set, a line may hold bytes that are no text, as a comment may: each is a lone surrogate, and
    ``require_text`` is to be called for the lines that matter.

    Raises
    ------
    DataError
        If the file cannot be read, is not text in that encoding, holds NUL bytes, is a broken gzip
        file, has a line of more than 2**27 characters, or unpacks to more than 2**32 bytes.
    OptionError
        If there is no such encoding.
    """
    codec = _find_codec(encoding)
    bytewise = codec.incrementaldecoder("strict" if checked else "surrogateescape")
    decoder = io.IncrementalNewlineDecoder(bytewise, translate=True)
    number, rest, first = 1, "", True
    for chunk in _chunks(path):
        if first and codec.name == "utf-8":
            chunk = _without_mark(chunk, path)
        first = False
        if codec.name not in _WIDE:
            _refuse_nul(chunk, path, number)
        *lines, rest = (rest + _decode(decoder, chunk, path, number)).split("\n")
        if lines:
            yield number, lines
            number += len(lines)
        if len(rest) > MAX_LINE_CHARACTERS:
            msg = (
                f"{path.name}, line {number}: longer than {MAX_LINE_CHARACTERS} characters, which "
                "no series needs."
            )
            raise DataError(msg)
    lines = (rest + _decode(decoder, b"", path, number, final=True)).split("\n")
    if lines != [""]:
        yield number, lines


def require_text(line: str, where: str) -> None:
    """Raise DataError if a line holds bytes that are not UTF-8; ``where`` names it."""
    if line.isascii():
        return
    match = _BYTE.search(line)
    if match is not None:
        byte = ord(match[0]) - _FIRST_BYTE
        msg = f"{where}: byte 0x{byte:02x} is not UTF-8 text. Save the file as UTF-8."
        raise DataError(msg)


def _find_codec(encoding: str) -> codecs.CodecInfo:
    """Return a codec for text by its name; OptionError if there is none."""
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs that are not for text
    except (LookupError, ValueError, TypeError) as error:
        msg = f'encoding={encoding!r}: no such encoding. Known are "utf-8", "latin-1" and others.'
        raise OptionError(msg) from error
    return codec


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file's bytes, unpacked, some MiB at a time."""
    is_packed = path.suffix.lower() == ".gz"
    total = 0
    try:
        with gzip.open(path, "rb") if is_packed else path.open("rb") as file:
            while chunk := file.read(BLOCK_BYTES):
                total += len(chunk)
                if is_packed and total > MAX_DECOMPRESSED_BYTES:
                    msg = (
                        f"{path.name}: unpacks to more than {MAX_DECOMPRESSED_BYTES} bytes. Unpack "
                        "it first."
                    )
                    raise DataError(msg)
                yield chunk
    except FileNotFoundError as error:
        msg = f"{path}: no such file."
        raise DataError(msg) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{path.name}: a damaged or incomplete gzip file ({error})."
        raise DataError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error


def _without_mark(chunk: bytes, path: Path) -> bytes:
    """Take the UTF-8 byte-order mark off; refuse those of wider encodings."""
    if chunk.startswith(_WIDE_MARKS):
        msg = f"{path.name}: UTF-16 or UTF-32 text, expected UTF-8. Save the file as UTF-8."
        raise DataError(msg)
    return chunk.removeprefix(codecs.BOM_UTF8)


def _refuse_nul(chunk: bytes, path: Path, number: int) -> None:
    """Raise DataError for a NUL byte in a chunk whose first byte stands on line ``number``."""
    nul = chunk.find(b"\0")
    if nul >= 0:
        at = number + _line_ends(chunk[:nul])
        msg = (
            f"{path.name}, line {at}: a NUL byte, so this is not UTF-8 text. Save the file as "
            "UTF-8."
        )
        raise DataError(msg)


def _decode(
    decoder: io.IncrementalNewlineDecoder,
    chunk: bytes,
    path: Path,
    number: int,
    final: bool = False,
) -> str:
    """Decode a chunk whose first byte stands on line ``number``."""
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        at = number + _line_ends(error.object[: error.start])
        byte = error.object[error.start]
        spelled = "UTF-8" if error.encoding == "utf-8" else error.encoding
        msg = (
            f"{path.name}, line {at}: byte 0x{byte:02x} is not {spelled} text. Save the file as "
            'UTF-8, or say what it is, such as encoding="latin-1".'
        )
        raise DataError(msg) from error
    except UnicodeError as error:  # no mark says which order the bytes have
        msg = f"{path.name}: cannot be decoded ({error}). Give another encoding=..."
        raise DataError(msg) from error


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") or data.count(b"\r")
