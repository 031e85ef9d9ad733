"""What a Hub keeps.

Blobs named by their content, commits of whole trees, and branches and tags that point at them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatch
from functools import cached_property

LARGEST_REGULAR = 10 * 1024 * 1024
LFS_PATTERNS = """
*.7z *.arrow *.bin *.bz2 *.ckpt *.ftz *.gz *.h5 *.joblib *.model *.msgpack *.npy *.npz *.onnx
*.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors *.tar *.tflite *.tgz *.xz *.zip *.zst
*tfevents*
"""
GITATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in LFS_PATTERNS.split()
).encode()


@dataclass(frozen=True)
class Blob:
    """The bytes of a file, kept in git, or in LFS with a pointer in git."""

    data: bytes
    lfs: bool = False

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        return (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize "
            f"{len(self.data)}\n"
        ).encode()

    @cached_property
    def oid(self) -> str:
        """What git calls it: the sha1 of the file, or of the pointer to it."""
        kept = self.pointer if self.lfs else self.data
        return hashlib.sha1(b"blob %d\0" % len(kept) + kept).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.oid


Tree = Mapping[str, Blob]


def tree_oid(tree: Tree, folder: str = "") -> str:
    """Forty hexadecimal digits that name all that is in a folder of a tree."""
    lines = (
        f"{path} {blob.oid}\n" for path, blob in sorted(tree.items()) if path.startswith(folder)
    )
    return hashlib.sha1("".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Commit:
    """A whole tree, and how it came to be."""

    oid: str
    tree: Tree
    title: str
    message: str
    author: str
    date: str
    parent: str | None


@dataclass
class Repo:
    """One repository of a model: its commits, what points at them, and who may read it."""

    id: str
    private: bool = False
    gated: bool = False
    number: int = 0
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    stored: dict[str, bytes] = field(
        default_factory=dict
    )  # LFS: sha256 -> bytes, committed or not yet
    damaged: dict[str, bytes] = field(default_factory=dict)  # ETag -> what is served in its stead
    granted: set[str] = field(default_factory=set)

    @property
    def namespace(self) -> str:
        return self.id.split("/")[0]

    @property
    def head(self) -> Commit:
        return self.commits[self.branches["main"]]

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, a tag or a (shortened) commit id names."""
        oid = self.branches.get(revision) or self.tags.get(revision)
        if oid is None and re.fullmatch("[0-9a-f]{7,40}", revision):
            oid = next((oid for oid in self.commits if oid.startswith(revision)), None)
        return self.commits[oid] if oid else None

    def history(self, commit: Commit) -> list[Commit]:
        """A commit and all before it, the newest first."""
        found = [commit]
        while found[-1].parent is not None:
            found.append(self.commits[found[-1].parent])
        return found

    def add(
        self, branch: str, tree: Tree, title: str, message: str, author: str, date: str
    ) -> Commit:
        """Move a branch to a new commit of this tree, unless nothing changes."""
        parent = self.branches.get(branch)
        if parent is not None and self.commits[parent].tree == tree:
            return self.commits[parent]
        oid = hashlib.sha1(
            "\0".join([tree_oid(tree), str(parent), title, message, author, date]).encode()
        ).hexdigest()
        self.commits[oid] = Commit(oid, dict(tree), title, message, author, date, parent)
        self.branches[branch] = oid
        return self.commits[oid]

    def wants_lfs(self, path: str, size: int, revision: str = "main") -> bool:
        """Whether a file belongs into LFS, by the repository's .gitattributes and by its size."""
        commit = self.find(revision)
        attributes = commit.tree.get(".gitattributes") if commit else None
        for line in attributes.data.decode(errors="replace").splitlines() if attributes else ():
            pattern, *words = line.split() or [""]
            if "filter=lfs" in words and fnmatch(
                path if "/" in pattern else path.rsplit("/", 1)[-1], pattern
            ):
                return True
        return size > LARGEST_REGULAR

    def frozen(self) -> Repo:
        """As it is now, whatever is committed later."""
        return replace(self, branches=dict(self.branches), tags=dict(self.tags))


@dataclass(frozen=True)
class User:
    """Who a token stands for, and what it allows.

    To write, to read, or no more than anybody may ("none").
    """

    name: str
    orgs: tuple[str, ...]
    role: str

    def may_read(self, namespace: str) -> bool:
        return self.role != "none" and namespace in (self.name, *self.orgs)

    def may_write(self, namespace: str) -> bool:
        return self.role == "write" and self.may_read(namespace)


@dataclass
class Collection:
    """A titled list of repositories."""

    slug: str
    title: str
    owner: str
    private: bool
    description: str | None
    items: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Store:
    """All that a Hub knows."""

    repos: dict[str, Repo] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)  # by token
    collections: dict[str, Collection] = field(default_factory=dict)
    ticks: int = 0

    def now(self) -> str:
        """The next second of a clock of its own: each commit has a time, the same in every run."""
        self.ticks += 1
        time = datetime(2025, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.ticks)
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def create(
        self, repo_id: str, private: bool = False, gated: bool = False, author: str = "system"
    ) -> Repo:
        """Make a repository whose first commit says what goes into LFS."""
        repo = Repo(repo_id, private, gated, number=len(self.repos) + 1)
        repo.add(
            "main",
            {".gitattributes": Blob(GITATTRIBUTES)},
            "initial commit",
            "",
            author,
            self.now(),
        )
        self.repos[repo_id] = repo
        return repo
