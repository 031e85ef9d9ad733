"""What the Hub has on record of a repository's files, and whether a file is that one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tszoo.errors import ZooError
from tszoo.storage.files import reason
from tszoo.storage.layout import MODEL_FILES, MOST_BYTES
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

    def check(self, names: Sequence[str] = MODEL_FILES) -> None:
        """Raise ZooError if one of these files is missing, or has a size that it may not have."""
        missing = [name for name in names if name not in self.files]
        if missing:
            msg = f"{self.address}: no tszoo model, {' and '.join(missing)} missing."
            raise ZooError(msg)
        for name in names:
            size = self.files[name].size
            if not 1 <= size <= MOST_BYTES[name]:
                msg = (
                    f"{self.address}: {name} has {size} bytes; such a file has 1 to "
                    f"{MOST_BYTES[name]}."
                )
                raise ZooError(msg)


def read_record(address: Address, info: Any) -> RepoRecord:
    """Read the client's ``model_info(files_metadata=True)``.

    ZooError if anything that is needed is not there.
    """
    if not is_commit(info.sha):
        msg = f"{address}: the Hub names no commit but {show(info.sha)}."
        raise ZooError(msg)
    files = {sibling.rfilename: _read_file(address, sibling) for sibling in info.siblings or ()}
    return RepoRecord(address, info.sha, files, bool(info.private))


def _read_file(address: Address, sibling: Any) -> FileRecord:
    """Read what the client says of one file; ZooError if its digest or size is not there."""
    if sibling.lfs is None:
        digest, size = sibling.blob_id, sibling.size
    else:
        digest, size = sibling.lfs.sha256, sibling.lfs.size
    is_size = type(size) is int and size >= 0
    if not is_size or not is_digest(digest) or (sibling.lfs is not None and len(digest) != 64):
        msg = f"{address}: the Hub has no digest and size on record for {show(sibling.rfilename)}."
        raise ZooError(msg)
    return FileRecord(size, digest)


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
        digest = _hash(size, record.digest, iter(lambda: file.read(_CHUNK), b""))
    if digest == record.digest:
        return None
    kind = "git digest"
    if len(record.digest) == 64:
        kind = "SHA-256"
    return f"{kind} {digest[:12]}…, not {record.digest[:12]}…"


def record_by_name(path: Path) -> FileRecord | None:
    """Read what is on record of a cached file, whose name in the cache is its digest.

    None if its name is no digest.
    """
    try:
        blob = path.resolve(strict=True)
        if not is_digest(blob.name):
            return None
        return FileRecord(blob.stat().st_size, blob.name)
    except (OSError, RuntimeError) as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise ZooError(msg) from error


def _hash(size: int, like: str, chunks: Iterable[bytes]) -> str:
    if len(like) == 64:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
