"""All of the page as one application."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from tszoo.errors import TszooError
from tszoo.serving.page.desk import Desk
from tszoo.serving.page.guard import LOOPBACK, Guard
from tszoo.serving.page.routes import (
    data,
    files,
    login,
    model,
    results,
    sources,
    start,
    watch,
    zoo,
)
from tszoo.serving.page.views import refuse

_STATIC = Path(__file__).parent / "static"
_STEPS = (start, data, sources, model, watch, results, files, zoo, login)


def page_app(desk: Desk, hosts: Collection[str] | None = LOOPBACK) -> Starlette:
    """Return the page as an ASGI application.

    Parameters
    ----------
    desk : Desk
        Where the works of visitors lie; whoever made it closes it.
    hosts : collection of str or None
        The names that the server may be asked by; None for any.
    """
    routes: list[BaseRoute] = [route for step in _STEPS for route in step.ROUTES]
    routes.append(Mount("/static", StaticFiles(directory=_STATIC)))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, desk=desk, hosts=hosts)],
        exception_handlers=_HANDLERS,
    )


async def _of_http(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return refuse(request, error.detail, error.status_code)
    return refuse(request, str(error), 500)


async def _foreseen(request: Request, error: Exception) -> Response:
    return refuse(request, str(error))


_HANDLERS: Any = {HTTPException: _of_http, TszooError: _foreseen}
