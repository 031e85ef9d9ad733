"""What the Hub says about its repositories."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from tests.support.hub_server import cards
from tests.support.hub_server.calls import Answer, Call, RefusalError, answer, route
from tests.support.hub_server.store import Blob, Commit, Repo, tree_oid

R = "/api/models/{repo}"


@route("whoami", "GET", "/api/whoami-v2")
def whoami(call: Call) -> Answer:
    if call.user is None:
        raise RefusalError(401, "Invalid username or password.")
    user = call.user
    orgs = [
        {"type": "org", "id": org, "name": org, "fullname": org, "roleInOrg": "write"}
        for org in user.orgs
    ]
    token = {
        "displayName": "a token of the tests",
        "role": "fineGrained" if user.role == "none" else user.role,
    }
    auth = {"type": "access_token", "accessToken": token}
    names = {"id": user.name, "name": user.name, "fullname": user.name}
    return answer({"type": "user", **names, "orgs": orgs, "auth": auth})


@route("validate", "POST", "/api/validate-yaml")
def validate(call: Call) -> Answer:
    _, errors, warnings = cards.check(call.json()["content"])
    body = {
        "errors": [{"message": text} for text in errors],
        "warnings": [{"message": text} for text in warnings],
    }
    return answer(body, 400 if errors else 200)


@route("info", "GET", R)
@route("info", "GET", R + "/revision/{rev}")
def info(call: Call, repo: str, rev: str = "main") -> Answer:
    found = call.repo(repo)
    body = describe(found, call.commit(found, rev), blobs=call.flag("blobs"))
    if call.flag("securityStatus"):
        body["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": []}
    if "expand" in call.query:
        body = {
            name: value
            for name, value in body.items()
            if name in ("_id", "id", *call.query["expand"])
        }
    return answer(body)


def describe(repo: Repo, commit: Commit, blobs: bool = False) -> dict[str, Any]:
    """All that the Hub says about a model at a commit.

    With `blobs`, also the size and the hash of each file.
    """
    card = cards.metadata(commit.tree)
    body = {
        "_id": f"{repo.number:024x}",
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.namespace,
        "sha": commit.oid,
        "lastModified": commit.date,
        "createdAt": repo.history(commit)[-1].date,
        "private": repo.private,
        "gated": "manual" if repo.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": cards.tags(commit.tree),
        "cardData": card,
        "siblings": [sibling(path, blob, blobs) for path, blob in sorted(commit.tree.items())],
        "spaces": [],
        "usedStorage": sum(len(blob.data) for blob in commit.tree.values()),
    }
    named = {
        name: card[name] for name in ("library_name", "pipeline_tag", "model-index") if name in card
    }
    return {**body, **named}


def sibling(path: str, blob: Blob, blobs: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"rfilename": path}
    if blobs:
        found |= {"size": len(blob.data), "blobId": blob.oid}
        if blob.lfs:
            found["lfs"] = {
                "sha256": blob.sha256,
                "size": len(blob.data),
                "pointerSize": len(blob.pointer),
            }
    return found


LISTED = (
    "_id",
    "id",
    "modelId",
    "likes",
    "private",
    "downloads",
    "tags",
    "library_name",
    "pipeline_tag",
    "createdAt",
)
LISTED_FULL = (*LISTED, "author", "sha", "lastModified", "gated", "disabled", "siblings")


@route("list", "GET", "/api/models")
def list_models(call: Call) -> Answer:
    wanted = {tag for value in call.query.get("filter", []) for tag in value.split(",")}
    author = call.query.get("author", [None])[0]
    words = [word.lower() for word in call.query.get("search", [])]
    names = LISTED_FULL if call.flag("full") else LISTED
    if call.flag("cardData"):
        names = (*names, "cardData")
    found = []
    for repo in call.repos.values():
        if not call.may_read(repo) or author not in (None, repo.namespace):
            continue
        if all(word in repo.id.lower() for word in words) and wanted <= set(
            cards.tags(repo.head.tree)
        ):
            found.append(repo)
    if call.query.get("sort", [""])[0] in ("lastModified", "createdAt"):
        newest = {
            repo.id: repo.head.date if call.query["sort"] == ["lastModified"] else repo.number
            for repo in found
        }
        found.sort(key=lambda repo: newest[repo.id], reverse=True)
    size = min(int(call.query.get("limit", [call.hub.page_size])[0]), call.hub.page_size)
    page, link = call.page(found, size)
    described = (describe(repo, repo.head) for repo in page)
    return answer([{name: one[name] for name in names if name in one} for one in described], **link)


@route("refs", "GET", R + "/refs")
def refs(call: Call, repo: str) -> Answer:
    found = call.repo(repo)

    def listed(kind: str, pointers: dict[str, str]) -> list[dict[str, str]]:
        return [
            {"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": oid}
            for n, oid in pointers.items()
        ]

    body = {
        "branches": listed("heads", found.branches),
        "tags": listed("tags", found.tags),
        "converts": [],
    }
    return answer({**body, "pullRequests": []})


@route("commits", "GET", R + "/commits/{rev}")
def commits(call: Call, repo: str, rev: str) -> Answer:
    found = call.repo(repo)
    page, link = call.page(found.history(call.commit(found, rev)), call.hub.page_size)
    body = [
        {
            "id": c.oid,
            "title": c.title,
            "message": c.message,
            "date": c.date,
            "authors": [{"user": c.author}],
        }
        for c in page
    ]
    return answer(body, **link)


@route("tree", "GET", R + "/tree/{rev}")
@route("tree", "GET", R + "/tree/{rev}/{path}")
def tree(call: Call, repo: str, rev: str, path: str = "") -> Answer:
    found = call.repo(repo)
    commit = call.commit(found, rev)
    folder = path.strip("/") + "/" if path.strip("/") else ""
    inside = [name for name in sorted(commit.tree) if name.startswith(folder)]
    if folder and not inside:
        raise RefusalError(404, f"{path} does not exist on {rev}", "EntryNotFound")
    recursive, expand = call.flag("recursive"), call.flag("expand")
    entries: dict[str, dict[str, Any]] = {}
    for name in inside:
        parts = name[len(folder) :].split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            sub = folder + "/".join(parts[:depth])
            entries[sub] = entry(found, commit, sub, expand)
        if recursive or len(parts) == 1:
            entries[name] = entry(found, commit, name, expand)
    page, link = call.page(list(entries.values()), call.hub.page_size)
    return answer(page, **link, X_Repo_Commit=commit.oid)


@route("paths-info", "POST", R + "/paths-info/{rev}")
def paths_info(call: Call, repo: str, rev: str) -> Answer:
    found = call.repo(repo)
    commit = call.commit(found, rev)
    if call.headers.get("Content-Type", "").startswith("application/json"):
        form = call.json()
        paths, expand = form["paths"], form.get("expand", False)
    else:
        fields = parse_qs(call.body.decode())
        paths, expand = fields.get("paths", []), fields.get("expand") == ["true"]
    there = [
        p
        for p in paths
        if p in commit.tree or any(name.startswith(p + "/") for name in commit.tree)
    ]
    return answer([entry(found, commit, path, expand) for path in there])


def entry(repo: Repo, commit: Commit, path: str, expand: bool) -> dict[str, Any]:
    """A file or a folder of a tree; with `expand`, also the commit that last changed it."""
    blob = commit.tree.get(path)
    if blob is None:
        return {
            "type": "directory",
            "oid": tree_oid(commit.tree, path + "/"),
            "size": 0,
            "path": path,
        }
    found: dict[str, Any] = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
    if blob.lfs:
        found["lfs"] = {
            "oid": blob.sha256,
            "size": len(blob.data),
            "pointerSize": len(blob.pointer),
        }
    if expand:
        history = [c for c in repo.history(commit) if c.tree.get(path) == blob]
        last = history[-1]
        found["lastCommit"] = {"id": last.oid, "title": last.title, "date": last.date}
        found["securityFileStatus"] = {"status": "safe", "avScan": None, "pickleImportScan": None}
    return found


@route("auth-check", "GET", R + "/auth-check")
def auth_check(call: Call, repo: str) -> Answer:
    check_gate(call, call.repo(repo))
    return answer({})


@route("auth-check", "GET", R + "/auth-check/write")
def auth_check_write(call: Call, repo: str) -> Answer:
    call.writable(repo)
    return answer({})


def check_gate(call: Call, repo: Repo) -> None:
    """Anybody may know of a gated repository.

    Its files are for those who were let in, and for its owners.
    """
    user = call.user
    if repo.gated and not (user and (user.may_read(repo.namespace) or (user.name in repo.granted))):
        msg = f"Access to model {repo.id} is restricted and you are not in the authorized list."
        raise RefusalError(403 if user else 401, msg, "GatedRepo")
