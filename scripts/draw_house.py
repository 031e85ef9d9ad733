"""Draw the house from the code's own imports: docs/house.svg, and the table of docs/house.md.

    scripts/draw_house

A room is a folder of ``tszoo/``, or a file beside them. The rooms are stacked as the floors of
pyproject.toml say, the highest first. A dot in a room's line stands under each room that it
imports.
"""

from __future__ import annotations

import ast
import sys
from html import escape
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from house import imports
from page_blocks import with_block

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "house.svg"
PAGE = ROOT / "docs" / "house.md"
LINE, HEAD, NAMES, DOT = 26, 118, 150, 26  # pixels: a line's height, the heading, names, a column
SLANT = 40  # pixels that the last slanted name leans out

Edge = tuple[str, str]


def main() -> None:
    PICTURE.write_text(draw(floors(), edges()), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_block(page, "rooms", table(floors())), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)} and the table of {PAGE.relative_to(ROOT)}")


def floors() -> list[list[str]]:
    """Read the floors from the contract that the code is held to, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def room_of(path: Path) -> str:
    """Name the room that a file belongs to; "" for the face."""
    first, *rest = path.relative_to(ROOT / "tszoo").parts
    if not rest and first in ("__init__.py", "__main__.py"):
        return ""
    return first.removesuffix(".py")


def edges() -> set[Edge]:
    """Find which room imports which, wherever in a file it does."""
    found = set()
    for path in (ROOT / "tszoo").rglob("*.py"):
        for other in imports(path, ROOT):
            found.add((room_of(path), room_of(other)))
    return {(one, other) for one, other in found if one and other and one != other}


def trade(room: str) -> str:
    """Say what a room does: the first sentence of its docstring."""
    folder, file = ROOT / "tszoo" / room / "__init__.py", ROOT / "tszoo" / f"{room}.py"
    path = folder if folder.exists() else file
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("``", "`")


def table(stories: list[list[str]]) -> str:
    """Write a line a room: its floor, the highest first, and its trade."""
    lines = ["| floor | room | trade |", "|--:|---|---|"]
    for number, story in enumerate(stories):
        floor = len(stories) - 1 - number
        lines += [f"| {floor} | `{room}` | {trade(room)} |" for room in story]
    return "\n".join(lines)


def draw(stories: list[list[str]], found: set[Edge]) -> str:
    """Draw the rooms as lines and columns, with a dot where one imports another."""
    rooms = [room for story in stories for room in story]
    width = NAMES + len(rooms) * DOT + SLANT
    height = HEAD + len(rooms) * LINE + 14
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>The rooms of tszoo, and which imports which</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(column(k, room) for k, room in enumerate(rooms)),
    ]
    top = HEAD
    for number, story in enumerate(stories):
        shade = ("#eef1fa", "#f9fafd")[number % 2]
        size = len(story) * LINE
        parts.append(f'<rect x="8" y="{top}" width="{width - 16}" height="{size}" fill="{shade}"/>')
        top += size
    parts += [line(k, room, rooms, found) for k, room in enumerate(rooms)]
    return "\n".join([*parts, "</svg>", ""])


def column(k: int, room: str) -> str:
    """Write a room's name above its column, slanted."""
    x, y = NAMES + k * DOT + DOT // 2 + 4, HEAD - 8
    return (
        f'<text x="{x}" y="{y}" fill="#333" transform="rotate(-60 {x} {y})">{escape(room)}</text>'
    )


def line(k: int, room: str, rooms: list[str], found: set[Edge]) -> str:
    """Draw a room's line: its name, and a dot for each room that it imports."""
    y = HEAD + k * LINE + LINE // 2
    parts = [
        f'<text class="room" x="18" y="{y + 5}" font-weight="600" fill="#1a237e">{room}</text>'
    ]
    x = NAMES + k * DOT + DOT // 2
    parts.append(f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="#c5cae9"/>')
    for column_number, other in enumerate(rooms):
        if (room, other) in found:
            x = NAMES + column_number * DOT + DOT // 2
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="5" fill="#3949ab" '
                f'data-edge="{room} {other}"><title>{room} imports {other}</title></circle>'
            )
    return "\n".join(parts)


if __name__ == "__main__":
    main()
