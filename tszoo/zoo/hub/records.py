"""What the Hub has on record of a repository's files, and whether a file is that one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tszoo.errors import ZooError
from tszoo.storage.files import reason
from tszoo.text import show
from tszoo.zoo.hub.address import Address, is_commit

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileRecord:
    """A file as the Hub has it.

    Attributes
    ----------
    size : int
        Bytes.
    digest : str
        64 hexadecimal digits: SHA-256 of the content, for what is kept in large-file storage. 40:
        the identity that git gives to the content, which is its SHA-1 with a header.
    """

    size: int
    digest: str


@dataclass(frozen=True)
class RepoRecord:
    """A repository at one commit.

    Attributes
    ----------
    address : Address
        As it was asked for.
    commit : str
    files : mapping of str to FileRecord
        What it holds, by path.
    is_private : bool
    """

    address: Address
    commit: str
    files: Mapping[str, FileRecord]
    is_private: bool = False


def read_record(address: Address, info: Any) -> RepoRecord:
    """Read the client's ``model_info(files_metadata=True)``.

    ZooError if anything that is needed is not there.
    """
    if not is_commit(info.sha):
        msg = f"{address}: the Hub names no commit but {show(info.sha)}."
        raise ZooError(msg)
    files = {}
    for one in info.siblings or ():
        digest = one.lfs.sha256 if one.lfs is not None else one.blob_id
        size = one.lfs.size if one.lfs is not None else one.size
        if (
            not is_digest(digest)
            or type(size) is not int
            or size < 0
            or (one.lfs is not None and len(digest) != 64)
        ):
            msg = f"{address}: the Hub has no digest and size on record for {show(one.rfilename)}."
            raise ZooError(msg)
        files[one.rfilename] = FileRecord(size, digest)
    return RepoRecord(address, info.sha, files, bool(info.private))


def is_digest(text: object) -> bool:
    """Whether a text is one of the two kinds of digest that the Hub keeps."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def digest_of(data: bytes, like: str) -> str:
    """Compute the digest of a content, of the same kind as ``like``."""
    return _hash(len(data), like, [data])


def difference(path: Path, record: FileRecord) -> str | None:
    """Say how a file differs from its record; None if it does not. OSError if it cannot be read."""
    size = path.stat().st_size
    if size != record.size:
        return f"{size} bytes, not {record.size}"
    with path.open("rb") as file:
        found = _hash(size, record.digest, iter(lambda: file.read(_CHUNK), b""))
    kind = "SHA-256" if len(record.digest) == 64 else "git digest"
    return None if found == record.digest else f"{kind} {found[:12]}…, not {record.digest[:12]}…"


def record_by_name(path: Path) -> FileRecord | None:
    """Read what is on record of a cached file, whose name in the cache is its digest.

    None if it is not.
    """
    try:
        blob = path.resolve(strict=True)
        return FileRecord(blob.stat().st_size, blob.name) if is_digest(blob.name) else None
    except (OSError, RuntimeError) as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise ZooError(msg) from error


def _hash(size: int, like: str, chunks: Iterable[bytes]) -> str:
    digest = (
        hashlib.sha256()
        if len(like) == 64
        else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    )
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
