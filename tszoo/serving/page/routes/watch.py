"""The part of a page that tells how far a job is, and is fetched again and again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.serving.page.progress import progress_of
from tszoo.serving.page.views import desk_of, show, work_of


def watch(request: Request) -> Response:
    """Tell how far the job is; once it is over, or has more to show, load the page anew."""
    work = work_of(request)
    job = desk_of(request).jobs.state(work)
    # what is worth a new page while the job goes on: near sources, or the plan
    has_near = work.file("near.json").exists()
    if job is not None and job.action == "fit":
        has_near = work.file("planned.json").exists()
    is_news = has_near and request.query_params.get("near") == "no"
    if job is None or job.state != "running" or is_news:
        return Response(headers={"HX-Refresh": "true"})
    return show(
        request, "_progress.html", work=work, progress=progress_of(work, job), near=has_near
    )


ROUTES = [Route("/works/{key}/progress", watch)]
