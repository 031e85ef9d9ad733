"""docs/house.svg shows the rooms of the code, and which imports which."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import grimp
from draw_house import PAGE, PICTURE, draw, edges, floors, table
from page_blocks import block_of

SVG = "{http://www.w3.org/2000/svg}"
TEXT = PICTURE.read_text(encoding="utf-8")


def drawn_edges() -> set[tuple[str, ...]]:
    dots = ElementTree.fromstring(TEXT).iter(f"{SVG}circle")
    return {tuple(dot.attrib["data-edge"].split()) for dot in dots}


def imported() -> set[tuple[str, str]]:
    """The same from the tool that proves the layering."""
    graph = grimp.build_graph("tszoo", cache_dir=None)
    found = set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            found.add((room(module), room(other)))
    return {pair for pair in found if all(pair) and pair[0] != pair[1]}


def room(module: str) -> str:
    name = module.split(".")[1:2]
    return "" if name == ["__main__"] else "".join(name)


def test_the_dots_are_the_imports_of_the_code() -> None:
    assert len(drawn_edges()) > 100
    assert drawn_edges() == imported(), "run: scripts/draw_house"


def test_the_rooms_are_those_of_the_code() -> None:
    drawn = re.findall(r'class="room"[^>]*>(\w+)<', TEXT)
    contract = [room for story in floors() for room in story]
    assert drawn == contract
    assert set(drawn) >= {name for edge in imported() for name in edge}


def test_no_room_imports_from_its_own_floor_or_above() -> None:
    height = {room: -k for k, story in enumerate(floors()) for room in story}
    assert [edge for edge in drawn_edges() if height[edge[0]] <= height[edge[1]]] == []


def test_the_picture_and_the_table_are_what_the_script_writes() -> None:
    assert draw(floors(), edges()) == TEXT, "run: scripts/draw_house"
    assert block_of(PAGE.read_text(encoding="utf-8"), "rooms") == table(floors())
