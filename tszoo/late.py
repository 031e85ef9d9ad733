"""Names that are looked up when they are used, because they live on a floor above.

Some methods of a model lead up the house for the convenience of people: ``Model.load`` asks the
zoo, ``Model.publish`` the Hub, and ``Model.explain`` the room that explains. The rooms above build
on models, so nothing of them may be imported here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def late(module: str, name: str) -> Any:
    """Return ``name`` of ``module``, which is imported now if it has not been."""
    return getattr(import_module(module), name)
