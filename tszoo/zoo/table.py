"""A zoo as a small table of text."""

from __future__ import annotations

from collections.abc import Sequence

from tszoo.zoo.entry import CatalogueEntry

MOST_ROWS = 20
_HEADER = ("model", "classes", "length", "members", "accuracy")


def format_table(name: str, entries: Sequence[CatalogueEntry]) -> str:
    """Return a title line, a header and a row for each of the first models."""
    title = f"<Zoo {name}: {len(entries)} model(s)>"
    if not entries:
        return title
    rows = [_HEADER, *(_row(entry) for entry in entries[:MOST_ROWS])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = [title]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    if len(entries) > MOST_ROWS:
        lines.append(f"... and {len(entries) - MOST_ROWS} more")
    return "\n".join(lines)


def _row(entry: CatalogueEntry) -> tuple[str, ...]:
    accuracy = ""
    if entry.accuracy is not None:
        accuracy = f"{entry.accuracy:.3f}"
    return (entry.name, str(entry.n_classes), str(entry.length), str(entry.members), accuracy)
