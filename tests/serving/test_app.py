"""The application without a server: when it is full, when a body does not end, more routes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from tests.support.exported import LENGTH, exportable
from tszoo.errors import OptionError
from tszoo.serving.settings import Settings

pytest.importorskip("starlette")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tszoo.serving.app import make_app
from tszoo.serving.served import Served

BODY = ",".join(map(str, np.arange(LENGTH) % 5)).encode()
Receive = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
def served() -> Served:
    return Served("toy", exportable("fcn", n_channels=1))


async def whole() -> dict[str, Any]:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def ask(
    app: Starlette, path: str = "/invocations", receive: Receive = whole
) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST" if path == "/invocations" else "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"text/csv")],
    }
    await app(scope, receive, send)
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_one_too_many_is_sent_away(served: Served) -> None:
    app = make_app([served], Settings(max_waiting=1))

    async def walk() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def slow() -> dict[str, Any]:
            begun.set()
            await ended.wait()
            return await whole()

        async with app.router.lifespan_context(app):
            first = asyncio.create_task(ask(app, receive=slow))
            await begun.wait()
            status, headers, body = await ask(app)
            assert (status, headers["retry-after"]) == (503, "1")
            assert json.loads(body)["error"].startswith("1 requests wait already.")
            assert (await ask(app, "/ping"))[0] == 200
            ended.set()
            assert (await first)[0] == 200
            assert (await ask(app))[0] == 200

    asyncio.run(walk())


def test_a_body_that_does_not_end_is_given_up(served: Served) -> None:
    app = make_app([served], Settings(body_seconds=0.01))

    async def never() -> dict[str, Any]:
        return await asyncio.Future()

    async def walk() -> None:
        async with app.router.lifespan_context(app):
            status, _, body = await ask(app, receive=never)
            assert status == 408
            assert json.loads(body) == {"error": "body: not all there after 0.01 seconds."}

    asyncio.run(walk())


def test_one_that_hangs_up_is_no_failure(served: Served) -> None:
    app = make_app([served])

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def walk() -> None:
        async with app.router.lifespan_context(app):
            assert (await ask(app, receive=gone))[0] == 400

    asyncio.run(walk())


def test_there_may_be_more_routes_with_or_without_a_token(served: Served) -> None:
    async def hello(request: Any) -> PlainTextResponse:
        return PlainTextResponse(request.app.state.models[0].name)

    routes = [Route("/open", hello), Route("/closed", hello)]
    app = make_app([served], Settings(token="secret"), routes=routes, open_paths=["/open"])

    async def walk() -> None:
        assert (await ask(app, "/open"))[::2] == (200, b"toy")
        assert (await ask(app, "/closed"))[0] == 401

    asyncio.run(walk())


def test_a_fault_of_ours_shows_nothing_of_itself(served: Served) -> None:
    async def broken(_request: Any) -> None:
        raise RuntimeError("a secret")

    app = make_app([served], routes=[Route("/broken", broken)])
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/broken", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError):  # for the server's log
        asyncio.run(app(scope, whole, send))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"]) == {"error": "the server failed; its log says how."}


@pytest.mark.parametrize("name", ["max_bytes", "max_waiting", "max_series", "threads"])
def test_settings_have_a_least(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} must be 1 or more, not 0"):
        Settings(**{name: 0})


@pytest.mark.parametrize("token", ["", "two words", "ünlikely"])
def test_a_token_is_one_word(token: str) -> None:
    with pytest.raises(OptionError, match="token must be printable ASCII"):
        Settings(token=token)
