"""The card of a model: the README.md that people and the Hub read.

Everything on it comes from the config and the prototypes. A section without facts is left out, and
text that came from data (names, labels) is escaped, so that it can neither break the page nor pass
for part of it.
"""

from __future__ import annotations

from tszoo.models.card import sections, universal
from tszoo.models.card.citations import citations
from tszoo.models.card.frontmatter import front_matter
from tszoo.models.card.license import license_text
from tszoo.models.card.markdown import escaped, section
from tszoo.models.card.metadata import metadata
from tszoo.models.card.reference import title
from tszoo.models.card.results import results
from tszoo.models.card.seal import seal
from tszoo.models.card.training import training
from tszoo.models.card.usage import usage
from tszoo.models.config import ModelConfig
from tszoo.similarity.prototypes import Prototypes


def card(
    config: ModelConfig, prototypes: Prototypes, reference: str, *, picture: bool = False
) -> str:
    """Write a model's card.

    Hub metadata between ``---`` lines, then Markdown, and a seal as its last line.

    Parameters
    ----------
    config : ModelConfig
        Accuracies are shown as ``config.results`` has them; ``published`` stands beside them.
    prototypes : Prototypes
    reference : str
        What a reader passes to load the model: the folder's name, or ``hf://ORG/NAME``, with or
        without ``@REVISION``.
    picture : bool
        Whether the picture of the prototypes lies beside the card, which then shows it.

    Raises
    ------
    ModelError
        If an accuracy is no plain number from 0 to 1, or the architecture is unknown, naming it.
    """
    if config.is_universal:
        body = _universal_sections(config, reference)
    else:
        body = _sections(config, prototypes, reference, picture=picture)
    parts = [
        front_matter(metadata(config, reference)),
        f"# {escaped(title(config.name, reference))}",
        *body,
        section("License", license_text(config)),
        section("Citation", citations(config)),
    ]
    return seal("\n\n".join(filter(None, parts)))


def _sections(
    config: ModelConfig, prototypes: Prototypes, reference: str, *, picture: bool
) -> list[str]:
    """Write the sections of a model that predicts."""
    return [
        sections.summary(config),
        sections.picture(config, prototypes) if picture else "",
        section("Source", sections.source(config, prototypes)),
        section("Training", training(config)),
        section("Results", results(config)),
        section("Intended use and limits", sections.limits(config)),
        section("How to use it", usage(config, reference)),
    ]


def _universal_sections(config: ModelConfig, reference: str) -> list[str]:
    """Write the sections of a universal body."""
    return [
        universal.summary(config),
        section("What it has seen", universal.source(config)),
        section("Training", training(config)),
        section("Results", universal.results(config)),
        section("Intended use and limits", universal.limits(config)),
        section("How to use it", universal.usage(reference)),
    ]
