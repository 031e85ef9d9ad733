"""The first page: a file, please."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.errors import TszooError
from tszoo.serving.page.example import NAME, example_csv
from tszoo.serving.page.uploads import Received, receive_file
from tszoo.serving.page.views import desk_of, go, refuse, show
from tszoo.serving.page.work import DATA, Asked, Upload


def start(request: Request) -> Response:
    """Ask for a file."""
    return show(request, "start.html", said="")


async def begin(request: Request) -> Response:
    """Take the file in, and go on to how it was read."""
    try:
        received = await receive_file(request)
        work = desk_of(request).begin()
    except TszooError as error:
        return refuse(request, str(error))
    await run_in_threadpool(received.keep, work, DATA)
    work.ask(Asked())
    return go(request, f"/works/{work.key}")


def example(request: Request) -> Response:
    """Begin with made-up series."""
    try:
        work = desk_of(request).begin()
    except TszooError as error:
        return refuse(request, str(error))
    Received(Upload(NAME, ".csv"), example_csv()).keep(work, DATA)
    work.ask(Asked(label="2"))  # its second column, as its header says
    return go(request, f"/works/{work.key}")


ROUTES = [
    Route("/", start),
    Route("/works", begin, methods=["POST"]),
    Route("/works/example", example, methods=["POST"]),
]
