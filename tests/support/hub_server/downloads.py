"""Files.

The Hub's own answers for small ones, and redirects to a storage elsewhere for those in LFS.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from tests.support.hub_server.calls import Answer, Call, RefusalError, route
from tests.support.hub_server.reading import check_gate
from tests.support.hub_server.store import Blob, Commit, Repo


def located(call: Call, repo: str, rev: str, path: str) -> tuple[Repo, Commit, Blob]:
    found = call.repo(repo)
    check_gate(call, found)
    commit = call.commit(found, rev)
    if path not in commit.tree:
        refusal = RefusalError(404, "Entry not found", "EntryNotFound")
        refusal.answer.headers["X-Repo-Commit"] = commit.oid
        raise refusal
    return found, commit, commit.tree[path]


@route("head", "HEAD", "/{repo}/resolve/{rev}/{path}")
@route("get", "GET", "/{repo}/resolve/{rev}/{path}")
def resolve(call: Call, repo: str, rev: str, path: str) -> Answer:
    """Where a file is.

    Here, in the Hub's own cache (a relative redirect), or at the storage (one to its origin).
    """
    found, commit, blob = located(call, repo, rev, path)
    linked = {
        "X-Repo-Commit": commit.oid,
        "X-Linked-ETag": f'"{blob.etag}"',
        "X-Linked-Size": str(len(blob.data)),
    }
    if blob.lfs:
        to = call.hub.signed("GET", f"/repos/{repo}/{blob.sha256}")
        return Answer(302, b"Found. Redirecting to the storage.", {**linked, "Location": to})
    if call.hub.resolve_cache:
        to = f"/api/resolve-cache/models/{repo}/{commit.oid}/{quote(path)}?etag={quote(blob.etag)}"
        return Answer(307, b"Temporary Redirect.", {**linked, "Location": to})
    return content(call, found.damaged.get(blob.etag, blob.data), blob.etag, commit.oid)


@route("head", "HEAD", "/api/resolve-cache/models/{repo}/{rev}/{path}")
@route("get", "GET", "/api/resolve-cache/models/{repo}/{rev}/{path}")
def resolve_cache(call: Call, repo: str, rev: str, path: str) -> Answer:
    found, commit, blob = located(call, repo, rev, path)
    return content(call, found.damaged.get(blob.etag, blob.data), blob.etag, commit.oid)


@route("lfs-get", "HEAD", "/repos/{repo}/{oid}")
@route("lfs-get", "GET", "/repos/{repo}/{oid}")
def lfs_get(call: Call, repo: str, oid: str) -> Answer:
    found = call.store.repos[repo]
    return content(call, found.damaged.get(oid, found.stored[oid]), oid)


def content(call: Call, data: bytes, etag: str, commit: str | None = None) -> Answer:
    """The bytes of a file, or the part of them that was asked for."""
    headers = {
        "ETag": f'"{etag}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
    }
    if commit:
        headers["X-Repo-Commit"] = commit
    if etag in call.headers.get("If-None-Match", ""):
        return Answer(304, b"", headers)
    wanted = re.fullmatch(r"\s*bytes=(\d*)-(\d*)\s*", call.headers.get("Range", ""))
    if wanted is None or not any(wanted.groups()):
        return Answer(200, data, headers)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= end:
        return Answer(416, b"", {**headers, "Content-Range": f"bytes */{len(data)}"})
    return Answer(
        206, data[start:end], {**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
    )
