"""The Hub's cache on this machine.

Looked into, and kept free of files that are not what the Hub has on record.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tszoo.storage.files import write_file
from tszoo.zoo.hub.address import MAIN, Address, is_commit


def cached_commit(address: Address) -> str | None:
    """Find the commit that an address stands for in the cache; None if it stands for none.

    A branch or a tag is what it was when it was last looked up. Without a revision, and where the
    newest never was looked up, it is the commit that came last: that of a zoo's catalogue, for
    instance.
    """
    revision = address.revision or MAIN
    if is_commit(revision):
        return revision
    storage = _storage(address.repo)
    try:
        text = (storage / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
        if not address.revision:
            text = _last_fetched(storage)
    if not is_commit(text):
        return None
    return text


def _last_fetched(storage: Path) -> str:
    try:
        snapshots = [path for path in (storage / "snapshots").iterdir() if is_commit(path.name)]
        if not snapshots:
            return ""
        return max(snapshots, key=lambda path: path.stat().st_mtime_ns).name
    except OSError:
        return ""


def cached_file(repo: str, name: str, commit: str) -> Path | None:
    """Find a file of a commit in the cache; None if it is not there."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repo, name, revision=commit)
    if not isinstance(path, str):  # None, or what stands for a file that the Hub has not
        return None
    return Path(path)


def keep(address: Address, commit: str, digest: str, name: str, data: bytes) -> Path:
    """Put a file into the cache as the client does.

    Content by its digest, a link from its commit, the branch's commit.

    Returns
    -------
    Path
        Where it is to be read.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    storage = _storage(address.repo)
    blob, pointer = storage / "blobs" / digest, storage / "snapshots" / commit / name
    for folder in (blob.parent, pointer.parent):
        folder.mkdir(parents=True, exist_ok=True)
    write_file(blob, data)
    with contextlib.suppress(FileNotFoundError):
        pointer.unlink()
    try:
        pointer.symlink_to(Path(os.path.relpath(blob, pointer.parent)))
    except FileExistsError:  # another process was quicker
        pass
    except OSError:  # a system without links
        write_file(pointer, data)
    remember(address, commit)
    return pointer


def remember(address: Address, commit: str) -> None:
    """Write down which commit a branch or a tag stands for now, to be found offline.

    OSError as ``keep``.
    """
    revision = address.revision or MAIN
    if revision == commit:
        return
    reference, text = _storage(address.repo) / "refs" / revision, commit.encode("ascii")
    if not reference.is_file() or reference.read_bytes() != text:
        reference.parent.mkdir(parents=True, exist_ok=True)
        write_file(reference, text)


def discard(path: Path) -> None:
    """Remove a file from the cache: its content, and the link to it. OSError if it cannot be."""
    storage = path.parent.parent.parent
    blob = path.resolve()
    if path.is_symlink() and blob.parent == (storage / "blobs").resolve():
        blob.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def discard_partial(repo: str, digest: str) -> None:
    """Remove what came of a file so far. OSError if it cannot be removed.

    Clients before 1.18 go on from it, whatever it is. Later ones give each download a file of its
    own, and remove it themselves.
    """
    (_storage(repo) / "blobs" / f"{digest}.incomplete").unlink(missing_ok=True)


def _storage(repo: str) -> Path:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model")
