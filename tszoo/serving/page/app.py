"""All of the page as one application, or as routes of another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tszoo.errors import TszooError
from tszoo.serving.page.desk import Desk
from tszoo.serving.page.guard import LOOPBACK, Guard
from tszoo.serving.page.routes import data, files, model, results, sources, start, watch, zoo
from tszoo.serving.page.views import refuse

_STATIC = Path(__file__).parent / "static"
_STEPS = (start, data, sources, model, watch, results, files, zoo)


def page_routes(desk: Desk, hosts: Collection[str] | None = LOOPBACK) -> list[Mount]:
    """Return the page's routes for an application whose other routes stand before them.

    Parameters
    ----------
    desk : Desk
        Where the works of visitors lie; whoever made it closes it.
    hosts : collection of str or None
        The names that the server may be asked by; None for any.
    """
    routes: list[Route | Mount] = [route for step in _STEPS for route in step.ROUTES]
    routes.append(Mount("/static", StaticFiles(directory=_STATIC)))
    return [Mount("/", routes=routes, middleware=[Middleware(Guard, desk=desk, hosts=hosts)])]


def page_app(desk: Desk, hosts: Collection[str] | None = LOOPBACK) -> Starlette:
    """Return the page as an application of its own, which closes the desk at its end."""

    @asynccontextmanager
    async def closing(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            desk.close()

    return Starlette(
        routes=page_routes(desk, hosts),
        lifespan=closing,
        exception_handlers={HTTPException: _refused, TszooError: _failed},  # type: ignore[dict-item]
    )


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = error.detail if isinstance(error, HTTPException) else str(error)
    return refuse(request, said, status)


async def _failed(request: Request, error: Exception) -> Response:
    return refuse(request, str(error), 400)
