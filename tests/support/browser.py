"""A browser without a screen, and the page of a server of our own for it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
# It asks for nothing but what a page asks for.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)


@contextmanager
def page_server(
    *arguments: object, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Start ``tszoo serve --ui``, and wait until it says in JSON where it listens."""
    command = [sys.executable, "-m", "tszoo", "serve", "--ui", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, *map(str, arguments)], stdout=subprocess.PIPE, env=env
    ) as server:
        try:
            assert server.stdout is not None
            said = b""
            while not said.endswith(b"}\n"):
                line = server.stdout.readline()
                assert line, "the server has ended"
                said += line
            yield server, json.loads(said)
        finally:
            server.terminate()
