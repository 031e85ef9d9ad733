"""What the model is worth, and what it says of new series."""

from __future__ import annotations

import csv
from itertools import islice

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.errors import TszooError
from tszoo.serving.page.progress import progress_of
from tszoo.serving.page.uploads import receive_file
from tszoo.serving.page.views import desk_of, go, refuse, show, work_of
from tszoo.serving.page.work import NEW, TEST, Work

SHOWN_ANSWERS = 10
_SHOWN_COLUMNS = 6


def results(request: Request) -> Response:
    """Show what is known of the model."""
    work = work_of(request)
    job = desk_of(request).jobs.state(work)
    return show(
        request,
        "results.html",
        step="results",
        work=work,
        fitted=work.read("fitted"),
        judged=work.read("judged"),
        answered=work.read("answered"),
        answers=_first_answers(work),
        has_onnx=work.file("model.onnx").exists(),
        job=job if job is not None and job.action in ("judge", "answer", "export") else None,
        progress=progress_of(work, None if job is None or job.action == "fit" else job),
    )


async def test(request: Request) -> Response:
    """Take in labelled series, and judge the model by them."""
    return await _with_file(request, TEST, "judge")


async def new(request: Request) -> Response:
    """Take in new series, and predict their classes."""
    return await _with_file(request, NEW, "answer")


def onnx(request: Request) -> Response:
    """Begin to write the ONNX file."""
    return _start(request, "export")


async def _with_file(request: Request, purpose: str, action: str) -> Response:
    work = work_of(request)
    try:
        received = await receive_file(request)
    except TszooError as error:
        return refuse(request, str(error))
    await run_in_threadpool(received.keep, work, purpose)
    return _start(request, action)


def _start(request: Request, action: str) -> Response:
    work = work_of(request)
    try:
        desk_of(request).jobs.start(work, action)
    except TszooError as error:
        return refuse(request, str(error), 409)
    return go(request, f"/works/{work.key}/results")


def _first_answers(work: Work) -> list[list[str]]:
    """Return the first lines of the answers, and of them the first cells."""
    path = work.file("answers.csv")
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row[:_SHOWN_COLUMNS] for row in islice(csv.reader(file), SHOWN_ANSWERS + 1)]


ROUTES = [
    Route("/works/{key}/results", results),
    Route("/works/{key}/test", test, methods=["POST"]),
    Route("/works/{key}/new", new, methods=["POST"]),
    Route("/works/{key}/onnx", onnx, methods=["POST"]),
]
