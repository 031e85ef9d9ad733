"""The page on the papers' figures leaves no cell open, and its sweeps can be had."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.command_line import run, write_folder
from tszoo.study.presets import PRESETS

PAGE = pages.DOCS / "papers.md"
COLUMNS = 5
SWEEPS = [
    words
    for words in pages.block_commands(PAGE) + pages.span_commands(PAGE)
    if words[1] == "sweep" and "--out" in words
]
DRY = ("--dry-run", "--json")


def rows() -> list[list[str]]:
    """The cells of every row of the page's tables, without heads and rules."""
    lines = [line for line in pages.read(PAGE).splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [row for row in cells if not row[0].startswith("what it ")]


def without(options: list[str], *names: str) -> list[str]:
    """Options less those of these names and their values."""
    gone = {k for k, word in enumerate(options) if word in names}
    return [word for k, word in enumerate(options) if not {k, k - 1} & gone]


def test_every_row_has_a_command_and_says_what_came_out() -> None:
    found = rows()
    assert len(found) > 50
    for row in found:
        assert len(row) == COLUMNS, row
        assert row[1].startswith(("`tszoo ", "the ", "above")), row
        assert row[3], row


def test_every_picture_of_the_page_is_on_it() -> None:
    shown = set(re.findall(r"\((papers/[\w.-]+\.png)\)", pages.read(PAGE)))
    assert shown == {f"papers/{path.name}" for path in (pages.DOCS / "papers").iterdir()}


def test_every_preset_is_on_the_page() -> None:
    named = {words[words.index("--preset") + 1] for words in SWEEPS if "--preset" in words}
    assert named == set(PRESETS)


@pytest.mark.parametrize("words", SWEEPS, ids=lambda words: words[words.index("--out") + 1])
def test_sweeps_can_be_planned(tmp_path: Path, words: list[str]) -> None:
    """With other data, and short of training: keys, values and presets are those of the page."""
    data = write_folder(tmp_path / "Mine")
    options = words[next(k for k, word in enumerate(words) if word.startswith("--")) :]
    options[options.index("--out") + 1] = str(tmp_path / "out")
    result = run("sweep", data, *without(options, "--archive", "--engine", "--best"), *DRY)
    assert json.loads(result.stdout)
