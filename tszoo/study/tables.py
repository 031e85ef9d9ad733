"""The numbers of all figures of a sweep, as tables beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tszoo.storage.hub_names import own_slugs
from tszoo.study.by_value import write_by_dataset, write_lines, write_points
from tszoo.study.confusions import Counts
from tszoo.study.seconds import Taken, seconds_by_value
from tszoo.study.standings import standing_lines
from tszoo.study.study import Study


def write_tables(study: Study, folder: Path) -> None:
    """Write what a sweep came to as tables into a folder.

    ``accuracy.csv`` has what each value of a key came to on each data set, ``seconds.csv`` how long
    that took, and ``critical-difference.csv`` how the values do beside each other.
    ``validation_accuracy.csv`` and ``test_accuracy.csv`` have a line a data set and a column a
    combination; ``confusion-NAME.csv``, a file a data set, which classes were taken for which.

    Raises
    ------
    OptionError
        If one cannot be written.
    """
    write_points(folder / "accuracy.csv", study.points())
    write_by_dataset(folder, study.rows, study.names())
    taken = seconds_by_value(study.rows)
    if taken:
        write_lines(folder / "seconds.csv", [Taken._fields, *taken])
    found = study.standings()
    if found:
        write_lines(folder / "critical-difference.csv", standing_lines(found))
    for name, (matrices, classes) in confusions_of(study).items():
        write_lines(folder / f"confusion-{name}.csv", _confusion_lines(matrices, classes))


def confusions_of(study: Study) -> dict[str, tuple[Mapping[str, Counts], list[str]]]:
    """Return the confusions of each data set, and its classes, by a name that a file may have."""
    found = study.confusions()
    names = dict(zip(study.plan.names, own_slugs(study.plan.names), strict=True))
    return {
        names[some.train.name]: (found[some.train.name], list(map(str, some.train.classes)))
        for some in study.plan.sets
        if some.train.name in found
    }


def _confusion_lines(
    matrices: Mapping[str, Counts], classes: Sequence[str]
) -> list[Sequence[object]]:
    """List the pairs of classes that were seen, of each combination of values."""
    lines: list[Sequence[object]] = [("values", "true", "predicted", "count")]
    for values, counts in matrices.items():
        for true, predicted in np.argwhere(counts).tolist():
            lines.append((values, classes[true], classes[predicted], counts[true, predicted]))
    return lines
