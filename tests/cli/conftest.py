"""What all tests of the command line share."""

from __future__ import annotations

import pytest

from tests.support.drawn import drawn_once


@pytest.fixture(autouse=True)
def _pictures_are_drawn_once(monkeypatch) -> None:
    """Most tests train on the same toys, and to draw their prototypes takes as long as to train."""
    monkeypatch.setattr("tszoo.figures.prototypes.draw_prototypes", drawn_once)
