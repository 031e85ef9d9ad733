"""Every block of ``bash`` and ``python`` on a page runs, in the page's order and in one process.

A block behind a comment ``<!-- not run: WHY -->`` is left out: it needs minutes, a GPU or an
account. Blocks without a language show output. What is not run has its commands and options looked
up by ``test_docs.py``, as every block has.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from typer.testing import CliRunner

from tests.support import pages
from tests.support.tiny import make_model
from tszoo.cli import app
from tszoo.data import load_dataset

# run by tests of their own, with what they need
ELSEWHERE = {
    "CONTRIBUTING.md",
    "README.md",
    "export.md",
    "hub.md",
    "python.md",
    "pytorch.md",
    "sweep.md",
}
# what takes most of a minute on a slow processor
SLOW = {
    "data.md",
    "finetune.md",
    "gpu.md",
    "negative-transfer.md",
    "own-zoo.md",
    "recommend.md",
    "runs.md",
    "shapes.md",
    "sklearn.md",
    "start.md",
    "transfer-matrix.md",
    "tsai.md",
}
REAL = "UCRArchive_2018"


def runnable(path: Path) -> list[tuple[str, str]]:
    return [block for block in pages.run_blocks(path) if block[0] in ("bash", "python")]


def marked(path: Path) -> Any:
    marks = [pytest.mark.slow, pytest.mark.timeout(900)] if path.name in SLOW else []
    return pytest.param(path, id=path.name, marks=marks)


PAGES = [path for path in pages.PAGES if path.name not in ELSEWHERE and runnable(path)]


def run_commands(text: str) -> None:
    """Run the lines of a block of bash: commands of tszoo, and nothing else."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        assert words[0] == "tszoo", line
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == 0, (line, result.output)


@pytest.mark.usefixtures("quick_recipes", "other_files")
@pytest.mark.parametrize("path", [marked(path) for path in PAGES])
def test_the_page_runs(path: Path, request: pytest.FixtureRequest) -> None:
    blocks = runnable(path)
    if any(REAL in text for _, text in blocks):
        Path(REAL).symlink_to(request.getfixturevalue("archive").resolve())
    if not any("--out my-model" in text for _, text in blocks):
        target = load_dataset("my.csv")  # a page that makes no model speaks of one
        make_model(target, reading=target.reading).save("my-model")
    mpl.use("agg")
    names: dict[str, Any] = {}
    for language, text in blocks:
        if language == "bash":
            run_commands(text)
        else:
            exec(compile(text, path.name, "exec"), names)


def test_every_block_names_a_language_that_is_known() -> None:
    known = {"", "bash", "python", "text", "toml", "bibtex", "json"}
    known |= {"html", "ini", "js", "nginx", "sh"}
    found = {language for path in pages.PAGES for language, _ in pages.blocks(path)}
    assert found <= known


def test_a_block_that_is_not_run_says_why() -> None:
    for path in pages.PAGES:
        for reason in re.findall(r"^<!-- not run(.*?)-->$", pages.read(path), re.MULTILINE):
            assert re.fullmatch(r": [a-z][^:]{8,}", reason.rstrip()), (path.name, reason)
