"""Tags: names for commits that stay."""

from __future__ import annotations

import re

from tszoo.errors import OptionError, ZooError
from tszoo.publishing.upload import Upload
from tszoo.text import show
from tszoo.zoo.hub.address import MAIN, Address, is_commit
from tszoo.zoo.hub.client import ChangedError, client, explaining, patiently

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
    branches, tags = _refs(upload.address)
    if branches.get(MAIN, upload.head) != upload.head:
        msg = f"{upload.address}: changed on the Hub meanwhile. Try again."
        raise ChangedError(msg)
    taken = tags.get(tag)
    if taken is not None and (upload.is_needed or taken != upload.head):
        msg = f"{upload.address}: the tag {tag} names commit {taken[:12]} already. Choose another."
        raise ZooError(msg)
    return taken is not None


def tag_commit(address: Address, tag: str, commit: str) -> None:
    """Tag a commit, unless it has that tag; ZooError if another one has it."""
    try:
        with explaining(address):
            patiently(lambda: client().create_tag(address.repo, tag=tag, revision=commit))
    except ChangedError as error:
        # there already: by an earlier run, or an earlier attempt of which the answer got lost
        if _refs(address)[1].get(tag) != commit:
            msg = f"{address}: the tag {tag} names another commit. Choose another."
            raise ZooError(msg) from error


def _refs(address: Address) -> tuple[dict[str, str], dict[str, str]]:
    """Ask for the commits that branches and tags name."""
    with explaining(address):
        refs = patiently(lambda: client().list_repo_refs(address.repo))
        branches, tags = (
            {one.name: one.target_commit for one in kind} for kind in (refs.branches, refs.tags)
        )
        return branches, tags
