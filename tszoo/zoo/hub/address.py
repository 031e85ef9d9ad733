"""Addresses of zoos and models on the Hub.

``hf://ORG``, ``hf://ORG/NAME``, either with ``@REVISION``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tszoo.errors import ZooError
from tszoo.storage.hub_names import SCHEME, is_hub_name, is_hub_revision
from tszoo.text import show

CATALOGUE_NAME = "tszoo-catalogue"
MAIN = "main"

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """Where something is on the Hub.

    Attributes
    ----------
    owner : str
        A user or an organisation.
    name : str or None
        A model's repository; None for all models of the owner.
    revision : str or None
        A commit, a tag or a branch; None for the newest.

    Raises
    ------
    ZooError
        If a part cannot be what it stands for.
    """

    owner: str
    name: str | None = None
    revision: str | None = None

    def __post_init__(self) -> None:
        for what, part in (("an account", self.owner), ("a repository", self.name)):
            if part is not None and not is_hub_name(part):
                msg = (
                    f"{show(part)} cannot be {what} of the Hub: letters, digits, '_', '-' and '.', "
                    "at most 96, beginning with a letter or digit, without '--' and '..'."
                )
                raise ZooError(msg)
        if self.revision is not None and not is_hub_revision(self.revision):
            msg = (
                f"{show(self.revision)} cannot be a revision of the Hub: a commit, a tag or a "
                "branch."
            )
            raise ZooError(msg)

    @property
    def repo(self) -> str:
        """The repository: the model's, or the one with the owner's catalogue."""
        return f"{self.owner}/{self.name or CATALOGUE_NAME}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, of which the content never changes."""
        return is_commit(self.revision)

    def __str__(self) -> str:
        text = f"{SCHEME}{self.owner}"
        if self.name is not None:
            text += f"/{self.name}"
        if self.revision is not None:
            text += f"@{self.revision}"
        return text


def is_address(reference: object) -> bool:
    """Whether a reference is meant for the Hub."""
    return isinstance(reference, str) and reference.startswith(SCHEME)


def is_commit(revision: object) -> bool:
    """Whether a revision is a commit's id: 40 hexadecimal digits."""
    return isinstance(revision, str) and _COMMIT.fullmatch(revision) is not None


def parse_address(text: str) -> Address:
    """Read ``hf://ORG[/NAME][@REVISION]``; ZooError for anything else."""
    where, at, revision = text.removeprefix(SCHEME).partition("@")
    parts = where.rstrip("/").split("/")
    if not text.startswith(SCHEME) or len(parts) > 2 or not all(parts) or (at and not revision):
        msg = (
            f"{show(text)}: no address on the Hub. Write hf://ORG, hf://ORG/NAME or "
            "hf://ORG/NAME@REVISION."
        )
        raise ZooError(msg)
    owner, *names = parts
    name = next(iter(names), None)
    return Address(owner, name, revision or None)


def parse_repo(text: str) -> Address:
    """Read a repository to write to, ``ORG/NAME`` or ``hf://ORG/NAME``.

    ZooError for anything else.
    """
    address = parse_address(SCHEME + text.removeprefix(SCHEME))
    if address.name is None or address.revision is not None or address.name == CATALOGUE_NAME:
        msg = (
            f"{show(text)}: no place for a model. Write ORG/NAME; {CATALOGUE_NAME} is the "
            "catalogue's own name."
        )
        raise ZooError(msg)
    return address
