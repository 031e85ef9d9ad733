"""Define what every reader gets and gives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Label
from tszoo.data.readers.numbers import shorten
from tszoo.data.spellings import is_no_label, same_label
from tszoo.errors import DataError

Channels = NDArray[np.float32]

SAY_WHERE = (
    'Say where the labels are with label_column="last", a column number, a column name or "none".'
)


@dataclass(frozen=True)
class ReadOptions:
    """Hold what a caller may say about a file.

    Attributes
    ----------
    label_column : str or int
        ``"first"``, ``"last"``, ``"none"``, a column number counted from 1, or a name in the
        header. Formats that say themselves where the labels are know only ``"none"``, which leaves
        them out.
    unequal : bool or None
        True allows rows of different lengths; None and False refuse them.
    layout : str or None
        The order of an array's axes, see ``tszoo.data.layouts``; read by ``.npz`` alone.
    labels_wanted : bool
        Whether the labels will be looked at. Those that nobody looks at may be anything.
    split : str or None
        Of a file that holds both splits, the one that is wanted.
    """

    label_column: str | int = "first"
    unequal: bool | None = None
    layout: str | None = None
    labels_wanted: bool = True
    split: str | None = None

    @property
    def reads_labels(self) -> bool:
        """Whether a label has to be one."""
        return self.labels_wanted and self.label_column != "none"


@dataclass(frozen=True, eq=False)
class RawSeries:
    """Hold the numbers and labels of a file, or of a part of it, before they become a data set.

    Attributes
    ----------
    series : ndarray of float32 or list of ndarrays
        Shape (n_series, n_channels, length), or, where the series differ in length, a list of
        (n_channels, length) arrays. Missing values are NaN.
    labels : list or None
        The label of each series: text as written, or Python values where the format has types.
    padded : bool or None
        Whether NaNs at the end of a series are padding; None if the format does not say.
    typed : bool
        Whether the labels' types are the file's own, not text.
    """

    series: NDArray[np.float32] | Sequence[Channels]
    labels: list[Label] | None
    padded: bool | None = None
    typed: bool = False

    @property
    def has_gaps(self) -> bool:
        """Whether any value is NaN."""
        if isinstance(self.series, np.ndarray):
            return bool(np.isnan(self.series).any())
        return any(bool(np.isnan(channels).any()) for channels in self.series)


def check_class(label: str, declared: Collection[str | float], where: str, header: str) -> None:
    """Raise DataError unless a label is among those ``declared``, brought to one spelling.

    Where none is declared, any is right. ``where`` names the row, ``header`` what declares.
    """
    if not declared or same_label(label) in declared:
        return
    if is_no_label(label):
        msg = (
            f"{where}: no class ({label}). Give the series one, leave it out, or pass "
            'label_column="none" if no labels are needed.'
        )
        raise DataError(msg)
    msg = f"{where}: class {shorten(label)} is none of those that {header} declares."
    raise DataError(msg)
