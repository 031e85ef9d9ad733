"""The command with ``--ui``: a page alone or beside what answers, and nothing left of it."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("matplotlib")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.support.browser import page_server
from tests.support.desks import HERE
from tszoo.serving.page import Desk, page_app
from tszoo.serving.page.beside import beside


def test_what_the_others_answer_stays_theirs() -> None:
    api = Starlette(routes=[Route("/ping", lambda _: PlainTextResponse("ok"))])
    with Desk() as desk, TestClient(beside(page_app(desk), api), HERE) as client:
        assert client.get("/ping").text == "ok"
        assert "Drop a file here" in client.get("/").text
        assert client.get("/models").status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM there")
def test_the_command_shows_the_page_and_leaves_nothing_behind(tmp_path: Path) -> None:
    places = {**os.environ, "TMPDIR": str(tmp_path)}
    with page_server(env=places) as (server, told):
        assert (told["models"], told["page"]) == ([], True)
        with urllib.request.urlopen(told["url"]) as answer:
            assert b"Drop a file here" in answer.read()
        assert [path.name[:11] for path in tmp_path.iterdir()] == ["tszoo-page-"]
    assert server.returncode == 0
    assert list(tmp_path.iterdir()) == []
