"""The image's parts, as far as they go without Docker."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
# instructions, with lines that go on in one piece
STEPS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()
    if line and not line.startswith("#")
]


def steps(kind: str) -> list[str]:
    return [rest for instruction, rest in STEPS if instruction == kind]


def copied() -> list[str]:
    return [source for step in steps("COPY") for source in step.split()[:-1]]


def test_what_is_copied_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert set(copied()) == let_in
    assert all((ROOT / source).exists() for source in copied())


def test_every_step_is_a_command_of_the_shell():
    for command in steps("RUN"):
        subprocess.run(["bash", "-n", "-c", command], check=True)
    for script in ("install.sh", "entrypoint.sh"):
        subprocess.run(["sh", "-n", str(ROOT / "docker" / script)], check=True)


def test_what_is_run_with_python_is_there():
    (warmup,) = [step for step in steps("RUN") if step.startswith("python ")]
    command = warmup.partition(" && ")[0].split()[1:]
    done = subprocess.run([sys.executable, *command, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Compile all kernels" in done.stdout


def test_the_package_can_be_built_from_what_is_copied(tmp_path):
    pytest.importorskip("hatchling.build")
    for source in copied():
        if (ROOT / source).is_file():
            (tmp_path / source).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, tmp_path / source)
    (tmp_path / "tszoo").mkdir()
    shutil.copy(ROOT / "tszoo" / "__init__.py", tmp_path / "tszoo")
    (tmp_path / "cards").mkdir()
    build = "import hatchling.build as b; print(b.prepare_metadata_for_build_wheel('.'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    folder = done.stdout.split()[-1]
    metadata = (tmp_path / folder / "METADATA").read_text(encoding="utf-8")
    assert metadata.startswith("Metadata-Version:")
    assert "Provides-Extra: serve" in metadata
    assert "License-File: LICENSE" in metadata
    assert "License-File: docs/sources.md" in metadata
    assert "\n# tszoo\n" in metadata


def told(folder: Path, *names: str) -> dict[str, str]:
    """Commands that print their names and arguments, as an environment that finds them first."""
    for name in names:
        path = folder / name
        path.write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
        path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def ran(script: str, *arguments: str, env: dict[str, str], status: int = 0) -> list[str]:
    command = ["sh", str(ROOT / "docker" / script), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("torch", ["cpu", "cu126"])
def test_the_build_of_torch_is_the_one_that_was_asked_for(tmp_path, torch):
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "bin").mkdir()
    env = told(tmp_path / "bin", "pip", "uv")
    lines = ran("install.sh", torch, str(source), env=env)
    assert [line.split()[0] for line in lines] == ["pip", "uv", "pip"]
    assert f"--torch-backend {torch} " in lines[1]
    assert lines[1].endswith(f"{source}[serve,tables]")
    assert not source.exists()
    assert steps("ARG") == ["TORCH=cpu"]


def as_user(folder: Path, number: int) -> dict[str, str]:
    """Let the container's user have that number."""
    env = told(folder, "python", "setpriv", "tszoo")
    (folder / "id").write_text(f"#!/bin/sh\necho {number}\n")
    (folder / "id").chmod(0o755)
    return env


def test_training_runs_as_who_started_it_and_all_else_as_a_user(tmp_path):
    to_user = "setpriv --reuid=tszoo --regid=tszoo --init-groups"
    root, module = as_user(tmp_path, 0), "python -m tszoo.serving.sagemaker"
    assert ran("entrypoint.sh", "train", env=root) == [f"{module} train"]
    assert ran("entrypoint.sh", "serve", env=root) == [f"{to_user} {module} serve"]
    assert ran("entrypoint.sh", "tszoo", "list", env=root) == [f"{to_user} tszoo list"]
    user = as_user(tmp_path, 1000)
    assert ran("entrypoint.sh", "serve", env=user) == [f"{module} serve"]
    assert ran("entrypoint.sh", "tszoo", "list", "a b", env=user) == ["tszoo list a b"]
    assert ran("entrypoint.sh", env=user, status=2) == []


def test_the_entry_point_is_in_exec_form():
    """A shell between would keep SIGTERM to itself."""
    (entry,) = steps("ENTRYPOINT")
    assert json.loads(entry) == ["sh", "/opt/tszoo/entrypoint.sh"]
