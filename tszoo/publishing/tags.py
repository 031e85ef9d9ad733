"""Tags: names for commits that stay."""

from __future__ import annotations

import re

from tszoo.errors import OptionError, ZooError
from tszoo.models.text import show
from tszoo.publishing.upload import Upload
from tszoo.zoo.hub.address import Address, is_commit
from tszoo.zoo.hub.client import ChangedError, client, explaining, patiently

_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")


def is_tagged(upload: Upload, tag: str) -> bool:
    """Whether a tag names the commit already that it is to name.

    Raises
    ------
    ZooError
        If it names another.
    OptionError
        If it cannot be a tag.
    """
    if _TAG.fullmatch(tag) is None or ".." in tag or tag.endswith(".lock") or is_commit(tag):
        msg = f"{show(tag)} cannot be a tag: letters, digits, '_', '-' and '.', beginning with a letter or digit."
        raise OptionError(msg)
    taken = None if upload.head is None else _tags(upload.address).get(tag)
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
        if _tags(address).get(tag) != commit:
            msg = f"{address}: the tag {tag} names another commit. Choose another."
            raise ZooError(msg) from error


def _tags(address: Address) -> dict[str, str]:
    with explaining(address):
        refs = patiently(lambda: client().list_repo_refs(address.repo))
        return {one.name: one.target_commit for one in refs.tags}
