"""How a server ends, and whom it lets in."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run
from tests.support.exported import LENGTH, exportable
from tests.support.serving import Server, serving

pytest.importorskip("starlette")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
TOKEN = "open-sesame"
ROW = ",".join(map(str, np.arange(LENGTH) % 5)).encode() + b"\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ending") / "toy"
    exportable("fcn", n_channels=1).save(folder)
    return folder


def begun(server: Server) -> socket.socket:
    """A request of which one byte is missing, and which the server has begun to answer."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        b"POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Type: text/csv\r\n"
        b"Expect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
        % (TOKEN.encode(), len(ROW))
    )
    told = connection.recv(1000)
    assert told.startswith(b"HTTP/1.1 100"), told  # sent once the body is asked for
    connection.sendall(ROW[:-1])
    return connection


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=60).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_a_token_is_wanted_and_the_end_waits_for_answers(model: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    with serving(model, "--token-file", token, "--host", "0.0.0.0") as server:
        assert server.ask("/ping").status == 200
        for wrong in ("", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"):
            answer = server.ask("/models", Authorization=wrong)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert "a token is wanted" in answer.document["error"]
        assert server.ask("/invocations", ROW, "text/csv").status == 401
        assert server.ask("/models", Authorization=f"bearer {TOKEN}").status == 200

        half = begun(server)
        server.process.send_signal(signal.SIGTERM)
        while not refuses(server):
            time.sleep(0.01)
        assert server.process.poll() is None
        half.sendall(ROW[-1:])
        assert half.recv(1000).startswith(b"HTTP/1.1 200 OK")
        half.close()
        out, error = server.process.communicate(timeout=120)
        assert (server.process.returncode, out, error) == (0, "", "")


def test_one_that_is_killed_leaves_nothing_behind(model: Path, tmp_path: Path) -> None:
    with serving(model, TMPDIR=str(tmp_path), TSZOO_TOKEN=TOKEN, TSZOO_MODEL="ignored") as server:
        form = b"--x\r\nContent-Disposition: form-data; name=a; filename=a.csv\r\n\r\n"
        form += ROW * 50_000  # on its way, and too much for Starlette to keep in memory
        upload = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        upload.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
            % (TOKEN.encode(), len(form) + 1)
            + form
        )
        half = begun(server)
        server.process.kill()
        server.process.wait()
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(ProcessLookupError):
            os.killpg(server.process.pid, 0)  # nobody else is in its group
        socket.create_server(("127.0.0.1", server.port)).close()
        half.close()
        upload.close()


def test_bad_options_are_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object, **environment: str) -> str:
        result = run("serve", *arguments, status=1, env={"TSZOO_TOKEN": "", **environment})
        (line,) = result.stderr.splitlines()
        assert result.stdout == ""
        return line

    assert refused(model, "--host", "0.0.0.0").endswith("--token-file FILE or $TSZOO_TOKEN.")
    assert "no-file: cannot be read" in refused(model, "--token-file", tmp_path / "no-file")
    (tmp_path / "empty").write_text("\n")
    line = refused(model, "--host", "0.0.0.0", "--token-file", tmp_path / "empty")
    assert "--token-file" in line
    assert "no such model folder" in refused(tmp_path / "none", "--port", 0)
    assert "two models of that name" in refused(model, model, "--port", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = refused(model, "--port", taken.getsockname()[1])
    assert line.endswith("Take another: --port")
    monkeypatch.setattr("tszoo.cli.serve.SAGEMAKER", tmp_path / "none")
    assert "which model? Name one or more, or set TSZOO_MODEL" in refused(TSZOO_MODEL="")
    monkeypatch.setattr("tszoo.cli.serve.SAGEMAKER", tmp_path)
    assert "no such model folder" in refused("--port", 0, TSZOO_MODEL="")  # looked for there
    assert "nowhere" in refused("--port", 0, TSZOO_MODEL=str(tmp_path / "nowhere"))
    monkeypatch.setattr("tszoo.cli.serve.find_spec", lambda name: None)
    assert refused(model).endswith('needs starlette: pip install "tszoo[serve]"')
