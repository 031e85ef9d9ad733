"""The site of docs/: its nav, its pages of the API, and all of it where mkdocs is installed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from docs_site import CONFIG, api_page, lay_out, modules, rooms, with_api
from doctest_fences import FencedDoctests
from markdown import Markdown

import tszoo
from tests.support import pages
from tests.support.places import ROOT

NAV = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["nav"]
FETCHING = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}


def leaves(nav: Any) -> Iterator[str]:
    """Every page that the nav names, in its order."""
    if isinstance(nav, str):
        yield nav
        return
    for item in nav.values() if isinstance(nav, dict) else nav:
        yield from leaves(item)


def test_every_page_of_docs_is_in_the_nav_once() -> None:
    named = [page for page in leaves(NAV) if page.startswith("docs/")]
    there = [path.relative_to(ROOT).as_posix() for path in pages.DOCS.rglob("*.md")]
    assert sorted(named) == sorted(there)


def test_every_page_that_the_nav_names_exists() -> None:
    assert [page for page in leaves(NAV) if page != "api" and not (ROOT / page).exists()] == []


def test_the_pages_of_the_api_stand_where_the_nav_says() -> None:
    nav = with_api(
        [{"Reference": [{"Python": "api"}]}, "README.md"], [{"tszoo.data": "api/data.md"}]
    )
    assert list(leaves(nav)) == ["api/data.md", "README.md"]


def test_every_public_name_stands_in_a_module_of_the_api() -> None:
    """The face's names and those of the rooms' own ``__all__``, where they are defined."""
    told = {module for room in rooms() for module in modules(room)}
    faces = [tszoo, *(import_module(f"tszoo.{room}") for room in rooms())]
    for face in faces:
        for name in set(getattr(face, "__all__", [])) - {"__version__"}:
            assert home_of(face, name) in told, (face.__name__, name)


def home_of(face: ModuleType, name: str) -> str:
    """The module that defines a name; the face itself where the name is a constant of it."""
    value = getattr(face, name)
    if isinstance(value, ModuleType):
        return value.__name__
    home = str(getattr(value, "__module__", ""))
    return home if home.startswith("tszoo") else face.__name__


def test_a_page_of_the_api_names_the_room_first() -> None:
    lines = [line for line in api_page("similarity").splitlines() if line.startswith(":::")]
    assert lines[:2] == ["::: tszoo.similarity", "::: tszoo.similarity.comparison"]
    assert not any("._" in line for line in lines)


def test_what_pages_lead_to_is_laid_out(tmp_path: Path) -> None:
    """A link that holds in the repository holds in the site."""
    lay_out(tmp_path)
    for page in pages.PAGES:
        there = tmp_path / page.relative_to(ROOT)
        for target in re.findall(r"\]\((?!http)([^)#\s]+)", pages.prose(page)):
            assert (there.parent / target).exists(), (page.name, target)


def test_a_doctest_is_shown_as_code() -> None:
    text = "Say so.\n\n>>> size(24)\n[32, 5, 1]\n\nMore.\n\n```\n>>> in a fence\n```\n"
    html = Markdown(extensions=[FencedDoctests(), "fenced_code"]).convert(text)
    assert "<blockquote>" not in html
    assert html.count("<pre>") == 2
    assert "<p>More.</p>" in html


class Fetches(HTMLParser):
    """Collects the addresses that a browser fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") in ("canonical", "next", "prev"):
            return
        if values.get(FETCHING.get(tag, "")):
            self.found.append(str(values[FETCHING[tag]]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, made as scripts/docs makes it."""
    for name in ("mkdocs", "material", "mkdocstrings"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: scripts/setup docs")
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, str(ROOT / "scripts" / "docs_site.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING" not in done.stderr
    return folder


def test_the_site_has_every_page(site: Path) -> None:
    for page in leaves(NAV):
        if page not in ("api", "README.md"):
            assert (site / page.replace("README.md", "index.md")).with_suffix(".html").exists()
    assert (site / "index.html").exists()
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "docs/few.html" in index


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        parser = Fetches()
        parser.feed(path.read_text(encoding="utf-8"))
        assert [url for url in parser.found if re.match(r"(https?:)?//", url)] == [], path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", path.read_text(encoding="utf-8")), path


def test_the_api_shows_parameters(site: Path) -> None:
    text = (site / "api" / "transfer.html").read_text(encoding="utf-8")
    assert 'id="tszoo.transfer.finetune.finetune"' in text
    assert "class_weight" in text
