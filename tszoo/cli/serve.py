"""``tszoo serve``: models that answer over HTTP."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.options import WHAT, Device, Jobs, Json, ZooOption
from tszoo.cli.output import print_json
from tszoo.errors import MissingExtraError, OptionError

# Where SageMaker puts a model.
SAGEMAKER = Path("/opt/ml/model")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Place:
    """Where to listen, and whom to answer."""

    panel: ClassVar[str] = "Where"

    host: Annotated[
        str,
        typer.Option(metavar="HOST", help="Listen there. (default: 127.0.0.1)", show_default=False),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="And at this port; 0 takes a free one. (default: 8080)",
            show_default=False,
        ),
    ] = 8080
    token_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Ask for the token in it. (default: $TSZOO_TOKEN, else none)",
            show_default=False,
        ),
    ] = None

    def token(self) -> str | None:
        """Read the token; OptionError if other machines are answered without one."""
        from tszoo.storage.files import reason

        token = os.environ.get("TSZOO_TOKEN") or None
        if self.token_file is not None:
            try:
                token = self.token_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = reason(error) if isinstance(error, OSError) else "no UTF-8 text"
                msg = f"--token-file {self.token_file}: cannot be read ({why})."
                raise OptionError(msg) from error
        if token is None and self.host not in LOOPBACK:
            msg = (
                f"--host {self.host}: other machines can ask there, so a token is wanted: "
                "--token-file FILE or $TSZOO_TOKEN."
            )
            raise OptionError(msg)
        return token


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
    place: Place,
    max_bytes: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Refuse larger bodies. (default: 6291456)",
            show_default=False,
            rich_help_panel=WHAT,
        ),
    ] = 6 * 2**20,
    device: Device = "auto",
    jobs: Jobs = None,
    zoo: ZooOption = None,
    as_json: Json = False,
) -> None:
    """Answer over HTTP what predict answers: CSV, JSON or .npy in, labels or probabilities out.

    POST /invocations takes series, GET /ping tells that the server is there, as SageMaker asks for
    both; /models, /version and /metrics say more. Requests that wait at the same time are computed
    together. SIGTERM lets those that are there finish.

    Example: tszoo serve my-model
    Example: tszoo serve inception.GunPoint my-model --port 9000
    Example: tszoo serve my-model --host 0.0.0.0 --token-file token.txt
    """
    token = place.token()
    references = models or _usual_model()
    try:
        from tszoo.serving.app import make_app
        from tszoo.serving.run import listen, run
    except ImportError as error:
        msg = 'tszoo serve needs more packages: pip install "tszoo[serve]"'
        raise MissingExtraError(msg) from error
    from tszoo.serving.served import load_served
    from tszoo.serving.settings import Settings

    settings = Settings(max_bytes=max_bytes, token=token, threads=jobs)
    served = load_served(references, zoo, device)
    socket = listen(place.host, place.port)
    url = _url(place.host, socket.getsockname()[1])
    names = [one.name for one in served]

    def say() -> None:
        if as_json:
            print_json({"url": url, "models": names})
        else:
            typer.echo(f"serving {', '.join(names)} at {url}; try: {_example(url, token)}")

    run(make_app(served, settings), socket, say)


def _usual_model() -> list[str]:
    """Find the model to serve where none is named."""
    named = os.environ.get("TSZOO_MODEL")
    if named:
        return [named]
    if SAGEMAKER.is_dir():
        return [str(SAGEMAKER)]
    msg = f"which model? Name one or more, or set TSZOO_MODEL; there is no {SAGEMAKER} either."
    raise OptionError(msg)


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _example(url: str, token: str | None) -> str:
    asked = "" if token is None else ' -H "Authorization: Bearer $TSZOO_TOKEN"'
    return f"curl{asked} -H 'Content-Type: text/csv' --data-binary @new.csv {url}/invocations"
