"""A server in a process of its own, as ``tszoo serve`` starts it, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.support import warm


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self,
        path: str,
        body: Any = None,
        kind: str | None = None,
        accept: str | None = None,
        method: str | None = None,
        **headers: str,
    ) -> Answer:
        """Ask once; a body that is an iterable is sent in chunks."""
        if kind is not None:
            headers["Content-Type"] = kind
        if accept is not None:
            headers["Accept"] = accept
        connection = self.connect()
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def predict(self, body: Any, kind: str, accept: str | None = None, model: str = "") -> Answer:
        return self.ask(f"/invocations{model and '?model=' + model}", body, kind, accept)


@contextmanager
def serving(*arguments: object, **environment: str) -> Iterator[Server]:
    """Start ``tszoo serve`` at a free port, with every warning an error; kill it at the end."""
    command = ["-m", "tszoo", "serve", *map(str, arguments), "--port", "0", "--json"]
    process = warm.Popen(
        [sys.executable, "-W", "error", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        said = ""
        while not said.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            said += line
        port = urlsplit(json.loads(said)["url"]).port
        assert port is not None
        yield Server(process, port)
    finally:
        process.kill()
        process.communicate()
