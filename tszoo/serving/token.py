"""Let in who has the token."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tszoo.serving.faults import refusal


class TokenWanted:
    """Middleware that answers 401 to requests without ``Authorization: Bearer TOKEN``.

    Tokens are compared in a time that does not tell how much of one was right.
    """

    def __init__(self, app: ASGIApp, token: str, open_paths: Collection[str]) -> None:
        self.app, self.token, self.open_paths = app, token.encode(), frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] in self.open_paths or self._knows(scope):
            await self.app(scope, receive, send)
            return
        message = "a token is wanted: Authorization: Bearer TOKEN."
        headers = {"www-authenticate": "Bearer", "connection": "close"}
        await refusal(HTTPStatus.UNAUTHORIZED, message, headers)(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.strip().encode("latin-1"), self.token)
        return scheme.lower() == "bearer" and is_right
