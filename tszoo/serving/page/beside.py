"""The page beside the answers of ``tszoo.serving.app``, behind one port."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send


class Beside:
    """Hands requests for some paths to one application, and all others to the page.

    Parameters
    ----------
    page, api : ASGI application
        The second hears when the server begins and ends.
    paths : collection of str
        Those that ``api`` answers; it asks for its token by itself.
    """

    def __init__(self, page: ASGIApp, api: ASGIApp, paths: Collection[str]) -> None:
        self.page, self.api, self.paths = page, api, frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_api = scope["type"] != "http" or scope["path"] in self.paths
        await (self.api if is_api else self.page)(scope, receive, send)
