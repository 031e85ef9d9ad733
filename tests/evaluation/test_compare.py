"""Two ways beside each other, against the obvious count and the exact test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata

from tszoo.errors import DataError
from tszoo.evaluation.compare import compare, holm


def exact_p(gaps: list[float]) -> float:
    """The signed-rank test by trying every sign."""
    ranks = rankdata(np.abs(gaps))
    total = ranks.sum()
    seen = ranks[np.array(gaps) > 0].sum()
    sums = [
        ranks[np.array(signs)].sum() for signs in itertools.product([False, True], repeat=len(gaps))
    ]
    extreme = np.mean([abs(one - total / 2) >= abs(seen - total / 2) - 1e-9 for one in sums])
    return float(extreme)


@pytest.mark.parametrize("seed", range(5))
def test_against_every_sign_tried(seed):
    generator = np.random.default_rng(seed)
    other = generator.uniform(0.5, 0.9, 9)
    gaps = generator.permutation(np.arange(1, 10)) * generator.choice([-1, 1], 9) / 100
    found = compare(other + gaps, other)
    assert (found.wins, found.ties, found.losses) == ((gaps > 0).sum(), 0, (gaps < 0).sum())
    assert found.difference == pytest.approx(gaps.mean())
    assert found.p == pytest.approx(exact_p(gaps.tolist()))


@pytest.mark.parametrize("seed", range(5))
def test_equal_differences_against_every_sign_tried(seed):
    generator = np.random.default_rng(seed)
    gaps = generator.integers(-4, 5, 10) / 100
    found = compare(0.5 + gaps, [0.5] * 10)
    assert found.ties == (gaps == 0).sum()
    assert found.p == pytest.approx(exact_p(gaps[gaps != 0].tolist()))


def test_rounding_is_no_difference_and_ties_do_not_count_in_the_test():
    found = compare([0.714286, 0.9, 0.8, 0.71, 0.5], [5 / 7, 0.8, 0.6, 0.41, 0.1])
    assert (found.n, found.wins, found.ties, found.losses) == (5, 4, 1, 0)
    assert found.p == pytest.approx(exact_p([0.1, 0.2, 0.3, 0.4]))
    assert found.mean == pytest.approx(np.mean([0.714286, 0.9, 0.8, 0.71, 0.5]))


def test_equal_differences_rank_alike_however_they_are_rounded():
    other = np.array([0.5, 0.6, 0.7, 0.8, 0.4])
    own = other + np.array([1, -1, 1, 2, -3]) / 30
    assert compare(np.round(own, 6), other).p == compare(own, other).p


def test_nothing_but_ties_has_no_p():
    assert compare([1.0, 0.5], [1.0, 0.5]).p is None


@pytest.mark.parametrize(("own", "others"), [([], []), ([0.5], [0.5, 0.6])])
def test_what_cannot_be_compared(own, others):
    with pytest.raises(
        DataError, match=f"{len(own)} accuracies beside {len(others)}; as many of both are needed"
    ):
        compare(own, others)


def test_holm_counts_the_smallest_for_all_and_keeps_the_order():
    assert holm([0.02, 0.01, 0.04, 0.9]) == pytest.approx([0.06, 0.04, 0.08, 0.9])
    assert holm([0.03, 0.02, 0.5]) == pytest.approx([0.06, 0.06, 0.5])
    assert holm([0.6, 0.6]) == [1.0, 1.0]
    assert holm([]) == []
