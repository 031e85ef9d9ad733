"""The page beside the answers of ``tszoo.serving.app``, behind one port."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


def beside(page: ASGIApp, api: Starlette) -> ASGIApp:
    """Return an ASGI application: what ``api`` has a path for, it answers; all else, the page.

    ``api`` asks for its token by itself, and hears when the server begins and ends.
    """
    paths = {route.path for route in api.routes if isinstance(route, Route)}

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] != "http" or scope["path"] in paths
        await (api if is_api else page)(scope, receive, send)

    return both
