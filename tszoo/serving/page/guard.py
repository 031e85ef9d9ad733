"""What stands before every route of the page: who may ask, how much, and what a browser may do."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tszoo.serving.page.desk import Desk

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_SAFE = ("GET", "HEAD")
DESK = "tszoo.desk"
SESSION = "tszoo-session"
# what is shown to people who have not said the token yet
_OPEN = ("/login", "/static/")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with less, a form would not say where it comes from
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests of other sites, and bodies that are too large, before they are read.

    Parameters
    ----------
    app : ASGI application
    desk : Desk
        Handed on to the routes.
    hosts : collection of str or None
        The names that the server may be asked by, so that a site that lets its own name lead here
        reads nothing; None for any, where a token decides.
    """

    def __init__(self, app: ASGIApp, desk: Desk, hosts: Collection[str] | None = LOOPBACK) -> None:
        self.app, self.desk, self.hosts = app, desk, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope["method"], Headers(scope=scope)) or self._stopped(scope)
        guarded = _with_headers(send)
        if refused is not None:
            await refused(scope, receive, guarded)
            return
        scope[DESK] = self.desk
        await self.app(scope, _bounded(receive, self.desk.most_bytes), guarded)

    def _refused(self, method: str, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self.hosts is not None and urlsplit(f"//{host}").hostname not in self.hosts:
            return PlainTextResponse("This server is not called so.\n", 421)
        if method not in _SAFE and urlsplit(headers.get("origin", "")).netloc != host:
            return PlainTextResponse("Only this server's own pages may ask for that.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.desk.most_bytes:
            return PlainTextResponse(too_large(self.desk.most_bytes) + "\n", 413)
        return None

    def _stopped(self, scope: Scope) -> Response | None:
        """Ask for the token, where there is one, and the browser has not said it yet."""
        if self.desk.token is None or scope["path"].startswith(_OPEN):
            return None
        given = HTTPConnection(scope).cookies.get(SESSION, "")
        if hmac.compare_digest(given.encode(), self.desk.session.encode()):
            return None
        return RedirectResponse("/login", 303)


def too_large(most_bytes: int) -> str:
    """Say how much is too much."""
    return f"The file is too large: {most_bytes / 2**20:g} MB at most."


def _bounded(receive: Receive, most_bytes: int) -> Receive:
    """Stop a body that does not say how long it is."""
    n_bytes = 0

    async def bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > most_bytes:
            raise HTTPException(413, too_large(most_bytes))
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
