"""Markdown on a terminal: somebody else's text may look as it likes, but not rule the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.segment import Segment


# a card has a few thousand; reading Markdown that was made to be slow takes seconds for every
# hundred thousand
MOST_CHARACTERS = 1 << 15


def print_markdown(text: str) -> None:
    """Print Markdown.

    Of its characters none that controls a terminal, and no link that hides where it leads.

    A text of more than ``MOST_CHARACTERS`` is cut.
    """
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.segment import Segments

    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    console = Console()
    console.print(Segments(_harmless(console.render(Markdown(text, hyperlinks=False)))), end="")


def _harmless(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Replace what does not print once all is rendered.

    Characters may also be written as entities.
    """
    from rich.segment import Segment

    for text, style, control in segments:
        if control is None:
            shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
            yield Segment(shown, None if style is None else style.update_link(None))
