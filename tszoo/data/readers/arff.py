"""Read Weka's .arff as the UCR and UEA archives use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tszoo.data.dataset import Label
from tszoo.data.readers.arff_rows import (
    bare_row,
    declared_classes,
    split_name,
    split_quoted,
    without_comment,
)
from tszoo.data.readers.collect import stack_channels
from tszoo.data.readers.lines import read_blocks, require_text
from tszoo.data.readers.numbers import parse_rows, shorten
from tszoo.data.readers.raw import RawSeries, ReadOptions, check_class
from tszoo.data.spellings import same_label
from tszoo.errors import DataError

_NUMERIC = ("numeric", "real", "integer")
_CLASS_NAMES = ("class", "label", "target")


def read_arff(path: Path, options: ReadOptions) -> Iterator[RawSeries]:
    r"""Read an ``.arff`` file part by part.

    A series is a row of numeric attributes, or one relational attribute. The class is the nominal
    (or string) attribute; failing that, the last attribute if it is called class, label or target.
    In the relational form, a series is one quoted text, its channels separated by ``\n`` written
    out. ``?`` is a missing value. Comments, the weights of rows and the commas at their ends are
    passed over; only what is read has to be UTF-8.

    Raises
    ------
    DataError
        If the header is not one, or a row does not have the values that the header declares.
    """
    file = _ArffFile(path.name, options)
    for first, lines in read_blocks(path, options.encoding, checked=False):
        part = file.add(first, lines)
        if part is not None:
            yield replace(part, labels=None) if options.label_column == "none" else part
    file.finish()


@dataclass(frozen=True)
class _Attribute:
    name: str
    kind: str
    declared: frozenset[str | float] = frozenset()


@dataclass
class _ArffFile:
    """Keep an .arff file as far as it has been read."""

    file: str
    options: ReadOptions
    attributes: list[_Attribute] = field(default_factory=list)
    points: int = 0
    relation: str | None = None
    relational: bool = False
    in_data: bool = False
    started: bool = False
    class_at: int | None = None
    n_channels: int = 0
    filled: bool = False

    def add(self, first: int, lines: list[str]) -> RawSeries | None:
        """Read the next lines, the first of them standing on line ``first`` of the file."""
        numbered = []
        for number, line in enumerate(lines, first):
            if line.strip() and not line.lstrip().startswith("%"):
                numbered.append((number, line))
        self.started = self.started or bool(numbered)
        at = 0
        while at < len(numbered) and not self.in_data:
            self._read_header(*numbered[at])
            at += 1
        if at == len(numbered):
            return None
        return self._read_rows(numbered[at:])

    def finish(self) -> None:
        """Raise DataError if there was nothing to read."""
        if not self.started:
            msg = f"{self.file}: the file is empty."
            raise DataError(msg)
        if not self.in_data:
            msg = f"{self.file}: no @data line, so this is not an .arff file."
            raise DataError(msg)
        if not self.filled:
            msg = f"{self.file}: no series below @data."
            raise DataError(msg)

    def _read_header(self, number: int, line: str) -> None:
        word, *rest = without_comment(line).split(None, 1)
        word = word.lower()
        if word == "@attribute":
            self._read_attribute(number, "".join(rest))
        elif word == "@end":
            self.relation = None
        elif word == "@data":
            self._start_data()
        elif word != "@relation":
            msg = (
                f"{self.file}, line {number}: {shorten(line)} before @data, expected @relation, "
                "@attribute or %."
            )
            raise DataError(msg)

    def _read_attribute(self, number: int, text: str) -> None:
        where = f"{self.file}, line {number}"
        name, kind = split_name(text)
        declared: frozenset[str | float] = frozenset()
        if kind.startswith("{"):
            require_text(kind, where)
            declared = frozenset(map(same_label, declared_classes(kind, where)))
            kind = "nominal"
        kind = "".join(kind.lower().split()[:1])
        if kind not in (*_NUMERIC, "nominal", "string", "relational"):
            msg = (
                f"{where}: attribute {shorten(name)} is {shorten(kind)}, expected numeric, "
                f"relational or {{…}}."
            )
            raise DataError(msg)
        if self.relation is not None or kind in _NUMERIC:
            self.points += 1
        if self.relation is None:
            self.attributes.append(_Attribute(name, kind, declared))
            self.relation = name if kind == "relational" else None

    def _start_data(self) -> None:
        self.in_data = True
        self._find_class()
        n_relational = sum(a.kind == "relational" for a in self.attributes)
        self.relational = n_relational > 0
        n_others = len(self.attributes) - n_relational - (self.class_at is not None)
        if n_relational > 1 or (n_relational and n_others) or self.points < 1:
            msg = (
                f"{self.file}: expected numeric attributes or one relational attribute, and at "
                "most one class."
            )
            raise DataError(msg)
        # 0: the first series tells how many channels a relational attribute has
        self.n_channels = int(not self.relational)

    def _find_class(self) -> None:
        """Find the attribute that holds the class, if one does."""
        nominal = [i for i, a in enumerate(self.attributes) if a.kind in ("nominal", "string")]
        if len(nominal) > 1:
            first, second = (shorten(self.attributes[i].name) for i in nominal[:2])
            msg = (
                f"{self.file}: more than one attribute that is not a number ({first} and "
                f"{second}), expected the class alone. Remove the others."
            )
            raise DataError(msg)
        if nominal:
            self.class_at = nominal[0]
        elif self.attributes and self.attributes[-1].name.lower() in _CLASS_NAMES:
            self.class_at = len(self.attributes) - 1
            self.points -= 1

    def _read_rows(self, numbered: list[tuple[int, str]]) -> RawSeries:
        self.filled = True
        numbers = [number for number, _ in numbered]
        labels: list[Label] = []
        rows: list[str] = []
        for number, line in numbered:
            rows += self._split(line, number, labels)
        parsed = parse_rows(rows, ",", lambda i, j: self._place(numbers, i, j))
        for i, row in enumerate(parsed):
            if len(row) != self.points:
                where = f"{self.file}, line {numbers[i // self.n_channels]}"
                msg = f"{where}: {len(row)} values, the header declares {self.points}."
                raise DataError(msg)
        series = stack_channels(parsed, self.n_channels, str)
        if self.class_at is None:
            return RawSeries(series, None)
        return RawSeries(series, labels)

    def _split(self, line: str, number: int, labels: list[Label]) -> list[str]:
        """Put a row's label behind ``labels``, and return its channels as text."""
        where = f"{self.file}, line {number}"
        line = bare_row(line, len(self.attributes))
        require_text(line, where)
        if line.startswith("{"):
            msg = f"{where}: a sparse row, which is not read. Save the file with dense rows."
            raise DataError(msg)
        cells = self._cells(line, where)
        if self.class_at is not None:
            labels.append(self._take_label(cells, where))
        if not self.relational:
            return [",".join(cells)]
        if len(cells) != 1:
            msg = (
                f"{where}: {len(cells)} values beside the class, expected one quoted text that "
                "holds the channels."
            )
            raise DataError(msg)
        channels = cells[0].split("\\n")
        self.n_channels = self.n_channels or len(channels)
        if len(channels) != self.n_channels:
            msg = f"{where}: {len(channels)} channels, the first series has {self.n_channels}."
            raise DataError(msg)
        return channels

    def _cells(self, line: str, where: str) -> list[str]:
        """Split a row; where the class stands last, the values may stay together as one cell."""
        quotes = [at for at in (line.find("'"), line.find('"')) if at >= 0]
        if not quotes and self._class_is_last():
            return line.rsplit(",", 1)
        if not quotes:
            return line.split(",")
        head = line[: min(quotes)].rstrip()
        if self._class_is_last() and not self.relational and head.endswith(","):
            # only the class is quoted
            return [head[:-1], *split_quoted(line[len(head) :], where)]
        return split_quoted(line, where)

    def _class_is_last(self) -> bool:
        return self.class_at == len(self.attributes) - 1

    def _take_label(self, cells: list[str], where: str) -> str:
        """Take a row's label out of its cells."""
        at = self.class_at or 0
        if self._class_is_last():
            at = -1
        if len(cells) < 2 or at >= len(cells):
            msg = f"{where}: {len(cells)} values, the header declares {self.points} and a class."
            raise DataError(msg)
        label = cells.pop(at).strip()
        if self.options.reads_labels:
            declared = self.attributes[self.class_at or 0].declared
            check_class(label, declared, where, "the header")
        return label

    def _place(self, numbers: list[int], row: int, cell: int | None) -> str:
        """Name a row, or a cell of it, in an error."""
        where = f"{self.file}, line {numbers[row // self.n_channels]}"
        if self.relational:
            where = f"{where}, channel {row % self.n_channels + 1}"
        if cell is None:
            return where
        before = not self.relational and self.class_at is not None and cell >= self.class_at
        return f"{where}, column {cell + 1 + before}"
