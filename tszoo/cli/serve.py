"""``tszoo serve``: models that answer over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.listening import Limits, Place
from tszoo.cli.options import Device, Json, ZooOption
from tszoo.cli.output import print_json
from tszoo.errors import MissingExtraError, OptionError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

# Where SageMaker puts a model.
SAGEMAKER = Path("/opt/ml/model")
_PACKAGES = ("starlette", "uvicorn", "python_multipart", "prometheus_client")


def serve(
    models: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[MODEL...]",
            show_default=False,
            autocompletion=completion.models,
            help="Names in the zoo, model folders, or hf://ORG/NAME@REVISION; NAME=MODEL names one "
            "otherwise. (default: $TSZOO_MODEL, else /opt/ml/model)",
        ),
    ] = None,
    *,
    ui: Annotated[
        bool,
        typer.Option("--ui", help="Show a page, on which a browser makes models of files."),
    ] = False,
    place: Place,
    backend: Annotated[
        Literal["torch", "onnx"],
        typer.Option(help="What computes; onnxruntime differs by 1e-5 at most."),
    ] = "torch",
    device: Device = "auto",
    limits: Limits,
    zoo: ZooOption = None,
    as_json: Json = False,
) -> None:
    """Answer over HTTP what predict answers: CSV, JSON or .npy in, labels or probabilities out.

    POST /invocations takes series, GET /ping tells that the server is there, as SageMaker asks for
    both; /models, /version and /metrics say more. Requests that wait at the same time are computed
    together. SIGTERM lets those that are there finish.

    With --ui there is a page for people who use no terminal: from a file of series to a model and
    its answers. MODEL may be left out then.

    Example: tszoo serve my-model
    Example: tszoo serve --ui
    Example: tszoo serve inception.GunPoint my-model --port 9000
    Example: tszoo serve my-model --host 0.0.0.0 --token-file token.txt
    """
    token = place.token()
    references = models or _usual_models(ui=ui)
    _check_packages(ui=ui)
    from tszoo.serving.app import make_app
    from tszoo.serving.run import listen, run
    from tszoo.serving.served import load_served
    from tszoo.serving.settings import MOST_BYTES, Settings

    settings = Settings(
        max_bytes=limits.max_bytes or MOST_BYTES,
        max_waiting=limits.max_waiting,
        max_series=limits.max_series,
        token=token,
        threads=limits.jobs,
    )
    with listen(place.host, place.port) as socket:  # before the work
        served = []
        if references:
            served = load_served(
                references, zoo, device=device, backend=backend, threads=limits.jobs
            )
        url = _url(place.host, socket.getsockname()[1])
        names = [one.name for one in served]

        def say() -> None:
            if as_json:
                print_json({"url": url, "models": names, "page": ui})
                return
            if ui:
                typer.echo(f"the page is at {url}/; Ctrl-C ends it, and removes all files of it")
            if names:
                typer.echo(f"serving {', '.join(names)} at {url}; try: {_example(url, token)}")

        api = make_app(served, settings) if served else None
        with _application(api, place, limits, zoo, ui=ui, token=token) as app:
            run(app, socket, say)


@contextmanager
def _application(
    api: Starlette | None,
    place: Place,
    limits: Limits,
    zoo: str | None,
    *,
    ui: bool,
    token: str | None,
) -> Iterator[ASGIApp]:
    """Put the page, if it is wanted, beside what answers; remove its files at the end."""
    if api is not None and not ui:
        yield api
        return
    from tszoo.serving.page import Desk, page_app
    from tszoo.serving.page.beside import beside
    from tszoo.serving.page.desk import MOST_BYTES

    with Desk(zoo, most_bytes=limits.max_bytes or MOST_BYTES, token=token) as desk:
        page = page_app(desk, place.names)
        yield page if api is None else beside(page, api)


def _usual_models(*, ui: bool) -> list[str]:
    """Find the model to serve where none is named; a page needs none."""
    if ui:
        return []
    named = os.environ.get("TSZOO_MODEL")
    if named:
        return [named]
    if SAGEMAKER.is_dir():
        return [str(SAGEMAKER)]
    msg = f"which model? Name one or more, or set TSZOO_MODEL; there is no {SAGEMAKER} either."
    raise OptionError(msg)


def _check_packages(*, ui: bool) -> None:
    for name in _PACKAGES:
        if find_spec(name) is None:
            msg = f'tszoo serve needs {name}: pip install "tszoo[serve]"'
            raise MissingExtraError(msg)
    if ui and find_spec("matplotlib") is None:
        msg = 'tszoo serve --ui needs matplotlib: pip install "tszoo[plot,serve]"'
        raise MissingExtraError(msg)


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _example(url: str, token: str | None) -> str:
    asked = "" if token is None else ' -H "Authorization: Bearer $TSZOO_TOKEN"'
    return f"curl{asked} -H 'Content-Type: text/csv' --data-binary @new.csv {url}/invocations"
