"""Pictures for cards, where figures can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tszoo.errors import MissingExtraError

if TYPE_CHECKING:
    from tszoo.models.model import Model


def picture_of(model: Model) -> bytes | None:
    """Draw a model's prototypes; None without any, or without matplotlib.

    A model is whole without its picture.
    """
    if not model.prototypes.series:
        return None
    from tszoo.figures.prototypes import draw_prototypes

    try:
        return draw_prototypes(model.prototypes, model.config.name)
    except MissingExtraError:
        return None
