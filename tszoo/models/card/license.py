"""The section of a card on what its licence covers, and what it does not."""

from __future__ import annotations

from tszoo.models.card.markdown import escaped
from tszoo.models.card.metadata import known_facts
from tszoo.models.config import ModelConfig

SOURCES_PAGE = "docs/sources.md"


def license_text(config: ModelConfig) -> str:
    """Say what is under the config's licence; nothing where it has none."""
    if config.license is None:
        return ""
    text = (
        f"`{escaped(config.license)}` covers the weights, the config and this card. It does not "
        "cover the data that the model has learnt, of which prototypes are averages."
    )
    if any(known_facts(config)):
        text += (
            " Data sets of the UCR archive belong to those who recorded them. The archive asks to "
            f"be cited, and names no licence for its data; `{SOURCES_PAGE}` of tszoo says what is "
            "known of each set."
        )
    return text
