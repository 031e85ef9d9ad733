"""What changes repositories: making, settings, uploads, commits, tags and branches."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from tests.support.hub_server import cards
from tests.support.hub_server.calls import Answer, Call, RefusalError, answer, route
from tests.support.hub_server.reading import R
from tests.support.hub_server.store import LARGEST_REGULAR, Blob, Repo

LFS_JSON = "application/vnd.git-lfs+json"


def repo_named(call: Call) -> str:
    """The repository that a body names by its parts."""
    body = call.json()
    if body.get("type") not in (None, "model"):
        raise RefusalError(400, f"This Hub has models only, no {body['type']}.")
    owner = body.get("organization") or (call.user.name if call.user else "")
    return f"{owner}/{body['name']}"


def wants_private(body: dict[str, Any]) -> bool | None:
    """What a body says of who may see a repository.

    Releases before 2 have a flag for it, later ones a word.
    """
    if "visibility" in body:
        return bool(body["visibility"] == "private")
    return body.get("private")


@route("create", "POST", "/api/repos/create")
def create(call: Call) -> Answer:
    repo_id = repo_named(call)
    user = call.check_writer(repo_id.split("/")[0])
    url = {"url": f"{call.hub.endpoint}/{repo_id}", "name": repo_id}
    if repo_id in call.store.repos:
        raise RefusalError(409, f"You already created this model repo: {repo_id}", **url)
    call.store.create(repo_id, private=bool(wants_private(call.json())), author=user.name)
    return answer(url)


@route("delete", "DELETE", "/api/repos/delete")
def delete(call: Call) -> Answer:
    del call.store.repos[call.writable(repo_named(call)).id]
    return answer({})


@route("settings", "PUT", R + "/settings")
def settings(call: Call, repo: str) -> Answer:
    found, body = call.writable(repo), call.json()
    private = wants_private(body)
    found.private = found.private if private is None else private
    found.gated = bool(body.get("gated", found.gated))
    return answer({"private": found.private, "gated": found.gated})


@route("preupload", "POST", R + "/preupload/{rev}")
def preupload(call: Call, repo: str, rev: str) -> Answer:
    found = call.writable(repo)
    tree = call.commit(found, rev).tree
    files = []
    for file in call.json()["files"]:
        mode = "lfs" if found.wants_lfs(file["path"], file["size"], rev) else "regular"
        said = {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
        files.append({**said, "oid": tree[file["path"]].etag} if file["path"] in tree else said)
    return answer({"files": files})


@route("lfs-batch", "POST", "/{repo}.git/info/lfs/objects/batch")
def lfs_batch(call: Call, repo: str) -> Answer:
    found, body = call.writable(repo), call.json()
    if body["operation"] != "upload" or body.get("hash_algo") != "sha256":
        raise RefusalError(400, "Uploads by sha256 only.")
    objects = []
    for item in body["objects"]:
        if item["oid"] not in found.stored:
            verify = f"{call.hub.endpoint}/{repo}.git/info/lfs/objects/verify"
            upload = {"href": call.hub.signed("PUT", f"/repos/{repo}/{item['oid']}"), "header": {}}
            item = {**item, "actions": {"upload": upload, "verify": {"href": verify, "header": {}}}}
        objects.append(item)
    return answer({"transfer": "basic", "objects": objects}, Content_Type=LFS_JSON)


@route("lfs-put", "PUT", "/repos/{repo}/{oid}")
def lfs_put(call: Call, repo: str, oid: str) -> Answer:
    if hashlib.sha256(call.body).hexdigest() != oid:
        raise RefusalError(400, "BadDigest: the sha256 of the body is not the one in the address.")
    call.store.repos[repo].stored[oid] = call.body
    return Answer(headers={"ETag": f'"{hashlib.md5(call.body).hexdigest()}"'})


@route("lfs-verify", "POST", "/{repo}.git/info/lfs/objects/verify")
def lfs_verify(call: Call, repo: str) -> Answer:
    found, body = call.writable(repo), call.json()
    data = found.stored.get(body["oid"])
    if data is None:
        raise RefusalError(404, f"LFS object {body['oid']} was not uploaded")
    if len(data) != body["size"]:
        raise RefusalError(
            422, f"LFS object {body['oid']} has {len(data)} bytes, not {body['size']}"
        )
    return answer({})


@route("commit", "POST", R + "/commit/{rev}")
def commit(call: Call, repo: str, rev: str) -> Answer:
    found = call.writable(repo)
    if rev not in found.branches:
        raise RefusalError(404, f"Invalid rev id: {rev}", "RevisionNotFound")
    if call.flag("create_pr"):
        raise RefusalError(400, "This Hub has no pull requests.")
    try:
        lines = [json.loads(line) for line in call.body.splitlines() if line.strip()]
    except ValueError as error:
        raise RefusalError(400, "The body is not one JSON object a line.") from error
    if not lines or lines[0].get("key") != "header" or not lines[0]["value"].get("summary"):
        raise RefusalError(400, "The first line has to be a header with a summary.")
    header, head = lines[0]["value"], found.commits[found.branches[rev]]
    if header.get("parentCommit") not in (None, head.oid):
        raise RefusalError(412, "A commit has happened since. Please refresh and try again.")
    tree = dict(head.tree)
    for line in lines[1:]:
        change(found, tree, line["key"], line["value"])
    card_errors = (
        cards.check(tree["README.md"].data.decode(errors="replace"))[1]
        if "README.md" in tree
        else ()
    )
    if card_errors and tree["README.md"] != head.tree.get("README.md"):
        raise RefusalError(
            400,
            "Invalid metadata in README.md.",
            errors=[{"message": text} for text in card_errors],
        )
    assert call.user
    made = found.add(
        rev,
        tree,
        header["summary"],
        header.get("description", ""),
        call.user.name,
        call.store.now(),
    )
    url = f"{call.hub.endpoint}/{repo}/commit/{made.oid}"
    return answer({"success": True, "commitUrl": url, "commitOid": made.oid, "hookOutput": ""})


def change(repo: Repo, tree: dict[str, Blob], key: str, value: dict[str, Any]) -> None:
    """Apply one line of a commit to the tree of its parent."""
    path = value["path"]
    if any(part in ("", ".", "..", ".git") for part in path.rstrip("/").split("/")):
        raise RefusalError(400, f"Invalid path: {path}")
    if key == "file":
        try:
            data = base64.b64decode(value["content"], validate=True)
        except binascii.Error as error:
            raise RefusalError(400, f"{path}: the content is not base64.") from error
        if len(data) > LARGEST_REGULAR:
            raise RefusalError(400, f"{path} is larger than 10 MiB: it belongs into LFS.")
        tree[path] = Blob(data)
    elif key == "lfsFile":
        data_or_none = repo.stored.get(value["oid"])
        if data_or_none is None or value.get("size", len(data_or_none)) != len(data_or_none):
            raise RefusalError(
                400, f"LFS pointer {path} points to an object that was not uploaded: {value['oid']}"
            )
        tree[path] = Blob(data_or_none, lfs=True)
    elif key == "deletedFile":
        if path not in tree:
            raise RefusalError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
        del tree[path]
    elif key == "deletedFolder":
        inside = [name for name in tree if name.startswith(path.rstrip("/") + "/")]
        if not inside:
            raise RefusalError(
                404, f"A folder with this name doesn't exist: {path}", "EntryNotFound"
            )
        for name in inside:
            del tree[name]
    else:
        raise RefusalError(400, f"Unknown operation: {key}")


@route("tag", "POST", R + "/tag/{rev}")
def tag(call: Call, repo: str, rev: str) -> Answer:
    found, name = call.writable(repo), call.json()["tag"]
    target = call.commit(found, rev).oid
    if name in found.tags:
        raise RefusalError(409, f"Tag reference exists already: {name}")
    found.tags[name] = target
    return answer({})


@route("branch", "POST", R + "/branch/{rev}")
def branch(call: Call, repo: str, rev: str) -> Answer:
    found = call.writable(repo)
    start = call.commit(found, call.json().get("startingPoint", "main")).oid
    if rev in found.branches:
        raise RefusalError(409, f"Reference already exists: {rev}")
    found.branches[rev] = start
    return answer({})


@route("untag", "DELETE", R + "/tag/{rev}")
@route("unbranch", "DELETE", R + "/branch/{rev}")
def forget(call: Call, repo: str, rev: str) -> Answer:
    found = call.writable(repo)
    pointers = found.tags if "/tag/" in call.path else found.branches
    if rev not in pointers or (pointers is found.branches and rev == "main"):
        raise RefusalError(404, f"Invalid rev id: {rev}", "RevisionNotFound")
    del pointers[rev]
    return answer({})
