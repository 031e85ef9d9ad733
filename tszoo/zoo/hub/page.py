"""One request for one small file of a repository's newest commit.

The file is not sent again where the cache has it already.
"""

from __future__ import annotations

from typing import Any

from tszoo.errors import ZooError
from tszoo.storage.layout import MOST_BYTES
from tszoo.text import show
from tszoo.zoo.hub.address import MAIN, Address, is_commit
from tszoo.zoo.hub.cache import keep
from tszoo.zoo.hub.client import TIMEOUT_SECONDS, headers
from tszoo.zoo.hub.records import digest_of, is_digest, record_by_name
from tszoo.zoo.hub.snapshot import Snapshot

_CHUNK = 1 << 16


def request_page(address: Address, name: str, cached: Snapshot | None) -> Snapshot:
    """Ask for a small file, unless it is still the cached one, and keep it in the cache.

    Errors of the client are raised as they come.

    Parameters
    ----------
    address : Address
    name : str
        A file of the layout.
    cached : Snapshot or None
        What the cache has of the file.

    Raises
    ------
    ZooError
        If the file is too large, or is not what the Hub has on record.
    """
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import hf_raise_for_status

    url = hf_hub_url(address.repo, name, revision=address.revision or MAIN)
    with get_session().stream(
        "GET",
        url,
        headers=_headers(name, cached),
        timeout=TIMEOUT_SECONDS,
        follow_redirects=True,
    ) as response:
        if response.status_code == 304 and cached is not None:
            return cached
        if response.status_code >= 400:
            response.read()  # the client explains errors by their text
        hf_raise_for_status(response)
        commit, digest = _identity(address, response)
        data = _read(address, name, response)
    actual = digest_of(data, digest)
    if actual != digest:
        msg = (
            f"{address}: {name} is not the file that the Hub has on record ({actual[:12]}…, not "
            f"{digest[:12]}…). Nothing of it was kept; try again."
        )
        raise ZooError(msg)
    pointer = keep(address, commit, digest, name, data)
    return Snapshot(Address(address.owner, address.name, commit), pointer.parent)


def _headers(name: str, cached: Snapshot | None) -> dict[str, str]:
    """Make the headers of the request, which name the cached file's digest."""
    values = headers()
    if cached is not None:
        record = record_by_name(cached.folder / name)
        if record is not None:
            values["If-None-Match"] = f'"{record.digest}"'
    return values


def _identity(address: Address, response: Any) -> tuple[str, str]:
    """Read the commit and the digest on record, from the answer or the redirects before it."""
    answers = [*response.history, response]
    commit = _first_header(answers, "X-Repo-Commit")
    # what lies in large-file storage is described by the Hub's answer, not by the storage's
    etag = _first_header(answers, "X-Linked-ETag")
    if etag is None:
        etag = response.headers.get("ETag", "")
    digest = etag.removeprefix("W/").strip('"')
    if commit is None or not is_commit(commit) or not is_digest(digest):
        msg = (
            f"{address}: the Hub does not say which version this is (commit {show(commit)}, "
            f"digest {show(digest)})."
        )
        raise ZooError(msg)
    return commit, digest


def _first_header(answers: list[Any], name: str) -> str | None:
    for answer in answers:
        if name in answer.headers:
            return str(answer.headers[name])
    return None


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
