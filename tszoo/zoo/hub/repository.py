"""One repository of the Hub: what it holds, how its files are fetched, how it is written to.

A file is refused unless it is the one that the Hub has on record.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tszoo.errors import ZooError
from tszoo.storage.layout import MODEL_FILES
from tszoo.zoo.hub.address import MAIN, Address
from tszoo.zoo.hub.cache import remember
from tszoo.zoo.hub.client import LIBRARY, TIMEOUT_SECONDS, client, is_offline, patiently
from tszoo.zoo.hub.faults import IncompleteError, MissingError, UnreachableError, explaining
from tszoo.zoo.hub.page import request_page
from tszoo.zoo.hub.records import RepoRecord, difference, read_record
from tszoo.zoo.hub.snapshot import Snapshot, find_snapshot, remove_file, remove_partial

log = logging.getLogger(__name__)

Content = bytes | Path


@dataclass(frozen=True)
class Refs:
    """The commits that the branches and the tags of a repository name."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Repository:
    """A repository of the Hub.

    Every method raises a ZooError of one line if the Hub refuses or cannot be reached.

    Attributes
    ----------
    address : Address
        Where it is, and which revision is read.
    """

    address: Address

    def record(self) -> RepoRecord:
        """Ask the Hub which commit the address stands for, and what files that holds."""
        address = self.address
        with explaining(address):
            info = patiently(
                lambda: client().model_info(
                    address.repo,
                    revision=address.revision,
                    files_metadata=True,
                    timeout=TIMEOUT_SECONDS,
                )
            )
            return read_record(address, info)

    def find_record(self) -> RepoRecord | None:
        """Ask what the repository holds; None if there is none, or none that may be seen."""
        try:
            return self.record()
        except MissingError:
            return None

    def fetch(self, names: Sequence[str] = MODEL_FILES, optional: Sequence[str] = ()) -> Snapshot:
        """Fetch files, or find them in the cache.

        For a commit, cached files need no request, unless optional files are wanted that are not
        cached. For a branch, one request asks for its newest commit. When the Hub cannot be
        reached, the newest commit in the cache is used, with a warning in the log.

        Parameters
        ----------
        names : sequence of str
            Files of the layout; all of them have to be there.
        optional : sequence of str
            Files of the layout that are fetched as well if they are there.

        Raises
        ------
        ZooError
            If there is no such repository, revision or file; if the Hub cannot be reached and the
            files are not cached; if a file is larger than the layout allows, or is not what the
            Hub has on record. Such a file is removed from the cache.
        """
        if is_offline():
            return self._cached(names)
        if self.address.is_pinned:
            snapshot = find_snapshot(self.address, [*names, *optional])
            if snapshot is not None:
                return snapshot
        try:
            return self._fetch(names, optional)
        except UnreachableError as error:
            snapshot = find_snapshot(self.address, names)
            if snapshot is None:
                raise
            _warn_of_cached(error, snapshot)
            return snapshot

    def _fetch(self, names: Sequence[str], optional: Sequence[str]) -> Snapshot:
        record = self.record()
        names = [*names, *(name for name in optional if name in record.files)]
        record.check(names)
        with ThreadPoolExecutor(len(names)) as pool:
            paths = list(pool.map(lambda name: self.fetch_file(record, name), names))
        with explaining(self.address):
            remember(self.address, record.commit)
        return Snapshot(replace(self.address, revision=record.commit), paths[0].parent)

    def _cached(self, names: Sequence[str]) -> Snapshot:
        """Find files in the cache, while requests are forbidden."""
        snapshot = find_snapshot(self.address, names)
        if snapshot is None:
            msg = f"{self.address}: not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
            raise UnreachableError(msg)
        return snapshot

    def fetch_file(self, record: RepoRecord, name: str) -> Path:
        """Fetch one file of the commit that ``record`` describes; ZooError as ``fetch``."""
        from huggingface_hub import hf_hub_download

        file = record.files[name]
        pinned = replace(self.address, revision=record.commit)
        try:
            with explaining(f"{self.address}, {name}"):
                path = Path(
                    patiently(
                        lambda: hf_hub_download(
                            pinned.repo, name, revision=record.commit, library_name=LIBRARY
                        )
                    )
                )
                problem = difference(path, file)
        except IncompleteError:
            # all that was sent is there, and it is something else: not to be gone on with
            remove_partial(pinned, file.digest)
            raise
        if problem is not None:
            remove_file(pinned, path)
            msg = (
                f"{pinned}: {name} is not the file that the Hub has on record ({problem}). It was "
                "removed; try again."
            )
            raise ZooError(msg)
        return path

    def read(self, name: str) -> Snapshot:
        """Fetch one small file with one request, or find it in the cache.

        The client would take two requests: one for the file's head, and then one for the file.

        Parameters
        ----------
        name : str
            A file of the layout.

        Raises
        ------
        ZooError
            As ``fetch``.
        """
        if is_offline():
            return self._cached([name])
        cached = find_snapshot(self.address, [name])
        if cached is not None and self.address.is_pinned:
            return cached
        try:
            with explaining(self.address):
                return patiently(lambda: request_page(self.address, name, cached))
        except UnreachableError as error:
            if cached is None:
                raise
            _warn_of_cached(error, cached)
            return cached

    def refs(self) -> Refs:
        """Ask for the commits that branches and tags name."""
        with explaining(self.address):
            refs = patiently(lambda: client().list_repo_refs(self.address.repo))
            return Refs(
                {branch.name: branch.target_commit for branch in refs.branches},
                {tag.name: tag.target_commit for tag in refs.tags},
            )

    def create(self, *, private: bool) -> RepoRecord:
        """Make the repository unless it is there, and ask what it holds then."""
        with explaining(self.address):
            patiently(
                lambda: client().create_repo(self.address.repo, private=private, exist_ok=True)
            )
        return self.record()

    def commit(
        self,
        contents: Mapping[str, Content],
        message: str,
        parent: str,
        removed: Sequence[str] = (),
    ) -> str:
        """Write and remove files in one commit, and return the commit.

        Parameters
        ----------
        contents : mapping of str to bytes or Path
            What to write, by the files' names.
        message : str
        parent : str
            The newest commit of the main branch.
        removed : sequence of str
            Files to take away.

        Raises
        ------
        ChangedError
            If the branch has another newest commit by now.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        with explaining(self.address):
            operations: list[CommitOperationAdd | CommitOperationDelete] = [
                CommitOperationDelete(name, is_folder=False) for name in removed
            ]
            for name, content in contents.items():
                if isinstance(content, Path):
                    operations.append(CommitOperationAdd(name, str(content)))
                else:
                    operations.append(CommitOperationAdd(name, content))
            made = patiently(
                lambda: client().create_commit(
                    self.address.repo,
                    operations,
                    commit_message=message,
                    revision=MAIN,
                    parent_commit=parent,
                )
            )
            return str(made.oid)

    def tag(self, tag: str, commit: str) -> None:
        """Give a commit a tag; ChangedError if there is such a tag already."""
        with explaining(self.address):
            patiently(lambda: client().create_tag(self.address.repo, tag=tag, revision=commit))


def _warn_of_cached(error: UnreachableError, snapshot: Snapshot) -> None:
    log.warning("%s Using what is cached, commit %s.", error, snapshot.address.revision)
