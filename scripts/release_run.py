"""Where a release is made, and how its commands are run: their output goes to files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release_files import versions
from release_gate import ROOT, clean_environment


class StepError(Exception):
    """A step has found something that must not be released; its text is one line."""


@dataclass(frozen=True)
class Release:
    """What is asked for, and where everything lies: build/release, which git ignores."""

    folder: Path = ROOT / "build" / "release"
    final: bool = False
    archive: Path | None = None

    @property
    def clone(self) -> Path:
        """The clean clone that the release is made of."""
        return self.folder / "clone"

    @property
    def version(self) -> str:
        """The version that the clone's package names."""
        return versions(self.clone)["tszoo/__init__.py"]

    @property
    def wheel(self) -> Path:
        """The wheel that was built."""
        return self.folder / "dist" / f"tszoo-{self.version}-py3-none-any.whl"

    @property
    def sdist(self) -> Path:
        """The source archive that was built."""
        return self.folder / "dist" / f"tszoo-{self.version}.tar.gz"

    @property
    def sbom(self) -> Path:
        """The bill of materials."""
        return self.folder / f"tszoo-{self.version}.cdx.json"

    def environment(self, python: str | None = None) -> Path:
        """Return the folder of the environment with the wheel, of ``3.11`` or the one that runs."""
        return self.folder / f"environment-{python or running_python()}"

    def tszoo(self) -> Path:
        """Return the command of the environment that the running Python has made."""
        return self.environment() / "bin" / "tszoo"


def running_python() -> str:
    """Return the Python that runs: ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def run(
    log: Path,
    *words: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command with nothing of this checkout in its environment; return its output.

    All that it prints is added to ``log``.

    Raises
    ------
    StepError
        If it fails: with its last line, and where the others are.
    """
    line = [str(word) for word in words]
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {' '.join(line)}\n")
    done = subprocess.run(
        line,
        cwd=cwd,
        env=clean_environment() | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with log.open("a", encoding="utf-8") as out:
        out.write(done.stdout + "\n")
    if done.returncode != 0:
        last = (done.stdout.strip() or "it printed nothing").splitlines()[-1]
        name = " ".join([Path(line[0]).name, *line[1:4]])
        raise StepError(f"{name} ended with status {done.returncode}: {last} (all of it: {log})")
    return done.stdout
