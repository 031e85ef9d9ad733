"""Wilson's interval, against SciPy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from tszoo.evaluation.interval import wilson


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 30), (25, 30), (150, 150)])
def test_it_is_scipys(right: int, n: int) -> None:
    wanted = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson(right, n) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
