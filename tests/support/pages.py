"""What the project's pages say: their blocks of code, commands, options, links."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from tests.support.places import ROOT
from tszoo.cli import app

README = ROOT / "README.md"
GUIDE = ROOT / "CONTRIBUTING.md"
DOCS = ROOT / "docs"
PAGES = (README, GUIDE, *sorted(DOCS.glob("*.md")))

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", flags=re.DOTALL | re.MULTILINE)
_NOT_RUN = re.compile(r"^<!-- not run:[^>]*-->\n```\w*\n.*?^```$", flags=re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_GROUPS = ("datasets",)  # commands that have commands


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path) -> list[tuple[str, str]]:
    """Every block of code, with the language that it names, ``""`` for none."""
    return [(language, text) for _, language, text in _BLOCK.findall(read(path))]


def run_blocks(path: Path) -> list[tuple[str, str]]:
    """The same without the blocks that a comment ``<!-- not run: WHY -->`` stands before."""
    text = _NOT_RUN.sub("", read(path))
    return [(language, block) for _, language, block in _BLOCK.findall(text)]


def python_blocks(path: Path) -> list[str]:
    return [text for language, text in blocks(path) if language == "python"]


def prose(path: Path) -> str:
    """The page without its blocks of code."""
    return _BLOCK.sub("", read(path))


def spans(path: Path) -> list[str]:
    """What stands between backticks in the prose, each on one line."""
    return [" ".join(span.split()) for span in _SPAN.findall(prose(path))]


def block_commands(path: Path) -> list[list[str]]:
    """The words of every ``tszoo …`` line in a block of code, behind ``$`` or not."""
    lines = [line.strip() for _, text in blocks(path) for line in text.splitlines()]
    return _commands(line.removeprefix("$ ") for line in lines)


def span_commands(path: Path) -> list[list[str]]:
    """The words of every ``tszoo …`` that stands between backticks."""
    return _commands(spans(path))


def span_options(path: Path) -> set[str]:
    """The options that stand between backticks without their command."""
    alone = [span for span in spans(path) if span.startswith("--")]
    return {option for span in alone for option in _OPTION.findall(span)}


def options_of(words: list[str]) -> set[str]:
    """The options that a command's words name."""
    return {option for word in words for option in _OPTION.findall(word)}


def command_name(words: list[str]) -> tuple[str, ...]:
    """``("datasets", "fetch")`` of ``tszoo datasets fetch GunPoint``, ``()`` of an option alone."""
    names = tuple(word for word in words[1:3] if not word.startswith("-"))
    if names and names[0] in _GROUPS:
        return names
    return names[:1]


@cache
def known_options(name: tuple[str, ...]) -> frozenset[str]:
    """The options that a command's help names; an AssertionError if there is no such command."""
    result = CliRunner().invoke(app, [*name, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, (name, result.output)
    return frozenset(_OPTION.findall(result.output))


def _commands(lines) -> list[list[str]]:
    return [shlex.split(line, comments=True) for line in lines if line.startswith("tszoo ")]
