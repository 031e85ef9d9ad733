"""Read results of classifiers from several files, with published ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tszoo.errors import DataError
from tszoo.evaluation.published import published_results
from tszoo.evaluation.result_files import Wanted, read_file
from tszoo.evaluation.results import Result, ResultTable, tabulate
from tszoo.text import listed


def read_results(
    paths: Sequence[str | Path], wanted: Wanted | None = None, published: str | None = None
) -> ResultTable:
    """Read the accuracies of several classifiers from CSV files.

    Parameters
    ----------
    paths : sequence of str or Path
        Wide tables and long ones; see ``result_files.read_file``.
    wanted : Wanted or None
        Which classifiers and data sets to keep; None for all.
    published : str or None
        ``"ucr"`` adds published accuracies on that archive; see ``published.published_results``.

    Raises
    ------
    DataError
        As ``read_file``, if there is nothing to compare (see ``results.tabulate``), or no result of
        a classifier that is wanted by name.
    OptionError
        If there are no published figures of that archive.
    """
    wanted = wanted or Wanted()
    results: list[Result] = []
    for path in paths:
        results += read_file(Path(path), wanted)
    if published is not None:
        known = {result.classifier for result in results}
        results += filter(wanted.has, published_results(published, known))
    found = {result.classifier for result in results}
    missing = [name for name in wanted.names if name not in found]
    if missing:
        msg = f"no results of {listed(missing, 3)}; a classifier is named as in the tables."
        raise DataError(msg)
    return tabulate(results)
