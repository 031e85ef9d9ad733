"""Made-up zoos are zoos, and figures go on in straight lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_zoo import make_zoo
from scale import onwards

from tests.support.toys import make_toy
from tszoo.recommendation import recommend
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import rebuild_catalogue
from tszoo.zoo.zoo import Zoo


def test_a_made_up_zoo_is_one_that_can_be_searched(tmp_path: Path) -> None:
    make_zoo(tmp_path / "zoo", 4)
    assert not rebuild_catalogue(tmp_path / "zoo").broken
    zoo = Zoo(tmp_path / "zoo")
    assert zoo.packed_sha256 is not None  # the catalogue is in use
    patterns = {size(entry): entry for entry in Zoo() if not entry.parts}
    for entry in zoo:
        pattern = patterns[size(entry)]
        ours, theirs = (each.prototypes(e.name) for each, e in ((zoo, entry), (Zoo(), pattern)))
        assert ours.classes == theirs.classes
        moved = np.abs(ours.series[0] - theirs.series[0]).max()
        assert 0.1 < moved < 3
    assert len(recommend(make_toy(), zoo, method="dtw")) == 4


def size(entry: CatalogueEntry) -> tuple[object, ...]:
    return entry.classes, entry.n_series, entry.length, entry.bytes


def test_lines_go_on() -> None:
    assert onwards([1, 3], [[10, 5], [14, 5]], 13) == pytest.approx((34, 5))
