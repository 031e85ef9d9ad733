"""Values of a key beside each other, over several data sets."""

from __future__ import annotations

import pytest

from tszoo.evaluation.results import Result, tabulate
from tszoo.evaluation.standings import stand
from tszoo.study.by_value import Point
from tszoo.study.standings import standing_lines, standings


def test_values_are_compared_over_data_sets() -> None:
    """As ``tszoo compare`` does with the same numbers."""
    points = [
        Point("depth", value, f"Set{k}", accuracy + k / 100, None, 1)
        for value, accuracy in (("1", 0.5), ("2", 0.7), ("", 0.6))
        for k in range(7)
    ]
    found = standings([*points, Point("filters", "8", "Set0", 0.5, None, 1)])
    results = [Result(p.value or "–", p.dataset, p.accuracy) for p in points]
    assert found == {"depth": stand(tabulate(results))}
    assert [s.classifier for s in found["depth"].classifiers] == ["2", "–", "1"]
    assert standings([p for p in points if p.dataset == "Set0"]) == {}
    assert standing_lines(found)[1] == ("depth", "2", pytest.approx(0.73), 1.0, 7, 0, 0)
