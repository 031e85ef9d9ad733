"""Files that are not what their names say, or not there."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.hostile.parts import CARD, CONFIG, PROTOTYPES, WEIGHTS, Spoil


class Marker:
    """What a pickle calls that is read: it makes a folder, which shows that it was."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def foreign(content: bytes, folder: Path) -> dict[str, bytes]:
    """Give what else a file of this name may be."""
    archive = io.BytesIO()
    pickled = pickle.dumps(Marker(str(folder / "unpickled")), protocol=2)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", pickled)
    return {
        "empty": b"",
        "one byte": b"{",
        "zeros": b"\0" * 4096,
        "ones": b"\xff" * 4096,
        "a zip": archive.getvalue(),
        "a pickle": pickled,
        "a gzip": gzip.compress(content),
        "half": content[: len(content) // 2],
        "twice": content * 2,
        "with a byte more": content + b"\xff",
        "with a byte before": b"\xff" + content,
        "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:"
        + b"0" * 64
        + b"\nsize 12120\n",
        "UTF-16": content.decode("latin-1").encode("utf-16"),
    }


def replaced(name: str, kind: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(foreign((folder / name).read_bytes(), folder)[kind])

    return spoil


def in_place_of(name: str, make: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return spoil


def linked_out(path: Path) -> None:
    outside = path.parent.parent / "outside"
    outside.write_text("{}")
    path.symlink_to(Path("..") / "outside")


def sparse(name: str, size: int, start: bytes = b"") -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(start)
        os.truncate(folder / name, size)

    return spoil


def whole_files() -> Iterator[tuple[str, Spoil]]:
    kinds: dict[str, Callable[[Path], object]] = {
        "missing": lambda path: None,
        "a folder": Path.mkdir,
        "a pipe": os.mkfifo,
        "a link out": linked_out,
        "a link to /etc/passwd": lambda path: path.symlink_to("/etc/passwd"),
        "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
        "a link to its folder": lambda path: path.symlink_to("."),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a link nowhere": lambda path: path.symlink_to("nowhere"),
    }
    most = {CONFIG: 4 << 20, WEIGHTS: 4 << 30, PROTOTYPES: 256 << 20, CARD: 1 << 20}
    for name in (CONFIG, WEIGHTS, PROTOTYPES, CARD):
        for kind, make in kinds.items():
            yield f"{name} {kind}", in_place_of(name, make)
        yield f"{name} too large", sparse(name, most[name] + 1)
    for name in (CONFIG, WEIGHTS, PROTOTYPES):
        for kind in foreign(b"", Path()):
            yield f"{name} {kind}", replaced(name, kind)
    for kind in (
        "ones",
        "a gzip",
        "with a byte more",
        "with a byte before",
        "UTF-16",
    ):  # the others are text
        yield f"{CARD} {kind}", replaced(CARD, kind)
