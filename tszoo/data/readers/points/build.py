"""Make series of the points that were gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tszoo.data.classes import Label
from tszoo.data.narrow import narrow
from tszoo.data.readers.numbers import shorten
from tszoo.data.readers.points.clock import Clock, spell_time
from tszoo.data.readers.points.gather import Gatherer
from tszoo.data.readers.points.recordings import Recording, in_order, recordings, refuse_midnight
from tszoo.data.readers.points.resample import Evened, even_out
from tszoo.data.readers.points.windows import Cut
from tszoo.data.readers.raw import RawSeries
from tszoo.data.readers.table.layout import Layout
from tszoo.data.spellings import is_no_label
from tszoo.errors import DataError

# A gap of so many points is told: more of what lies in it is made up than measured.
_WIDE_GAP = 10


@dataclass(frozen=True, eq=False)
class PointTable:
    """Say of a table of points what making series of it needs.

    Attributes
    ----------
    file : str
        For errors.
    layout : Layout
    cut : Cut
    typed : bool
        Whether labels have types of their own, and are not text from a file.
    """

    file: str
    layout: Layout
    cut: Cut
    typed: bool = False

    def gatherer(self) -> Gatherer:
        """Return what gathers the table's rows."""
        return Gatherer(may_change=self.cut.window is not None)

    def series(self, gatherer: Gatherer, clock: Clock) -> RawSeries:
        """Make series of all rows: in order, at even times, cut into windows.

        Raises
        ------
        DataError
            If there is no row, a time occurs twice, recordings have gaps or one point each, or all
            are shorter than a window.
        """
        rows = gatherer.rows()
        if rows is None:
            msg = f"{self.file}: no series below the header."
            raise DataError(msg)
        if clock.is_daily:
            refuse_midnight(rows, gatherer.ids.names, self.file)
        rows = in_order(rows, gatherer.ids.names, self.file)
        labelled, n_unlabelled = self._labelled(list(recordings(rows)), gatherer.labels.names)
        evened = even_out(labelled, self.cut.step, lambda r: self._place(r, gatherer.ids.names))
        pieces = [piece for whole in evened.recordings for piece in self.cut.windows(whole)]
        if not pieces:
            longest = max(map(len, evened.recordings), default=0)
            msg = (
                f"{self.file}: window={self.cut.window}, and the longest stretch of one label has "
                f"{longest} points. Take a smaller window; a model that has learnt windows of "
                f"{self.cut.window} points needs longer recordings."
            )
            raise DataError(msg)
        if len(pieces) > 1 and max(map(len, pieces)) == 1:
            msg = (
                f"{self.file}: each of {len(pieces)} ids has one line, so series would have one "
                "point. Pass another id_column=..., or cut one recording with window=..."
            )
            raise DataError(msg)
        raw = self._raw(pieces, gatherer, clock)
        told = [*self._told(evened, n_unlabelled), *self._told_groups(raw), _size(pieces)]
        reading = replace(
            self.layout.reading(),
            window=self.cut.window,
            stride=self.cut.stride,
            step=evened.step,
        )
        return replace(raw, read_as="; ".join(told), reading=reading)

    def _place(self, recording: Recording, ids: Sequence[object]) -> str:
        """Name a recording in an error."""
        if not ids:
            return f"{self.file}, the recording"
        return f"{self.file}, series {shorten(str(ids[recording.id]))}"

    def _labelled(
        self, stretches: list[Recording], labels: Sequence[Label]
    ) -> tuple[list[Recording], int]:
        """Leave stretches without a label out, where windows are cut, and count their points."""
        if self.cut.window is None or self.layout.label_at is None:
            return stretches, 0
        missing = {code for code, label in enumerate(labels) if is_no_label(label)}
        kept = [stretch for stretch in stretches if stretch.label not in missing]
        return kept, sum(map(len, stretches)) - sum(map(len, kept))

    def _told(self, evened: Evened, n_unlabelled: int) -> list[str]:
        """Say in a few words each what was done to the points."""
        told = [self.layout.describe()]
        if evened.n_resampled and evened.step is not None:
            told.append(
                f"uneven times: {evened.n_resampled} of {len(evened.recordings)} resampled to one "
                f"point every {evened.step:.6g}{_told_gap(evened.widest)}"
            )
        if n_unlabelled:
            told.append(f"{n_unlabelled} points without a label left out")
        if self.cut.window is None:
            return told
        stride = self.cut.stride or self.cut.window
        told.append(f"windows of {self.cut.window} points, every {stride}")
        n_short = sum(len(whole) < self.cut.window for whole in evened.recordings)
        if n_short:
            told.append(f"{n_short} shorter stretches left out")
        return told

    def _told_groups(self, raw: RawSeries) -> list[str]:
        """Say what windows have in common, where nobody said it."""
        if self.cut.window is None or raw.ids is None or self.layout.group_at is not None:
            return []
        if raw.groups is not None:
            return [f"groups: the {len(set(raw.groups))} ids"]
        if raw.labels is None:
            return []
        return ["no groups, for each class comes from one id: left-out figures flatter"]

    def _raw(self, pieces: list[Recording], gatherer: Gatherer, clock: Clock) -> RawSeries:
        """Put names to series, and narrow their values."""
        layout = self.layout
        labels: list[Label] | None = None
        if layout.label_at is not None:
            labels = [gatherer.labels.names[piece.label] for piece in pieces]
        names = None
        if layout.id_at is not None:
            names = [str(gatherer.ids.names[piece.id]) for piece in pieces]
        groups = self._groups(names, labels)
        if layout.group_at is not None:
            groups = [str(gatherer.groups.names[piece.group]) for piece in pieces]
        spans = None
        if self.cut.window is not None:
            spans = [_span(piece, is_dated=bool(clock.is_dated)) for piece in pieces]
        return RawSeries(
            self._narrowed(pieces, gatherer.ids.names),
            labels,
            padded=False,
            typed=self.typed,
            ids=names,
            groups=groups,
            spans=spans,
        )

    def _groups(self, ids: list[str] | None, labels: list[Label] | None) -> list[str] | None:
        """Take the ids of windows for their groups, if that leaves something to learn from."""
        if self.cut.window is None or ids is None or not _tells(ids, labels):
            return None
        return ids

    def _narrowed(
        self, pieces: list[Recording], ids: Sequence[object]
    ) -> NDArray[np.float32] | list[NDArray[np.float32]]:
        """Return series as 32-bit numbers: one array, or a list where they differ in length."""

        def place(i: int, channel: int) -> str:
            return f"{self._place(pieces[i], ids)}, channel {channel + 1}"

        if len({len(piece) for piece in pieces}) == 1:
            block = np.stack([piece.values.T for piece in pieces])
            return narrow(block, lambda at: place(*at))
        return [
            narrow(piece.values.T, lambda at, i=i: place(i, *at))  # type: ignore[misc]
            for i, piece in enumerate(pieces)
        ]


def _tells(groups: list[str], labels: list[Label] | None) -> bool:
    """Tell whether leaving a group out leaves something to learn its class from."""
    if labels is None:
        return False
    return len(set(zip(labels, groups, strict=True))) > len(set(labels))


def _span(piece: Recording, *, is_dated: bool) -> tuple[str, str]:
    """Say when a window starts and ends: by its times, or by its points, counted from 0."""
    if piece.times is None:
        return str(piece.first), str(piece.first + len(piece) - 1)
    first, last = float(piece.times[0]), float(piece.times[-1])
    return spell_time(first, is_dated=is_dated), spell_time(last, is_dated=is_dated)


def _size(pieces: list[Recording]) -> str:
    """Say how many series came of the rows, and of what size."""
    lengths = [len(piece) for piece in pieces]
    points = f"{min(lengths)}"
    if min(lengths) != max(lengths):
        points = f"{min(lengths)} to {max(lengths)}"
    return f"{len(pieces)} series of {points} points"


def _told_gap(widest: float) -> str:
    """Say that a gap is bridged, if it is wider than uneven times are."""
    if widest < _WIDE_GAP:
        return ""
    return f", across gaps of up to {widest:.0f} points, where values are interpolated"
