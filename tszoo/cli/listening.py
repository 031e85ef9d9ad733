"""Where ``tszoo serve`` listens, whom it answers, and what it takes."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Optional

import typer

from tszoo.errors import OptionError


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
        token = os.environ.get("TSZOO_TOKEN") or None
        if self.token_file is not None:
            token = _read(self.token_file)
        if token is None and not _is_loopback(self.host):
            msg = (
                f"--host {self.host}: other machines can ask there, so a token is wanted: "
                "--token-file FILE or $TSZOO_TOKEN."
            )
            raise OptionError(msg)
        return token

    @property
    def names(self) -> tuple[str, ...] | None:
        """What this machine alone may call the server; None where others ask, too."""
        return ("localhost", "127.0.0.1", "::1", self.host) if _is_loopback(self.host) else None


@dataclass(frozen=True)
class Limits:
    """What a server takes."""

    panel: ClassVar[str] = "Limits"

    max_bytes: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Refuse larger bodies, unread. (default: 6291456, and 67108864 of the page)",
            show_default=False,
        ),
    ] = None
    max_waiting: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Refuse requests while so many wait. (default: 512)",
            show_default=False,
        ),
    ] = 512
    max_series: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Compute so many series in one go, of one request or several. (default: 256)",
            show_default=False,
        ),
    ] = 256
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--jobs",
            min=1,
            metavar="N",
            help="Compute with N threads. (default: with as many as predict)",
            show_default=False,
        ),
    ] = None


def _read(path: Path) -> str:
    from tszoo.storage.files import reason

    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "no UTF-8 text"
        msg = f"--token-file {path}: cannot be read ({why})."
        raise OptionError(msg) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
