"""Requests as handlers get them, answers as they give them, and who handles what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.support.hub_server.store import Commit, Repo, Store, User

if TYPE_CHECKING:
    from tests.support.hub_server.server import HubServer


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; `Link="…"` becomes a header, `X_Error_Code` becomes `X-Error-Code`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value, default=str).encode()  # a card may hold dates
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **named})


class RefusalError(Exception):
    """What the client is told when it cannot have its way."""

    def __init__(self, status: int, message: str, code: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.answer = answer({"error": message, **more}, status, X_Error_Message=message)
        if code:
            self.answer.headers["X-Error-Code"] = code


@dataclass
class Call:
    """One request, with what it takes to answer it."""

    hub: HubServer
    method: str
    path: str  # still quoted
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    user: User | None
    repos: Mapping[str, Repo]  # as they are, or as they were

    @property
    def store(self) -> Store:
        return self.hub.store

    def json(self) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads(self.body)
        except ValueError as error:
            raise RefusalError(400, "The body is not JSON.") from error
        return value

    def flag(self, name: str) -> bool:
        return self.query.get(name, ["false"])[-1].lower() in ("1", "true")

    def may_read(self, repo: Repo) -> bool:
        return not repo.private or (self.user is not None and self.user.may_read(repo.namespace))

    def repo(self, repo_id: str) -> Repo:
        """The repository if it is there for this user.

        Which of the two it is not, nobody is told.
        """
        repo = self.repos.get(repo_id)
        if repo is None or not self.may_read(repo):
            raise RefusalError(404 if self.user else 401, "Repository not found", "RepoNotFound")
        return repo

    def commit(self, repo: Repo, revision: str) -> Commit:
        commit = repo.find(revision)
        if commit is None:
            raise RefusalError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    def writable(self, repo_id: str) -> Repo:
        repo = self.repo(repo_id)
        self.check_writer(repo.namespace)
        return repo

    def check_writer(self, namespace: str) -> User:
        if self.user is None:
            raise RefusalError(401, "Invalid username or password.")
        if not self.user.may_write(namespace):
            msg = (
                "You don't have the rights to create or change a model under the namespace "
                f'"{namespace}"'
            )
            raise RefusalError(403, msg)
        return self.user

    def page(self, items: list[Any], size: int) -> tuple[list[Any], dict[str, str]]:
        """The part of a list that the cursor points at, and the header that leads to the next."""
        start = int(self.query.get("cursor", ["0"])[0])
        if start + size >= len(items):
            return items[start:], {}
        query = urlencode({**self.query, "cursor": start + size}, doseq=True)
        return items[start : start + size], {
            "Link": f'<{self.hub.endpoint}{self.path}?{query}>; rel="next"'
        }


Handler = Callable[..., Answer]
ROUTES: list[tuple[str, str, re.Pattern[str], Handler]] = []
PARTS = {
    "repo": "[^/]+/[^/]+?",
    "rev": "[^/]+",
    "path": ".+",
    "slug": "[^/]+/[^/]+",
    "oid": "[0-9a-f]{64}",
}


def route(kind: str, method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Have a function answer these requests.

    `{repo}`, `{rev}`, … are matched and handed over unquoted.
    """
    compiled = re.compile(
        re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{PARTS[m[1]]})", pattern.replace(".", r"\."))
    )

    def register(handler: Handler) -> Handler:
        ROUTES.append((kind, method, compiled, handler))
        return handler

    return register
