"""Collections: titled lists of repositories."""

from __future__ import annotations

import re
from typing import Any

from tests.support.hub_server.calls import Answer, Call, RefusalError, answer, route
from tests.support.hub_server.store import Collection

C = "/api/collections"


def described(call: Call, found: Collection, **more: Any) -> dict[str, Any]:
    return {
        "slug": found.slug,
        "title": found.title,
        "description": found.description,
        "owner": {"type": "org", "name": found.owner},
        "items": found.items,
        "lastUpdated": "2025-01-01T00:00:00.000Z",
        "private": found.private,
        "theme": "orange",
        "upvotes": 0,
        **more,
    }


def sought(call: Call, slug: str) -> Collection:
    found = call.store.collections.get(slug)
    hidden = (
        found is not None and found.private and not (call.user and call.user.may_read(found.owner))
    )
    if found is None or hidden or not call.hub.has_collections:
        raise RefusalError(404, "Collection not found")
    return found


@route("collection", "POST", C)
def create(call: Call) -> Answer:
    if not call.hub.has_collections:
        raise RefusalError(404, "Not Found")
    body = call.json()
    owner, title = body["namespace"], body["title"]
    call.check_writer(owner)
    for found in call.store.collections.values():
        if (found.owner, found.title) == (owner, title):
            raise RefusalError(409, "This collection exists already", slug=found.slug)
    name = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")
    slug = f"{owner}/{name}-{len(call.store.collections) + 1:024x}"
    found = Collection(slug, title, owner, bool(body.get("private")), body.get("description"))
    call.store.collections[slug] = found
    return answer(described(call, found, position=0))


@route("collections", "GET", C)
def listed(call: Call) -> Answer:
    if not call.hub.has_collections:
        raise RefusalError(404, "Not Found")
    owner = call.query.get("owner", [None])[0]
    there = call.store.collections.values()
    seen = [c for c in there if not c.private or (call.user and call.user.may_read(c.owner))]
    page, link = call.page([c for c in seen if owner in (None, c.owner)], call.hub.page_size)
    return answer([described(call, found) for found in page], **link)


@route("collection-get", "GET", C + "/{slug}")
def get(call: Call, slug: str) -> Answer:
    return answer(described(call, sought(call, slug), position=0))


@route("collection-delete", "DELETE", C + "/{slug}")
def delete(call: Call, slug: str) -> Answer:
    call.check_writer(sought(call, slug).owner)
    del call.store.collections[slug]
    return answer({})


@route("collection-item", "POST", C + "/{slug}/items")
def add_item(call: Call, slug: str) -> Answer:
    found, body = sought(call, slug), call.json()
    call.check_writer(found.owner)
    item = body["item"]
    if item["type"] != "model":
        raise RefusalError(400, f"This Hub has models only, no {item['type']}.")
    repo = call.repo(item["id"])
    if any(there["id"] == repo.id for there in found.items):
        raise RefusalError(409, f"{repo.id} is in this collection already")
    note = {"note": {"text": body["note"], "html": ""}} if "note" in body else {}
    found.items.append({"_id": f"{repo.number:024x}", "position": len(found.items), **item, **note})
    return answer(described(call, found, position=0))
