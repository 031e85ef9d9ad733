"""Shows the doctests of docstrings as code. To Markdown, ``>>>`` is a quotation in a quotation."""

from __future__ import annotations

from collections.abc import Iterator

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

BEFORE_FENCES = 30  # those of superfences have 25
FENCE = "```"


class FencedDoctests(Extension):
    """Puts every doctest that does not stand in a fence into one."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.preprocessors.register(_Fencing(md), "doctests", BEFORE_FENCES)


class _Fencing(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return list(fenced(lines))


def fenced(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with a fence around each doctest: as far as the next empty line."""
    in_fence = in_doctest = False
    for line in [*lines, ""]:
        if in_doctest and not line.strip():
            in_doctest = False
            yield FENCE
        if line.lstrip().startswith(FENCE):
            in_fence = not in_fence
        if line.startswith(">>> ") and not (in_fence or in_doctest):
            in_doctest = True
            yield FENCE + "pycon"
        yield line
