"""README, as the page of the package shows it."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

import pytest

from tests.support.places import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def hook(monkeypatch):
    """hatch_build.py, with a stand-in for what it takes from hatchling where that is missing."""
    interface = ModuleType("hatchling.metadata.plugin.interface")
    interface.MetadataHookInterface = object
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    for name in ("hatchling.metadata.plugin", "hatchling.metadata", "hatchling"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_an_address_the_text_of_links_stays(hook):
    page = hook.package_page(README, None)
    assert all(link.startswith("https://") for link in LINK.findall(page))
    assert "- Universal bodies: what they see" in page
    assert "prototypes over those of" not in page  # the picture's text
    assert hook.package_page("[a](b.md) [c](https://d) [e](#f)", None) == "a [c](https://d) [e](#f)"


def test_with_an_address_links_lead_there(hook):
    page = hook.package_page(README, "https://example.org/tszoo/")
    assert "[Universal bodies](https://example.org/tszoo/blob/HEAD/docs/universal.md)" in page
    assert "](https://example.org/tszoo/raw/HEAD/docs/trace-prototypes.png)" in page
    links = LINK.findall(page)
    assert len(links) == len(LINK.findall(README))
    assert all(link.startswith("https://") for link in links)


def test_the_built_metadata_has_that_page(tmp_path, monkeypatch):
    build = pytest.importorskip("hatchling.build")
    monkeypatch.chdir(ROOT)
    folder = build.prepare_metadata_for_build_wheel(str(tmp_path))
    text = (tmp_path / folder / "METADATA").read_text(encoding="utf-8")
    headers, page = text.split("\n\n", 1)
    assert "Description-Content-Type: text/markdown" in headers
    assert page.startswith("# tszoo\n")
    assert all(link.startswith("https://") for link in LINK.findall(page))
