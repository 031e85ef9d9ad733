"""Which value of a key is better than which, over several data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tszoo.errors import DataError
from tszoo.evaluation.results import Result, ResultTable, tabulate
from tszoo.evaluation.standings import Standings, stand
from tszoo.study.by_value import Point
from tszoo.study.summary import NO_VALUE

HEADER = ("key", "value", "mean", "mean_rank", "wins", "ties", "losses")


def standings(points: Sequence[Point]) -> dict[str, Standings]:
    """Compare the values of each key by their accuracies on held-out series.

    Parameters
    ----------
    points : sequence of Point

    Returns
    -------
    dict of str to Standings
        By key. One is left out unless two data sets or more have all of its values, two or more.
    """
    found = {}
    for key in dict.fromkeys(point.key for point in points):
        table = _table([point for point in points if point.key == key])
        if table is not None and len(table.datasets) > 1:
            found[key] = stand(table)
    return found


def _table(points: Sequence[Point]) -> ResultTable | None:
    """Bring the accuracies of one key's values into a table; None where they cannot be compared."""
    try:
        return tabulate(Result(p.value or NO_VALUE, p.dataset, p.accuracy) for p in points)
    except DataError:
        return None


def standing_lines(found: Mapping[str, Standings]) -> list[Sequence[object]]:
    """Return standings as the lines of a table, a value a line, the best of each key first."""
    lines = [
        (key, s.classifier, s.mean, s.mean_rank, s.wins, s.ties, s.losses)
        for key, one in found.items()
        for s in one.classifiers
    ]
    return [HEADER, *lines]
