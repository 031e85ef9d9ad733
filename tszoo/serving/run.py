"""Run the application in this process until it is told to end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tszoo.errors import OptionError
from tszoo.storage.files import reason

_BACKLOG = 2048


class _Server(uvicorn.Server):
    """Uvicorn's server, which says when it listens."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listens()


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 for any that is free.

    Raises
    ------
    OptionError
        If it cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        msg = f"{host}, port {port}: cannot be listened at ({why}). Take another: port=..."
        raise OptionError(msg) from error


def run(app: ASGIApp, place: socket.socket, listens: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or Ctrl-C.

    Requests that are being answered then are answered to the end, and no others are taken.

    Parameters
    ----------
    app : ASGI application
        See ``make_app``.
    place : socket
        See ``listen``.
    listens : callable
        Called once requests are answered.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    with _terminated_quietly():
        _Server(config, listens).run(sockets=[place])


@contextmanager
def _terminated_quietly() -> Iterator[None]:
    """Leave SIGTERM to the server, which raises it once more when it has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are none of its business
        return
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
