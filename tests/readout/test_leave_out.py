"""Groups that are left out whole: against fits to the other series, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tszoo.readout.few import is_few
from tszoo.readout.ridge import fit_ridge, gram_of_series, left_out_residuals
from tszoo.readout.score import ridge_leave_one_out

PENALTY = 0.5


def groups_of(n_series: int, size: int) -> NDArray[np.int64]:
    return np.random.default_rng(1).permutation(np.arange(n_series) // size)


def slow_left_out(
    x: NDArray[np.float64], labels: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Fit to all other groups, with the standardisation of all, and an intercept of their own."""
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    targets = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    decided = np.empty_like(targets)
    for group in np.unique(groups):
        others = groups != group
        centre, level = x[others].mean(axis=0), targets[others].mean(axis=0)
        z = x[others] - centre
        weight = np.linalg.solve(
            z.T @ z + PENALTY * np.eye(x.shape[1]), z.T @ (targets[others] - level)
        )
        decided[~others] = (x[~others] - centre) @ weight + level
    return decided


@pytest.mark.parametrize("n_features", [3, 60])
@pytest.mark.parametrize("size", [1, 2, 8])
def test_left_out_decisions_are_those_of_fits_to_the_other_groups(
    n_features: int, size: int
) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((24, n_features)), np.arange(24) % 2
    groups = groups_of(24, size)
    fit = fit_ridge(x, labels, 2, (PENALTY,), groups=groups)
    np.testing.assert_allclose(fit.left_out, slow_left_out(x, labels, groups), rtol=1e-6, atol=1e-7)
    if size == 1:
        np.testing.assert_allclose(fit.left_out, fit_ridge(x, labels, 2, (PENALTY,)).left_out)
    residuals = left_out_residuals(gram_of_series(x), labels, 2, (PENALTY,), groups)
    targets = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    np.testing.assert_allclose(targets - residuals, fit.left_out, rtol=1e-6, atol=1e-7)


def test_windows_of_one_machine_on_both_sides_would_be_a_lie() -> None:
    rng = np.random.default_rng(0)
    machines = np.repeat(np.arange(20), 12)
    labels = rng.permutation(np.arange(20) % 2)[machines]
    # what a machine is, and nothing of its class
    x = rng.standard_normal((20, 40))[machines] + 0.1 * rng.standard_normal((240, 40))
    assert ridge_leave_one_out(x, labels, 2).accuracy > 0.95
    assert ridge_leave_one_out(x, labels, 2, machines).accuracy < 0.7


def test_classes_of_one_group_are_few() -> None:
    labels = np.repeat([0, 1], 10)
    assert not is_few(labels)
    assert is_few(labels, labels)
    assert not is_few(labels, np.arange(20) % 4)
