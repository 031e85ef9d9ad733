"""The map of the zoo, drawn once a server."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import DataError
from tszoo.serving.page.desk import Desk
from tszoo.serving.page.pictures import write_svg

if TYPE_CHECKING:
    from tszoo.similarity.prototypes import Prototypes
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo

_DRAWING = threading.Lock()
FEWEST = 3
# so that the map is there in seconds, whatever the longest series of the zoo
POINTS = 64


def map_of(desk: Desk) -> Path:
    """Return the file with the map of a desk's zoo; DataError if too few data sets can be compared.

    Data sets of one channel are shown, each once, that have prototypes; they are compared
    at 64 points each.
    """
    path = desk.folder / "map.svg"
    with _DRAWING:  # it takes seconds: whoever comes second waits for it
        if not path.exists():
            _draw(desk, path)
    return path


def _draw(desk: Desk, path: Path) -> None:
    from tszoo.figures.zoo_map import plot_map
    from tszoo.similarity.comparison import Comparison
    from tszoo.similarity.distance import distance_matrix
    from tszoo.zoo.find import open_zoo
    from tszoo.zoo.order import UNKNOWN, kind_of

    shown = _shown(open_zoo(desk.zoo))
    if len(shown) < FEWEST:
        msg = f"The zoo has {len(shown)} data set(s) that can be compared, too few for a map."
        raise DataError(msg)
    matrix = distance_matrix(list(shown.values()), comparison=Comparison(length=POINTS))
    kinds = [kind_of(entry) for entry in shown]
    known = [None if kind == UNKNOWN else kind for kind in kinds]
    names = [entry.dataset for entry in shown]
    write_svg(path, lambda place: plot_map(names, matrix, place, kinds=known))


def _shown(catalogue: Zoo) -> dict[CatalogueEntry, Prototypes]:
    """Choose one model of each data set of one channel, of those that have prototypes."""
    entries: dict[str, CatalogueEntry] = {}
    for entry in catalogue.models:
        if entry.n_channels == 1 and not entry.parts and not entry.is_universal:
            entries[entry.sha256] = entry
    found = {entry: catalogue.prototypes(entry.name) for entry in entries.values()}
    return {entry: prototypes for entry, prototypes in found.items() if prototypes.series}
