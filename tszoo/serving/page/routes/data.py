"""How the file was read, and another reading of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.errors import TszooError
from tszoo.serving.page.peek import peek
from tszoo.serving.page.preview import preview
from tszoo.serving.page.reading import as_on_page, by_name, is_table, read_all
from tszoo.serving.page.views import desk_of, go, is_partial, show, work_of
from tszoo.serving.page.work import DATA, Asked, Work


def data(request: Request) -> Response:
    """Show how the file was read, with a form to read it otherwise."""
    work = work_of(request)
    path = work.path_of(DATA)
    return show(
        request,
        "data.html",
        step="data",
        is_table=is_table(path),
        peek=peek(path),
        **_read(work),
    )


async def reread(request: Request) -> Response:
    """Keep what the form says of the file, and read it anew."""
    work = work_of(request)
    desk_of(request).jobs.end(work.key)
    async with request.form() as form:
        said = {field.name: str(form.get(field.name, "")) for field in fields(Asked)}
    work.ask(Asked(said["header"], said["label"], said["id"], said["hold"] == "yes"))
    if is_partial(request):
        return show(request, "_preview.html", **await run_in_threadpool(_read, work))
    return go(request, f"/works/{work.key}")


def delete(request: Request) -> Response:
    """Remove the file, and all that came of it."""
    desk_of(request).delete(work_of(request))
    return go(request, "/")


def _read(work: Work) -> dict[str, Any]:
    """Read the file; what is wrong with it goes where the preview would stand."""
    values: dict[str, Any] = {"work": work, "asked": work.asked, "upload": work.upload(DATA)}
    try:
        return {**values, "preview": preview(read_all(work)), "said": ""}
    except TszooError as error:
        return {**values, "preview": None, "said": as_on_page(by_name(work, str(error)))}


ROUTES = [
    Route("/works/{key}", data),
    Route("/works/{key}/reading", reread, methods=["POST"]),
    Route("/works/{key}/delete", delete, methods=["POST"]),
]
