"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import tszoo

PACKAGE = Path(tszoo.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = [
    module_name(path)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_there_are_examples():
    assert "tszoo.similarity.dtw" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name, desk):
    """A folder with my.csv in it is the working directory."""
    if name.startswith("tszoo.adapters."):
        pytest.importorskip(name.rpartition(".")[2])
    failed, _tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0
