"""Every Python that can be had, and the wheel installed on each that PyTorch's CPU build is for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from release_run import Release, run, running_python

PYENV = Path.home() / ".pyenv" / "versions"


def supported(pyproject: str) -> list[str]:
    """Return the Pythons that the package says it is for: ``["3.10", …]``."""
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)


def candidates(version: str) -> Iterator[Path]:
    """Yield where an interpreter of a version may be: this one, on the path, of pyenv."""
    if version == running_python():
        yield Path(sys.executable)
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    yield from sorted(PYENV.glob(f"{version}.*/bin/python{version}"), reverse=True)


def find_python(version: str) -> Path | None:
    """Return an interpreter that runs and is of this version."""
    shown = "import sys; print('%d.%d' % sys.version_info[:2])"
    for path in candidates(version):
        words = [str(path), "-c", shown]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return path
    return None


def needs_cuda(report: dict[str, object]) -> bool:
    """Say whether the PyTorch that pip has found brings CUDA's libraries, gigabytes of them."""
    [found] = report["install"]
    needed = [Requirement(text) for text in found["metadata"].get("requires_dist", [])]
    used = [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return any(name.startswith(("nvidia-", "cuda-")) for name in used)


def install_everywhere(release: Release, log: Path) -> str:
    """Install the wheel on every Python that is found; return what became of each."""
    pyproject = (release.clone / "pyproject.toml").read_text(encoding="utf-8")
    return "; ".join(
        f"{version} {install_on(version, release, log)}" for version in supported(pyproject)
    )


def install_on(version: str, release: Release, log: Path) -> str:
    """Install the wheel into a new environment of a Python, and see that it answers there."""
    python = find_python(version)
    if python is None:
        return "not found"
    environment = release.environment(version)
    shutil.rmtree(environment, ignore_errors=True)
    run(log, python, "-m", "venv", "--without-pip", environment, cwd=release.folder)
    pip = pip_of(environment, release)
    if find_torch_needs_cuda(pip, release, log):
        compiled_alone(pip, environment, release, log)
        return "skipped, PyTorch is to be had with CUDA only (the wheel alone: compiles)"
    run(log, *pip, release.wheel, cwd=release.folder)
    inside = environment / "bin"
    answer = run(log, inside / "tszoo", "--version", cwd=release.folder).strip()
    listed = json.loads(run(log, inside / "tszoo", "list", "--json", cwd=release.folder))
    return f"installed ({answer}, lists {len(listed['models'])} models)"


def pip_of(environment: Path, release: Release) -> list[str | Path]:
    """Return the words that install into an environment without putting pip into it."""
    words = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python"]
    words += ["install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    return [*words, "-c", release.clone / "constraints.txt"]


def find_torch_needs_cuda(pip: list[str | Path], release: Release, log: Path) -> bool:
    """Ask pip, without installing anything, which PyTorch it would take."""
    report = release.folder / "torch.json"
    asked = ("--dry-run", "--no-deps", "--ignore-installed", "--report", report, "torch")
    run(log, *pip, *asked, cwd=release.folder)
    return needs_cuda(json.loads(report.read_text(encoding="utf-8")))


def compiled_alone(pip: list[str | Path], environment: Path, release: Release, log: Path) -> None:
    """Install the wheel without what it needs, and compile every file of it."""
    run(log, *pip, "--no-deps", release.wheel, cwd=release.folder)
    python = environment / "bin" / "python"
    [package] = environment.glob("lib/*/site-packages/tszoo")
    run(log, python, "-m", "compileall", "-q", package, cwd=release.folder)
