"""Take the lines of an .arff file apart: comments, quotes, weights, the ends of rows."""

from __future__ import annotations

import re

from tszoo.errors import DataError

_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_QUOTES = re.compile(f"({_QUOTED})")
_COMMENT = re.compile(r"(?:^|(?<=[\s,}]))%.*")
_WEIGHT = re.compile(r"\s*,?\s*\{\s*[-+.0-9eE]+\s*\}\s*$")
_TABS = re.compile(r"[ \t]*,[ \t]*|[ ]*\t[ \t]*")
_NOMINAL = re.compile(rf"\{{((?:{_QUOTED}|[^'\"}}])*)\}}")


def without_comment(line: str) -> str:
    """Return a line without the comment that may stand behind it, after a ``%``.

    >>> without_comment("1,2,'5 % off' % as printed")
    "1,2,'5 % off' "
    """
    if "%" not in line:
        return line
    pieces = _QUOTES.split(line)
    for i in range(0, len(pieces), 2):
        match = _COMMENT.search(pieces[i])
        # at the start of a piece behind a quote there is no line's start
        if match is not None and (match.start() or not i):
            return "".join(pieces[:i]) + pieces[i][: match.start()]
    return line


def bare_row(line: str, n_attributes: int) -> str:
    """Return a row of dense values without what Weka and MOA write beside them.

    That is a comment, a weight (``{0.5}``) and a comma at the end, behind ``n_attributes`` values.
    Tabs may stand for commas.

    >>> bare_row("1,2,up, {0.5} % twice", 3), bare_row("1,2,up,", 3), bare_row("up,1,,", 4)
    ('1,2,up', '1,2,up', 'up,1,,')
    """
    row = without_comment(line).strip()
    if row.endswith("}") and not row.startswith("{"):
        row = _WEIGHT.sub("", row)
    if "\t" in row:
        pieces = _QUOTES.split(row)
        pieces[::2] = [_TABS.sub(",", piece) for piece in pieces[::2]]
        row = "".join(pieces)
    if row.endswith(",") and _count_commas(row) >= n_attributes:
        return row[:-1].rstrip()
    return row


def declared_classes(kind: str, where: str) -> frozenset[str]:
    """Return the classes that a nominal attribute's type, ``{a, 'b c'}``, declares."""
    match = _NOMINAL.match(kind)
    inside = kind.strip("{} \t") if match is None else match[1].strip()
    return frozenset(split_quoted(inside, where))


def split_name(text: str) -> tuple[str, str]:
    """Split an attribute's name, quoted or not, from its type."""
    text = text.strip()
    if text[:1] in ("'", '"') and text.find(text[0], 1) > 0:
        end = text.find(text[0], 1)
        return text[1:end], text[end + 1 :].strip()
    name, *rest = text.split(None, 1) or [""]
    return name, "".join(rest).strip()


def _count_commas(row: str) -> int:
    """Count the commas outside quotes."""
    return sum(piece.count(",") for piece in _QUOTES.split(row)[::2])


def split_quoted(line: str, where: str) -> list[str]:
    """Split at commas outside quotes; a backslash keeps a quote from ending its cell."""
    cells, at = [], 0
    while at >= 0:
        while line[at : at + 1].isspace():
            at += 1
        if line.startswith(("'", '"'), at):
            cell, end = _quoted(line, at, where)
        else:
            end = line.find(",", at)
            if end < 0:
                end = len(line)
            cell = line[at:end].strip()
        cells.append(cell)
        comma = line.find(",", end)
        at = comma + 1 if comma >= 0 else -1
    return cells


def _quoted(line: str, at: int, where: str) -> tuple[str, int]:
    """Return the cell whose quote is at a place, and the place behind it."""
    quote = line[at]
    end = line.find(quote, at + 1)
    while end > 0 and line[end - 1] == "\\":
        end = line.find(quote, end + 1)
    if end < 0:
        msg = f"{where}: a quote without its end."
        raise DataError(msg)
    if line[end + 1 :].lstrip()[:1] not in ("", ","):
        msg = f"{where}: text behind a quote, expected a comma."
        raise DataError(msg)
    return line[at + 1 : end].replace("\\" + quote, quote), end + 1
