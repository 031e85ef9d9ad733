"""Refuse large bodies before they are read."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tszoo.serving.faults import Refused, refusal


class Bounded:
    """Middleware that lets bodies of ``most`` bytes pass.

    One that says that it is larger is refused unread. Of one that does not say it, no more than
    that is read.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > self.most:
            message = self._message(f"{int(said)} bytes")
            answer = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, {"connection": "close"})
            await answer(scope, receive, send)
            return
        await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.most:
                said = self._message("more bytes than that")
                raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
            return message

        return counted

    def _message(self, given: str) -> str:
        return f"body: {given}; {self.most} is the most here. Send it in parts."
