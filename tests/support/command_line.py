"""The command line, as people run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from tests.support import warm
from tests.support.toys import make_toy
from tszoo.cli import app


def run(*arguments, status=0, env=None):
    result = CliRunner().invoke(
        app, [str(a) for a in arguments], env={"TSZOO_ARCHIVE": "", "TSZOO_ZOO": "", **(env or {})}
    )
    assert result.exit_code == status, result.output + str(result.exception)
    return result


def process(*arguments, start=warm.run, **options):
    return start(
        [sys.executable, "-W", "error", "-m", "tszoo", *map(str, arguments)],
        capture_output=True,
        text=True,
        **options,
    )


def fresh_process(*arguments):
    """As `process`, of a Python that has loaded nothing: for one test of each kind of command."""
    return process(*arguments, start=subprocess.run)


def write_folder(folder: Path, name="Mine", seed=3, test_seed=4, header=False) -> Path:
    folder.mkdir(parents=True)
    for split, number in (("TRAIN", seed), ("TEST", test_seed)):
        toy = make_toy(seed=number)
        lines = ["label," + ",".join(f"t{t}" for t in range(toy.length))] if header else []
        lines += [
            f"{toy.classes[label]}," + ",".join(f"{value:.6g}" for value in series[0])
            for series, label in zip(toy.series, toy.labels, strict=True)
        ]
        (folder / f"{name}_{split}.csv").write_text("\n".join(lines) + "\n")
    return folder
