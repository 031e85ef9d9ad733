"""One small file of the newest commit, for one request.

None of its content where the cache has it already.
"""

from __future__ import annotations

import logging
from typing import Any

from tszoo.errors import ZooError
from tszoo.storage.layout import MOST_BYTES
from tszoo.text import show
from tszoo.zoo.hub.address import MAIN, Address, is_commit
from tszoo.zoo.hub.cache import keep
from tszoo.zoo.hub.client import (
    TIMEOUT_SECONDS,
    UnreachableError,
    explaining,
    headers,
    is_offline,
    patiently,
)
from tszoo.zoo.hub.download import Snapshot, held
from tszoo.zoo.hub.records import digest_of, is_digest, record_by_name

log = logging.getLogger(__name__)

_CHUNK = 1 << 16


def fetch_page(address: Address, name: str) -> Snapshot:
    """Fetch a small file of a repository, or find it in the cache.

    The client would ask for its head first, and then for the file: two requests, where one does.

    Parameters
    ----------
    address : Address
    name : str
        A file of the layout.

    Raises
    ------
    ZooError
        As `tszoo.zoo.hub.download.fetch`.
    """
    before = held(address, [name])
    if before is not None and (address.is_pinned or is_offline()):
        return before
    if is_offline():
        msg = f"{address}: not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        raise UnreachableError(msg)
    try:
        with explaining(address):
            return patiently(lambda: _request(address, name, before))
    except UnreachableError as error:
        if before is None:
            raise
        log.warning("%s Using what is cached, commit %s.", error, before.address.revision)
        return before


def _request(address: Address, name: str, before: Snapshot | None) -> Snapshot:
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import hf_raise_for_status

    ask = headers()
    known = None if before is None else record_by_name(before.folder / name)
    if known is not None:
        ask["If-None-Match"] = f'"{known.digest}"'
    url = hf_hub_url(address.repo, name, revision=address.revision or MAIN)
    with get_session().stream(
        "GET", url, headers=ask, timeout=TIMEOUT_SECONDS, follow_redirects=True
    ) as response:
        if response.status_code == 304 and before is not None:
            return before
        if response.status_code >= 400:
            response.read()  # the client explains errors by their text
        hf_raise_for_status(response)
        commit, digest = _identity(address, response)
        data = _read(address, name, response)
    found = digest_of(data, digest)
    if found != digest:
        msg = (
            f"{address}: {name} is not the file that the Hub has on record ({found[:12]}…, not "
            f"{digest[:12]}…). Nothing of it was kept; try again."
        )
        raise ZooError(msg)
    pointer = keep(address, commit, digest, name, data)
    return Snapshot(Address(address.owner, address.name, commit), pointer.parent)


def _identity(address: Address, response: Any) -> tuple[str, str]:
    """Read the commit and the digest that the Hub has on record, from the answer or those that led to it."""
    answers = [*response.history, response]
    commits = [one.headers["X-Repo-Commit"] for one in answers if "X-Repo-Commit" in one.headers]
    # what lies in large-file storage is described by the Hub's answer, not by the storage's
    digests = [one.headers["X-Linked-ETag"] for one in answers if "X-Linked-ETag" in one.headers]
    digest = (digests or [response.headers.get("ETag", "")])[0].removeprefix("W/").strip('"')
    if not commits or not is_commit(commits[0]) or not is_digest(digest):
        what = f"commit {show(commits[0] if commits else None)}, digest {show(digest)}"
        msg = f"{address}: the Hub does not say which version this is ({what})."
        raise ZooError(msg)
    return commits[0], digest


def _read(address: Address, name: str, response: Any) -> bytes:
    data = bytearray()
    for chunk in response.iter_bytes(_CHUNK):
        data += chunk
        if len(data) > MOST_BYTES[name]:
            msg = (
                f"{address}: {name} is larger than {MOST_BYTES[name]} bytes, the most that such a "
                "file may have."
            )
            raise ZooError(msg)
    return bytes(data)
