"""Read the .ts format of sktime and aeon: @ lines, channels between colons, the label last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.collect import SameLength, stack_channels
from tszoo.data.readers.lines import read_blocks
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions
from tszoo.errors import DataError


def read_ts(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read a ``.ts`` file part by part: series of one or more channels, with labels or without.

    ``?`` is a missing value. Rows may differ in length if the header says ``@equalLength false``,
    or if ``options`` allow it. Labels must be among those that ``@classLabel`` declares.

    Raises
    ------
    DataError
        If the header is not one, has time stamps or a regression target, or a row does not fit it.
    """
    file = _TsFile(path.name, options)
    for first, lines in read_blocks(path, options.encoding):
        part = file.add(first, lines)
        if part is not None:
            yield part
    file.finish()


@dataclass
class _TsFile:
    """Keep a .ts file as far as it has been read; ``tags`` has the header's, in lower case."""

    file: str
    options: ReadOptions
    tags: dict[str, str] = field(default_factory=dict)
    in_data: bool = False
    started: bool = False
    n_channels: int = 0
    lengths: SameLength = field(default_factory=lambda: SameLength(ragged=False))

    def add(self, first: int, lines: list[str]) -> RawSeries | None:
        """Read the next lines, the first of them standing on line ``first`` of the file."""
        numbered = [(first + i, line) for i, line in enumerate(lines) if line.strip()]
        self.started = self.started or bool(numbered)
        while numbered and not self.in_data:
            self._read_tag(*numbered.pop(0))
        if not numbered:
            return None
        return self._read_series([number for number, _ in numbered], [line for _, line in numbered])

    def finish(self) -> None:
        """Raise DataError if there was nothing to read."""
        if not self.started:
            msg = f"{self.file}: the file is empty."
            raise DataError(msg)
        if not self.in_data:
            msg = f"{self.file}: no @data line, so this is not a .ts file."
            raise DataError(msg)
        if self.lengths.length is None:
            msg = f"{self.file}: no series below @data."
            raise DataError(msg)

    def _read_tag(self, number: int, line: str) -> None:
        line = line.strip()
        if line.startswith(("#", "%")):
            return
        if not line.startswith("@"):
            msg = (
                f"{self.file}, line {number}: {shorten(line)} before @data, expected a line that "
                "starts with @ or #."
            )
            raise DataError(msg)
        tag, _, value = " ".join(line[1:].split()).partition(" ")
        if tag.lower() == "data":
            self._start_data()
        else:
            self.tags[tag.lower()] = value

    def _start_data(self) -> None:
        self.in_data = True
        if self._flag("timestamps"):
            msg = (
                f"{self.file}: @timeStamps is true; series with time stamps are not read, only "
                "evenly spaced values."
            )
            raise DataError(msg)
        if self._flag("targetlabel"):
            msg = (
                f"{self.file}: @targetLabel is true, a regression target; expected class labels "
                "(@classLabel true …)."
            )
            raise DataError(msg)
        flag, _, declared = self.tags.get("classlabel", "true").partition(" ")
        if flag.lower() not in ("true", "false"):
            msg = (
                f"{self.file}: @classLabel is {shorten(flag)}, expected true and the classes, or "
                "false."
            )
            raise DataError(msg)
        self.labelled = flag.lower() == "true"
        self.declared = {_canonical(label) for label in declared.split()}
        self.lengths.ragged = bool(self.options.unequal) or self._flag("equallength") is False

    def _flag(self, tag: str) -> bool | None:
        """Read a tag that is true or false; None if the header has none of that name."""
        text = self.tags.get(tag, "").strip().lower()
        if text in ("true", "false", ""):
            return {"true": True, "false": False, "": None}[text]
        msg = f"{self.file}: @{tag} is {shorten(text)}, expected true or false."
        raise DataError(msg)

    def _read_series(self, numbers: list[int], lines: list[str]) -> RawSeries:
        channels: list[str] = []
        labels: list[Label] = []
        for number, line in zip(numbers, lines, strict=True):
            parts = line.split(":")
            if self.labelled:
                labels.append(self._read_label(parts.pop().strip(), number))
            self.n_channels = self.n_channels or len(parts)
            if len(parts) != self.n_channels or not parts:
                msg = (
                    f"{self.file}, line {number}: {len(parts)} channels, the first series has "
                    f"{self.n_channels}."
                )
                raise DataError(msg)
            channels += parts
        parsed = parse_rows(channels, ",", lambda i, j: self._place(numbers, i, j))
        block = stack_channels(parsed, self.n_channels, lambda i: f"{self.file}, line {numbers[i]}")
        self.lengths.check(block, lambda i: f"{self.file}, line {numbers[i]}")
        raw = RawSeries(block, None)
        if self._flag("equallength"):
            # a promise that none differ in length leaves nothing to be padding
            raw = replace(raw, padded=False)
        if self.labelled and self.options.label_column != "none":
            raw = replace(raw, labels=labels)
        return raw

    def _read_label(self, label: str, number: int) -> str:
        if self.declared and _canonical(label) not in self.declared:
            msg = (
                f"{self.file}, line {number}: class {shorten(label)} is none of those that "
                "@classLabel declares."
            )
            raise DataError(msg)
        return label

    def _place(self, numbers: list[int], row: int, cell: int | None) -> str:
        """Name a row, or a cell of it, in an error."""
        where = f"{self.file}, line {numbers[row // self.n_channels]}"
        if self.n_channels > 1:
            where += f", channel {row % self.n_channels + 1}"
        if cell is not None:
            where += f", column {cell + 1}"
        return where


def _canonical(label: str) -> str | float:
    """Bring a number to one spelling, however written: files declare ``1`` and write ``1.0``."""
    try:
        number = float(label)
    except ValueError:
        return label
    if math.isnan(number):
        return label
    return number
