"""Bounds stand once."""

import ast

import pytest

from tests.support.places import ROOT
from tszoo.storage import bounds

NAMES = [name for name in vars(bounds) if name.isupper()]


def test_a_bound_is_a_whole_number():
    assert len(NAMES) >= 7
    assert all(type(getattr(bounds, name)) is int for name in NAMES)


@pytest.mark.parametrize(
    "room", ["data", "models", "nets", "similarity", "storage", "training", "transfer", "zoo"]
)
def test_a_bound_of_files_has_one_value(room):
    assigned = []
    for path in (ROOT / "tszoo" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and path.name != "bounds.py":
                assigned += [target.id for target in node.targets if isinstance(target, ast.Name)]
    named = set(assigned) & {"MOST_MEMBERS", "MOST_CHANNELS", "MOST_CLASSES", "MOST_LENGTH"}
    assert not named
