"""Templates, and the few answers that all routes give."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tszoo import __version__
from tszoo.serving.page.guard import DESK
from tszoo.serving.page.reading import as_on_page
from tszoo.text import duration

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

    from tszoo.serving.page.desk import Desk
    from tszoo.serving.page.work import Work


def desk_of(request: Request) -> Desk:
    """Return the desk that the guard handed on."""
    desk: Desk = request.scope[DESK]
    return desk


def work_of(request: Request) -> Work:
    """Return the work that the address names; HTTPException 404 if there is none."""
    work = desk_of(request).find(request.path_params["key"])
    if work is None:
        raise HTTPException(404, "This work is not here, or no longer: it was deleted.")
    return work


def is_partial(request: Request) -> bool:
    """Whether htmx asks, for a part of a page."""
    return "hx-request" in request.headers


def show(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Fill a template; everything in it is escaped."""
    desk = desk_of(request)
    text = (
        _templates()
        .get_template(template)
        .render(
            version=__version__,
            most_bytes=desk.most_bytes,
            path=request.url.path,
            **values,
        )
    )
    return HTMLResponse(text, status)


def go(request: Request, address: str) -> Response:
    """Send the browser to another page."""
    if is_partial(request):
        return Response(headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def refuse(request: Request, said: str, status: int = 400) -> Response:
    """Say in a line why not: beside the form, or without scripts on a page of its own."""
    template = "_said.html" if is_partial(request) else "refused.html"
    return show(request, template, status, said=as_on_page(said), back=_back(request))


def _back(request: Request) -> str:
    """Say where a refused form stands."""
    key = request.path_params.get("key")
    return "/" if key is None else f"/works/{key}"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tszoo.serving.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    environment.filters["percent"] = _percent
    return environment


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
