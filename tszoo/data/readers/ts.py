"""Read the .ts format of sktime and aeon: @ lines, channels between colons, the label last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.collect import SameLength, stack_channels
from tszoo.data.readers.lines import read_blocks, require_text
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions, check_class
from tszoo.data.readers.stamps import Stamps
from tszoo.data.spellings import MISSING, same_label
from tszoo.errors import DataError


def read_ts(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    """Read a ``.ts`` file part by part: series of one or more channels, with labels or without.

    ``?`` is a missing value. Rows may differ in length if the header says ``@equalLength false``,
    or if ``options`` allow it. Labels must be among those that ``@classLabel`` declares, unless
    nobody reads them. Time stamps are left out where time runs evenly. A comma behind all values of
    every channel is passed over, and so are comments.

    Raises
    ------
    DataError
        If the header is not one or has a regression target, a row does not fit it, or time stamps
        do not run evenly.
    """
    file = _TsFile(path.name, options)
    for first, lines in read_blocks(path, options.encoding, checked=False):
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
    stamps: Stamps | None = None
    promised: int | None = None
    trailing: bool | None = None
    lengths: SameLength = field(default_factory=lambda: SameLength(ragged=False))

    def add(self, first: int, lines: list[str]) -> RawSeries | None:
        """Read the next lines, the first of them standing on line ``first`` of the file."""
        numbered = []
        for number, line in enumerate(lines, first):
            if line.strip() and not _is_comment(line):
                numbered.append((number, line))
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
        if not line.startswith("@"):
            msg = (
                f"{self.file}, line {number}: {shorten(line)} before @data, expected a line that "
                "starts with @ or #."
            )
            raise DataError(msg)
        tag, _, value = " ".join(line[1:].split()).partition(" ")
        if tag.lower() == "data":
            self._start_data()
            return
        if tag.lower() == "classlabel":
            require_text(line, f"{self.file}, line {number}")
        self.tags[tag.lower()] = value

    def _start_data(self) -> None:
        self.in_data = True
        if self._flag("timestamps"):
            self.stamps = Stamps()
        has_target = self._flag("targetlabel") is True
        if has_target and self.options.reads_labels:
            msg = (
                f"{self.file}: @targetLabel is true, a regression target; expected class labels "
                "(@classLabel true …)."
            )
            raise DataError(msg)
        # a header that speaks of targets alone, and has none, has no classes
        unsaid = "false" if self._flag("targetlabel") is False else "true"
        flag, _, declared = self.tags.get("classlabel", unsaid).partition(" ")
        if flag.lower() not in ("true", "false"):
            msg = (
                f"{self.file}: @classLabel is {shorten(flag)}, expected true and the classes, or "
                "false."
            )
            raise DataError(msg)
        self.labelled = has_target or flag.lower() == "true"
        # some write commas between classes, too
        names = [*declared.split(), *declared.replace(",", " ").split()]
        self.declared = {same_label(label) for label in names}
        self.lengths.ragged = bool(self.options.unequal) or self._flag("equallength") is False
        self.promised = self._promised_length()

    def _promised_length(self) -> int | None:
        """Return the length that the header gives to all series; None if it gives none."""
        length = self.tags.get("serieslength", "")
        if self.lengths.ragged or not self._flag("equallength") or not length.isdecimal():
            return None
        return int(length) or None

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
        self._look_for_stamps(lines)
        for number, line in zip(numbers, lines, strict=True):
            parts = self._split(line, number)
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
        if self.stamps is None:
            channels = self._without_commas(channels)
        parsed = parse_rows(channels, ",", lambda i, j: self._place(numbers, i, j))
        block = stack_channels(parsed, self.n_channels, lambda i: f"{self.file}, line {numbers[i]}")
        self.lengths.check(block, lambda i: f"{self.file}, line {numbers[i]}")
        self._check_promise(numbers[0])
        raw = RawSeries(block, None)
        if self._flag("equallength"):
            # a promise that none differ in length leaves nothing to be padding
            raw = replace(raw, padded=False)
        return replace(raw, labels=labels) if self._keeps_labels() else raw

    def _look_for_stamps(self, lines: list[str]) -> None:
        """See time stamps in the first rows, whatever the header says."""
        if not self.n_channels and all(map(_is_stamped, lines)):
            self.stamps = Stamps()

    def _keeps_labels(self) -> bool:
        return self.labelled and self.options.label_column != "none"

    def _split(self, line: str, number: int) -> list[str]:
        """Split a row into its channels and its label, if it has one; time stamps are left out."""
        where = f"{self.file}, line {number}"
        require_text(line, where)
        parts = line.split(":") if self.stamps is None else self.stamps.split(line)
        if self.labelled and len(parts) < 2:
            msg = f"{where}: no class behind a colon, which @classLabel true promises."
            raise DataError(msg)
        if not self.labelled and len(parts) > 1 and not parts[-1].strip():
            parts.pop()  # aeon writes a colon behind series that have no label, too
        if self.stamps is None:
            return parts
        n_channels = len(parts) - self.labelled
        values = [self.stamps.take_off(part, where) for part in parts[:n_channels]]
        return values + parts[n_channels:]

    def _without_commas(self, channels: list[str]) -> list[str]:
        """Take the comma off behind each channel, where it separates nothing.

        The first rows tell, as those of a delimited file do: every channel ends in a comma, and has
        the promised length without it.
        """
        if self.trailing is None:
            self.trailing = all(
                channel.rstrip().endswith(",") and self.promised in (None, channel.count(","))
                for channel in channels
            )
        if not self.trailing:
            return channels
        return [channel.rstrip().removesuffix(",") for channel in channels]

    def _check_promise(self, number: int) -> None:
        """Raise DataError if the series, all of one length, have another than the header says."""
        if self.promised is not None and self.lengths.length != self.promised:
            msg = (
                f"{self.file}, line {number}: {self.lengths.length} values, @seriesLength is "
                f"{self.promised}. Mend the header or the rows."
            )
            raise DataError(msg)

    def _read_label(self, label: str, number: int) -> str:
        # a class of several words is declared as so many classes
        declared = [same_label(word) in self.declared for word in label.split()]
        if self.options.reads_labels and not (len(declared) > 1 and all(declared)):
            check_class(label, self.declared, f"{self.file}, line {number}", "@classLabel")
        return label

    def _place(self, numbers: list[int], row: int, cell: int | None) -> str:
        """Name a row, or a cell of it, in an error."""
        where = f"{self.file}, line {numbers[row // self.n_channels]}"
        if self.n_channels > 1:
            where += f", channel {row % self.n_channels + 1}"
        if cell is not None:
            where += f", column {cell + 1}"
        return where


def _is_stamped(line: str) -> bool:
    return line.lstrip().startswith("(")


def _is_comment(line: str) -> bool:
    """Tell whether a line is a comment; ``#N/A`` in front of a row is a missing value."""
    line = line.lstrip()
    if not line.startswith(("#", "%")):
        return False
    first, *_ = line.replace(":", ",").split(",", 1)
    return first.strip().lower() not in MISSING
