"""A model's card as part of a page."""

from __future__ import annotations

import re

from tszoo.models.card.page import card
from tszoo.models.model import Model

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TITLE = re.compile(r"\A\s*# [^\n]*\n")
_SEAL = re.compile(r"<!--[^>]*-->\s*\Z")


def card_html(model: Model) -> str:
    """Return the card as HTML, without its title; HTML and pictures in it mean nothing."""
    return markdown_html(card(model.config, model.prototypes, model.config.name))


def markdown_html(text: str) -> str:
    """Return the text of a card's file as HTML, as ``card_html`` does."""
    from markdown_it import MarkdownIt

    for part in (_FRONT, _TITLE, _SEAL):
        text = part.sub("", text)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"  # below the page's own headings
    return str(markdown.renderer.render(tokens, markdown.options, {}))
