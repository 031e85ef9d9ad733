"""Build the site of the documentation into build/docs/site, and fail on the least warning.

    scripts/docs              build it
    scripts/docs FOLDER       build it into another folder

The pages are laid out as they lie in the repository, in build/docs/pages, so that every relative
link of theirs holds. The pages of the API are made here: one for each room of the code.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "docs" / "mkdocs.yml"
BUILD = ROOT / "build" / "docs"
# what pages are made of and lead to; git's list is not asked, so that a new page is seen
PARTS = ("*.md", "CITATION.cff", "LICENSE", "docs/**/*", "benchmarks/*.md", "cards/*/*.md")
SCRIPTS = ("examples/**/*.py", "examples/**/*.ipynb")
PICTURES = ("cards/*/*.png", "benchmarks/*.png")
API = "api"
# what nobody imports from: the command line, and what runs it
NOT_IMPORTED = ("cli", "__main__")


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    site = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else BUILD / "site"
    pages = BUILD / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    lay_out(pages)
    build(pages, site, write_api(pages / API))
    print(f"wrote {site}/index.html")


def lay_out(pages: Path) -> None:
    """Copy the repository's pages and pictures, each to its own place."""
    for pattern in (*PARTS, *PICTURES, *SCRIPTS):
        for path in ROOT.glob(pattern):
            if path.is_file() and path != CONFIG:
                there = pages / path.relative_to(ROOT)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, there)


def write_api(folder: Path) -> list[dict[str, str]]:
    """Write a page for each room of the code, and return their part of the nav."""
    folder.mkdir(parents=True)
    nav = []
    for room in rooms():
        name = f"tszoo.{room}"
        (folder / f"{room}.md").write_text(api_page(room), encoding="utf-8")
        nav.append({name: f"{API}/{room}.md"})
    return nav


def rooms() -> list[str]:
    """Name the rooms of the code: folders and single files."""
    found = [path.parent.name for path in (ROOT / "tszoo").glob("*/__init__.py")]
    found += [path.stem for path in (ROOT / "tszoo").glob("*.py")]
    return sorted(room for room in found if room not in NOT_IMPORTED and not room.startswith("_"))


def api_page(room: str) -> str:
    """Write the page of one room: each of its modules that has public names."""
    lines = [f"# tszoo.{room}", ""]
    for module in modules(room):
        lines += [f"::: {module}", ""]
    return "\n".join(lines)


def modules(room: str) -> Iterator[str]:
    """Yield a room's public modules, the room itself first."""
    folder = ROOT / "tszoo" / room
    yield f"tszoo.{room}"
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if len(parts) > 2 and not any(part.startswith("_") for part in parts):
            yield ".".join(parts)


def build(pages: Path, site: Path, api: list[dict[str, str]]) -> None:
    """Run mkdocs, strictly."""
    from doctest_fences import FencedDoctests
    from mkdocs.commands.build import build as build_site
    from mkdocs.config import load_config
    from pymdownx.slugs import slugify

    places = {"docs_dir": str(pages), "site_dir": str(site)}
    config = load_config(str(CONFIG), strict=True, **places)
    config.nav = with_api(config.nav, api)
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")  # anchors as in a repository
    config.markdown_extensions.append(FencedDoctests())
    config.plugins.on_startup(command="build", dirty=False)
    build_site(config)


def with_api(nav: Any, api: list[dict[str, str]]) -> Any:
    """Put the pages of the API where the nav says "api"."""
    if isinstance(nav, list):
        return [with_api(item, api) for item in nav]
    if isinstance(nav, dict):
        return {title: with_api(item, api) for title, item in nav.items()}
    return api if nav == API else nav


if __name__ == "__main__":
    main()
