"""Tags: names for commits that stay."""

from __future__ import annotations

import re

from tszoo.errors import OptionError, ZooError
from tszoo.publishing.upload import Upload
from tszoo.text import show
from tszoo.zoo.hub.address import MAIN, Address, is_commit
from tszoo.zoo.hub.faults import ChangedError
from tszoo.zoo.hub.repository import Repository

_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")


def is_tagged(upload: Upload, tag: str) -> bool:
    """Whether a tag names the commit already that it is to name.

    Raises
    ------
    ChangedError
        If the repository is not what it was when the upload was planned.
    ZooError
        If it names another.
    OptionError
        If it cannot be a tag.
    """
    if _TAG.fullmatch(tag) is None or ".." in tag or tag.endswith(".lock") or is_commit(tag):
        msg = (
            f"{show(tag)} cannot be a tag: letters, digits, '_', '-' and '.', beginning with a "
            "letter or digit."
        )
        raise OptionError(msg)
    if upload.head is None:
        return False
    refs = Repository(upload.address).refs()
    if refs.branches.get(MAIN, upload.head) != upload.head:
        msg = f"{upload.address}: changed on the Hub meanwhile. Try again."
        raise ChangedError(msg)
    taken = refs.tags.get(tag)
    if taken is not None and (upload.is_needed or taken != upload.head):
        msg = f"{upload.address}: the tag {tag} names commit {taken[:12]} already. Choose another."
        raise ZooError(msg)
    return taken is not None


def tag_commit(address: Address, tag: str, commit: str) -> None:
    """Tag a commit, unless it has that tag; ZooError if another one has it."""
    repository = Repository(address)
    try:
        repository.tag(tag, commit)
    except ChangedError as error:
        # there already: by an earlier run, or an earlier attempt of which the answer got lost
        if repository.refs().tags.get(tag) != commit:
            msg = f"{address}: the tag {tag} names another commit. Choose another."
            raise ZooError(msg) from error
