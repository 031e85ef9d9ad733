"""Nobody else's page, no body that is too large, and nothing that a browser should not do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("starlette")

from starlette.testclient import TestClient

from tests.support.desks import HERE, csv_of, key_of, page, send
from tszoo.serving.page import Desk, page_app


def test_a_body_that_is_too_large_is_refused_unread() -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield b"x" * 100

    with page() as (client, desk):
        size = {"content-length": str(200 << 20)}
        answer = client.post("/works", content=body(), headers=size)
        assert answer.status_code == 413
        assert "64 MB at most" in answer.text
        assert list(desk.folder.iterdir()) == []


def test_a_body_that_does_not_say_its_size_is_not_read_to_its_end() -> None:
    def body() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(40):
            yield b"1,2,3\n" * 1000
        yield b"\r\n--b--\r\n"

    with page(most_bytes=100_000) as (client, desk):
        kind = {"content-type": "multipart/form-data; boundary=b"}
        answer = client.post("/works", content=body(), headers=kind)
        assert answer.status_code == 413
        assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:81"])
def test_what_changes_something_has_to_come_from_a_page_of_this_server(origin: str | None) -> None:
    with page() as (client, desk):
        key = key_of(send(client, csv_of()))
        del client.headers["origin"]
        headers = {} if origin is None else {"origin": origin}
        for path in ("", "/reading", "/sources", "/model", "/test", "/new", "/onnx", "/delete"):
            address = f"/works/{key}{path}" if path else "/works"
            assert client.post(address, headers=headers).status_code == 403
        assert desk.find(key) is not None


def test_a_name_that_leads_here_from_elsewhere_reads_nothing() -> None:
    with Desk() as desk, TestClient(page_app(desk), "http://evil.example") as client:
        assert client.get("/").status_code == 421
    with Desk() as desk, TestClient(page_app(desk, None), "http://named.example") as client:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/zoo", "/static/page.css", "/nothing", "/works/x"])
def test_every_answer_lets_nothing_in_from_elsewhere(path: str) -> None:
    with page() as (client, _):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_machines_say_the_token_once() -> None:
    with Desk(token="secret") as desk:
        app = page_app(desk, None)
        with TestClient(app, HERE, headers={"origin": HERE}) as client:
            assert str(client.get("/zoo").url).endswith("/login")
            assert send(client, csv_of()).url.path == "/login"
            assert client.post("/login", data={"token": "guess"}).status_code == 403
            assert str(client.get("/").url).endswith("/login")
            entered = client.post("/login", data={"token": "secret"})
            assert entered.url.path == "/"
            assert client.get("/").url.path == "/"
            cookie = entered.history[0].headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=strict" in cookie
            assert "secret" not in cookie
