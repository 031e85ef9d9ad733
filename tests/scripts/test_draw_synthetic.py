"""The pictures of docs/synthetic.md."""

from __future__ import annotations

import pytest
from draw_synthetic import family_tasks, main, position_task

from tests.support.pictures import PNG
from tests.support.places import ROOT
from tszoo.data.synthetic import FAMILIES

PAGE = ROOT / "docs" / "synthetic.md"
NAMES = [*FAMILIES, "positions"]


@pytest.mark.slow
def test_every_family_is_drawn_small(tmp_path):
    pytest.importorskip("matplotlib")
    main(tmp_path / "pictures", seed=0)
    assert {path.stem for path in (tmp_path / "pictures").iterdir()} == set(NAMES)
    for path in (tmp_path / "pictures").iterdir():
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size < 60_000


def test_tasks_are_those_of_the_seed():
    first, again, other = family_tasks(0), family_tasks(0), family_tasks(1)
    for name in FAMILIES:
        assert first[name].tobytes() == again[name].tobytes() != other[name].tobytes()


def test_positions_stand_class_by_class():
    starts = (position_task(0) >= 1.0).argmax(-1)[0]
    assert (starts == starts[:, :1]).all()
    assert starts[0, 0] < starts[1, 0] < starts[2, 0]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_each_family_and_its_small_picture(name):
    text = PAGE.read_text(encoding="utf-8")
    assert f"(synthetic/{name}.png)" in text
    assert f"## {name.capitalize()}\n" in text or name == "positions"
    assert (PAGE.parent / "synthetic" / f"{name}.png").stat().st_size <= 40 * 1024
