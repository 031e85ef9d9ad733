"""What to start from."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.errors import TszooError
from tszoo.serving.page.progress import progress_of
from tszoo.serving.page.views import desk_of, go, refuse, show, work_of


def sources(request: Request) -> Response:
    """Show what is near, what helps, and the two ways on."""
    work = work_of(request)
    job = desk_of(request).jobs.state(work)
    return show(
        request,
        "sources.html",
        step="sources",
        work=work,
        job=job if job is not None and job.action == "weigh" else None,
        near=work.read("near"),
        has_picture=work.file("near.svg").exists(),
        advice=work.read("advice"),
        progress=progress_of(work, job),
    )


def weigh(request: Request) -> Response:
    """Begin to look for sources."""
    work, desk = work_of(request), desk_of(request)
    try:
        desk.jobs.start(work, "weigh", zoo=desk.zoo, cache=str(desk.cache))
    except TszooError as error:
        return refuse(request, str(error), 409)
    return go(request, f"/works/{work.key}/sources")


ROUTES = [
    Route("/works/{key}/sources", sources, methods=["GET"]),
    Route("/works/{key}/sources", weigh, methods=["POST"]),
]
