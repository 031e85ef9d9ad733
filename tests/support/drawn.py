"""Pictures of prototypes, each drawn once."""

from __future__ import annotations

from tszoo.figures.prototypes import draw_prototypes
from tszoo.similarity.prototypes import Prototypes

_DRAWN: dict[tuple[object, ...], bytes] = {}
_draw = draw_prototypes  # what tests may put in its place is not what is asked here


def drawn_once(prototypes: Prototypes, title: str) -> bytes:
    """As `draw_prototypes`, which gives the same bytes for the same prototypes and title."""
    values = tuple((series.shape, series.tobytes()) for series in prototypes.series)
    asked = (title, prototypes.classes, values)
    if asked not in _DRAWN:
        _DRAWN[asked] = _draw(prototypes, title)
    return _DRAWN[asked]
