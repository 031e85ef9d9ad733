"""The application: its routes, what stands before them, and what it says of failures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tszoo import __version__
from tszoo.errors import TszooError
from tszoo.serving.batcher import Batcher
from tszoo.serving.bounded import Bounded
from tszoo.serving.faults import Refused, answer_to, refusal
from tszoo.serving.invocations import Invocations
from tszoo.serving.metered import Metered
from tszoo.serving.metrics import Metrics
from tszoo.serving.served import Served
from tszoo.serving.settings import Settings
from tszoo.serving.token import TokenWanted

# What anybody may ask: whether the server is there.
OPEN = ("/ping",)


def make_app(
    models: Sequence[Served],
    settings: Settings | None = None,
    *,
    routes: Sequence[BaseRoute] = (),
    open_paths: Collection[str] = (),
) -> Starlette:
    """Make an ASGI application that answers what models predict.

    Parameters
    ----------
    models : sequence of Served
        The first one answers where a request names none; see ``load_served``.
    settings : Settings or None
        None for those that the command line has.
    routes : sequence of starlette.routing.BaseRoute
        More to answer beside ``/ping``, ``/invocations``, ``/models``, ``/version`` and
        ``/metrics``.
    open_paths : collection of str
        Paths of those that need no token.

    Returns
    -------
    starlette.applications.Starlette
        Its ``state`` has ``models``, ``settings``, ``batcher`` and ``metrics``.
    """
    settings = settings or Settings()
    metrics = Metrics()
    batcher = Batcher(settings.max_series, settings.threads, metrics.computed)
    app = Starlette(
        routes=[*_routes(models, settings, batcher, metrics), *routes],
        middleware=_middleware(settings, metrics, {*OPEN, *open_paths}),
        exception_handlers=_HANDLERS,
        lifespan=_working(batcher),
    )
    app.state.models, app.state.settings = tuple(models), settings
    app.state.batcher, app.state.metrics = batcher, metrics
    return app


def _routes(
    models: Sequence[Served], settings: Settings, batcher: Batcher, metrics: Metrics
) -> list[BaseRoute]:
    facts = [served.facts() | {"default": served is models[0]} for served in models]

    async def ping(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def version(_request: Request) -> Response:
        return JSONResponse({"tszoo": __version__})

    async def listed(_request: Request) -> Response:
        return JSONResponse({"models": facts})

    async def measured(_request: Request) -> Response:
        return Response(metrics.text(), media_type=metrics.media_type)

    invocations = Invocations(models, settings, batcher, metrics)
    return [
        Route("/ping", ping),
        Route("/version", version),
        Route("/models", listed),
        Route("/metrics", measured),
        Route("/invocations", invocations.answer, methods=["POST"]),
    ]


def _middleware(
    settings: Settings, metrics: Metrics, open_paths: Collection[str]
) -> list[Middleware]:
    """Say what every request passes, the first one first: a body is read behind all of it."""
    passed = [Middleware(Metered, metrics=metrics)]
    if settings.token is not None:
        passed.append(Middleware(TokenWanted, token=settings.token, open_paths=open_paths))
    passed.append(Middleware(Bounded, most=settings.max_bytes))
    return passed


def _working(batcher: Batcher) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        batcher.start()
        try:
            yield
        finally:
            batcher.close()

    return lifespan


async def _explained(_request: Request, error: Exception) -> Response:
    return answer_to(error)


async def _of_http(_request: Request, error: Exception) -> Response:
    """Say in JSON what Starlette refuses: no such path, another method."""
    if not isinstance(error, HTTPException):
        return answer_to(error)
    return refusal(error.status_code, f"{error.detail}.", error.headers)


async def _gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: who asked has hung up."""
    return Response(status_code=400)


_HANDLERS: Any = {
    Refused: _explained,
    TszooError: _explained,
    HTTPException: _of_http,
    ClientDisconnect: _gone,
    Exception: _explained,
}
