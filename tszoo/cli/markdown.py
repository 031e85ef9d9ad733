"""Markdown on a terminal: somebody else's text may look as it likes, but not control it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.segment import Segment


# A card has a few thousand. Markdown that was made to be slow takes seconds for every 100,000.
MOST_CHARACTERS = 1 << 15


def print_markdown(text: str) -> None:
    """Print Markdown that somebody else wrote.

    No character of it controls the terminal, and no link hides where it leads. A text of more than
    ``MOST_CHARACTERS`` is cut.
    """
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.segment import Segments

    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    console = Console()
    console.print(Segments(_harmless(console.render(Markdown(text, hyperlinks=False)))), end="")


def _harmless(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Replace characters that do not print.

    This happens after rendering, because characters may also be written as entities.
    """
    from rich.segment import Segment

    for text, style, control in segments:
        if control is None:
            shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
            yield Segment(shown, None if style is None else style.update_link(None))
