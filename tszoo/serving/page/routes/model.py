"""Make a model, watch it, cancel it, go on with it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tszoo.errors import OptionError, TszooError
from tszoo.serving.page.progress import progress_of
from tszoo.serving.page.views import desk_of, go, refuse, show, work_of
from tszoo.serving.page.work import Work

MOST_MEMBERS, MOST_EPOCHS = 20, 5000


def model(request: Request) -> Response:
    """Show how the making of the model stands."""
    work = work_of(request)
    job = desk_of(request).jobs.state(work)
    is_fit = job is not None and job.action == "fit"
    return show(
        request,
        "model.html",
        step="model",
        work=work,
        job=job if is_fit else None,
        plan=work.read("planned"),
        has_model=work.read("fitted") is not None,
        can_resume=_can_resume(work),
        progress=progress_of(work, job if is_fit else None),
    )


async def make(request: Request) -> Response:
    """Begin to make a model, or go on with one that was cancelled."""
    work, desk = work_of(request), desk_of(request)
    try:
        async with request.form() as form:
            head = "softmax" if form.get("head") == "softmax" else "ridge"
            resume = form.get("resume") == "yes"
            members = _whole(str(form.get("members", "")), MOST_MEMBERS, "Networks")
            epochs = _whole(str(form.get("epochs", "")), MOST_EPOCHS, "Epochs")
        if not resume and desk.jobs.is_free(work):
            _forget(work)
        desk.jobs.start(
            work,
            "fit",
            head=head,
            members=members,
            epochs=epochs if head == "softmax" else None,
            resume=resume,
            zoo=desk.zoo,
            cache=str(desk.cache),
        )
    except TszooError as error:
        return refuse(request, str(error), 409)
    return go(request, f"/works/{work.key}/model")


def cancel(request: Request) -> Response:
    """Ask the job to stop; training saves itself first."""
    work = work_of(request)
    jobs = desk_of(request).jobs
    job = jobs.state(work)
    jobs.cancel(work)
    where = "model" if job is not None and job.action == "fit" else "sources"
    return go(request, f"/works/{work.key}/{where}")


def _forget(work: Work) -> None:
    """Remove what an earlier run left, which would be taken for this one's."""
    for name in ("plan.json", "planned.json", "run.jsonl"):
        work.file(name).unlink(missing_ok=True)


def _can_resume(work: Work) -> bool:
    from tszoo.training.run_folder import holds_run

    return work.file("plan.json").exists() and holds_run(work.training)


def _whole(text: str, most: int, what: str) -> int | None:
    """Read a whole number of the form; None of an empty field."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or not 1 <= int(text[:9]) <= most:
        msg = f"{what}: a whole number from 1 to {most}."
        raise OptionError(msg)
    return int(text)


ROUTES = [
    Route("/works/{key}/model", model, methods=["GET"]),
    Route("/works/{key}/model", make, methods=["POST"]),
    Route("/works/{key}/cancel", cancel, methods=["POST"]),
]
