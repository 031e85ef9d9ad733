"""What the tests fork is what Python would have started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import warm

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
TOLD = """
import json, os, signal, sys, warnings
LAST = 5 + len(sys.warnoptions)
print(json.dumps({
    "argv": sys.argv,
    "name": __name__,
    "folder": os.getcwd(),
    "path": sys.path,
    "variable": os.environ.get("VARIABLE"),
    "home": os.environ.get("HOME"),
    "warned": sys.warnoptions,
    "filters": [(kind, name.__name__) for kind, _, name, _, _ in warnings.filters[-LAST:]],
    "said": sys.stdin.read(),
    "encodings": [(one.encoding, one.errors, one.line_buffering)
                  for one in (sys.stdin, sys.stdout, sys.stderr)],
    "leads": os.getsid(0) == os.getpid(),
    "signals": [str(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGCHLD)],
}))
"""


def both(*arguments: str, **options: Any) -> list[subprocess.CompletedProcess[str]]:
    command = [sys.executable, *arguments]
    return [
        start(command, capture_output=True, text=True, **options)
        for start in (subprocess.run, warm.run)
    ]


@pytest.mark.parametrize("warned", [(), ("-W", "error", "-W", "ignore::UserWarning")])
@pytest.mark.parametrize("encoding", [{}, {"PYTHONIOENCODING": "cp932:replace"}])
def test_it_is_told_the_same(tmp_path: Path, warned: tuple[str, ...], encoding: Any) -> None:
    environment = {**os.environ, **encoding, "VARIABLE": "ü", "PYTHONPATH": str(tmp_path)}
    environment.pop("HOME", None)
    options = {"cwd": tmp_path, "env": environment, "input": "word", "start_new_session": True}
    real, forked = both(*warned, "-c", TOLD, "a", "-b", **options)
    assert real.stderr == forked.stderr == ""
    told, again = json.loads(real.stdout), json.loads(forked.stdout)
    assert told == again


def test_a_script_is_told_the_same(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(TOLD)
    real, forked = both(str(tmp_path / "one.py"), "a", input="")
    assert json.loads(real.stdout) == json.loads(forked.stdout)


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "import sys; sys.exit(7)",
        "import sys; sys.exit('why')",
        "import os; os._exit(9)",
        "import os; os.kill(os.getpid(), 9)",
        "import atexit; atexit.register(print, 'late')",
        "import threading; threading.Timer(0.1, print, ['later']).start()",
    ],
)
def test_it_ends_the_same(code: str) -> None:
    real, forked = both("-c", code)
    ends = [(done.returncode, done.stdout, done.stderr) for done in (real, forked)]
    assert ends[0] == ends[1]


def test_an_error_is_told_and_the_status_is_1() -> None:
    real, forked = both("-c", "print(1); 1 / 0")
    assert (real.returncode, real.stdout) == (forked.returncode, forked.stdout) == (1, "1\n")
    assert real.stderr.splitlines()[-1] == forked.stderr.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_end_it(number: signal.Signals) -> None:
    code = "import time; print('here', flush=True); time.sleep(600)"
    with warm.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        os.killpg(process.pid, number)
        stderr = process.communicate()[1]
    assert process.returncode == -number
    assert stderr.endswith(b"KeyboardInterrupt\n") == (number == signal.SIGINT)


def test_one_that_nobody_waits_for_disturbs_no_other() -> None:
    for _ in range(3):
        process = warm.Popen([sys.executable, "-c", "pass"])
        os.close(process._status)
        process._status = None
        process.returncode = 0
    assert warm.run([sys.executable, "-c", "pass"]).returncode == 0


def test_nothing_is_left_of_one_in_the_next() -> None:
    spoil = "import os, tszoo.errors, warnings; tszoo.errors.spoilt = os.environ['SPOILT'] = 'x'"
    look = "import os, tszoo.errors; print(hasattr(tszoo.errors, 'spoilt'), 'SPOILT' in os.environ)"
    warm.run([sys.executable, "-c", spoil], check=True)
    done = warm.run([sys.executable, "-c", look], capture_output=True, text=True)
    assert done.stdout == "False False\n"


def test_a_pipe_ends_with_the_process_that_holds_it() -> None:
    """No other process that is forked meanwhile holds it open."""
    code = "import time; print('here', flush=True); time.sleep(600)"
    first = warm.Popen([sys.executable, "-c", "input()"], stdin=-1, stdout=-1)
    with first, warm.Popen([sys.executable, "-c", code], stdout=-1) as second:
        assert second.stdout is not None
        second.stdout.readline()
        assert first.communicate(b"\n", timeout=120) == (b"", None)
        second.kill()


def test_what_the_compiler_leaves_behind_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/nowhere")
    asked = [sys.executable, "-c", "import os; print(os.getppid())"]
    assert int(warm.run(asked, capture_output=True, text=True).stdout) != os.getpid()


def test_what_must_be_read_when_python_starts_starts_python() -> None:
    hashed = "import os; print(os.getppid())"
    options = {"capture_output": True, "text": True, "env": {**os.environ, "PYTHONHASHSEED": "7"}}
    started = warm.run([sys.executable, "-c", hashed], **options)
    assert int(started.stdout) == os.getpid()
    del options["env"]
    forked = warm.run([sys.executable, "-c", hashed], **options)
    assert int(forked.stdout) != os.getpid()
