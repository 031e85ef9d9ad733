"""Every score against its definition, written out slowly; what must not change it; its edges."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import minimize
from scores import h_score, knn_leave_one_out, leep, log_me, nce
from scores.scale import standardise
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import Ridge

from tests.support.places import ROOT
from tszoo.errors import DataError, OptionError
from tszoo.readout.ridge import fit_ridge
from tszoo.readout.score import ridge_leave_one_out


def ridge_accuracy(features, labels):
    return ridge_leave_one_out(features, labels, int(max(labels)) + 1).accuracy


def ridge_error(features, labels):
    return ridge_leave_one_out(features, labels, int(max(labels)) + 1).error


OF_FEATURES = [knn_leave_one_out, ridge_accuracy, ridge_error, log_me, h_score]
SHAPES = [(30, 5), (30, 29), (30, 30), (18, 200)]


def blobs(n_series=30, n_features=5, n_classes=3, apart=1.0, seed=0):
    """Features of every scale, whose class means lie ``apart``."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % n_classes
    features = apart * rng.standard_normal((n_classes, n_features))[labels] + rng.standard_normal(
        (n_series, n_features)
    )
    return features * 10.0 ** rng.integers(-3, 4, n_features) + 5.0, labels


def logits_of(n_series=30, n_source=4, seed=0):
    return 2 * np.random.default_rng(seed).standard_normal((n_series, n_source))


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


# --- against slow twins


@pytest.mark.parametrize("k", [1, 2, 3, 50])
def test_nearest_neighbours_are_those_of_a_loop(k):
    features, labels = blobs(n_series=25, apart=0.7)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    shares = []
    for i in range(25):
        others = [j for j in range(25) if j != i]
        distances = {j: np.linalg.norm(scaled[i] - scaled[j]) for j in others}
        near = sorted(others, key=distances.__getitem__)[:k]
        votes = np.bincount(labels[near], minlength=3)
        best = np.flatnonzero(votes == votes.max())
        shares.append((labels[i] in best) / len(best))
    assert knn_leave_one_out(features, labels, k) == pytest.approx(np.mean(shares), abs=1e-12)
    assert 0.1 < np.mean(shares) < 0.9


@pytest.mark.parametrize("shape", SHAPES)
def test_ridge_is_that_of_explicit_refits(shape):
    features, labels = blobs(*shape)
    chosen = fit_ridge(features, labels, 3).penalty
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    targets = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)
    left_out = np.empty_like(targets)
    for i in range(len(labels)):
        others = np.arange(len(labels)) != i
        left_out[i] = Ridge(chosen).fit(scaled[others], targets[others]).predict(scaled[i : i + 1])
    found = ridge_leave_one_out(features, labels, 3)
    assert found.accuracy == pytest.approx((left_out.argmax(axis=1) == labels).mean(), abs=1e-12)
    brier = np.square(np.clip((left_out + 1) / 2, 0, 1) - (targets + 1) / 2).sum(axis=1).mean()
    assert found.error == pytest.approx(brier, rel=1e-6)


def dense_evidence(parameters, features, target):
    """Log density of a target in n - 1 dimensions.

    Noise, and a linear model whose coefficients are integrated out.
    """
    alpha, beta = np.exp(parameters)
    n = len(target)
    basis = np.linalg.svd(np.eye(n) - 1 / n)[0][
        :, : n - 1
    ]  # of everything that is orthogonal to the intercept
    covariance = basis.T @ (features @ features.T / alpha + np.eye(n) / beta) @ basis
    y = basis.T @ target
    sign, log_determinant = np.linalg.slogdet(covariance)
    assert sign > 0
    return -(log_determinant + y @ np.linalg.solve(covariance, y) + (n - 1) * np.log(2 * np.pi)) / 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("apart", [0.5, 2.0])
def test_log_me_is_the_largest_evidence_that_a_search_finds(shape, apart):
    features, labels = blobs(*shape, apart=apart)
    standard = standardise(features)
    evidences = []
    for k in range(3):
        target = (labels == k).astype(float)
        searches = [
            minimize(
                lambda p, target=target: -dense_evidence(p, standard, target),
                start,
                method="Nelder-Mead",
                bounds=[(-10, 25), (-10, 18)],
                options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 2000},
            )
            for start in ([0.0, 0.0], [6.0, 2.0])
        ]
        evidences.append(max(-search.fun for search in searches) / (len(labels) - 1))
    assert log_me(features, labels) == pytest.approx(np.mean(evidences), abs=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_h_score_is_that_of_dense_covariances(shape):
    features, labels = blobs(*shape)
    standard = standardise(features)
    covariance, shrinkage = ledoit_wolf(standard)
    means = np.array([standard[labels == y].mean(axis=0) for y in labels])
    expected = np.trace(np.linalg.inv(covariance) @ ((1 - shrinkage) * np.cov(means.T, bias=True)))
    assert 0 < shrinkage < 1
    assert h_score(features, labels) == pytest.approx(expected, rel=1e-9)


def test_leep_is_that_of_a_loop():
    theta, labels = softmax(logits_of()), np.arange(30) % 3
    total = 0.0
    for i in range(30):
        expected = 0.0
        for z in range(4):
            joint = sum(theta[j, z] for j in range(30) if labels[j] == labels[i]) / 30
            expected += joint / (sum(theta[j, z] for j in range(30)) / 30) * theta[i, z]
        total += np.log(expected)
    assert leep(theta, labels) == pytest.approx(total / 30, rel=1e-12)


def test_nce_is_that_of_a_loop():
    source, labels = logits_of().argmax(axis=1), np.arange(30) % 3
    entropy = 0.0
    for y in range(3):
        for z in range(4):
            both = sum((labels == y) & (source == z)) / 30
            entropy -= both * np.log(both / (sum(source == z) / 30)) if both else 0.0
    assert nce(source, labels) == pytest.approx(-entropy, rel=1e-12)
    # a head that is certain says the same to both
    assert leep(np.eye(4)[source], labels) == pytest.approx(-entropy, rel=1e-12)


# --- what must not matter


@pytest.mark.parametrize("score", OF_FEATURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_neither_order_nor_scale_nor_names_of_classes_matter(score, shape):
    features, labels = blobs(*shape, apart=0.5)
    expected = score(features, labels)
    rng = np.random.default_rng(1)
    order = rng.permutation(len(labels))
    assert score(features[order], labels[order]) == pytest.approx(expected, rel=1e-7)
    scaled = features * 10.0 ** rng.integers(-3, 4, shape[1]) * rng.choice([-1, 1], shape[1])
    assert score(scaled, labels) == pytest.approx(expected, rel=1e-7)
    assert score(features, np.array([2, 0, 1])[labels]) == pytest.approx(expected, rel=1e-7)
    assert score(features, np.array([0, 4, 2])[labels]) == pytest.approx(
        expected, rel=1e-7
    )  # 1 and 3 do not occur


@pytest.mark.parametrize("score", [leep, lambda theta, labels: nce(theta.argmax(axis=1), labels)])
def test_order_and_names_do_not_matter_to_scores_of_heads(score):
    theta, labels = softmax(logits_of()), np.arange(30) % 3
    expected = score(theta, labels)
    order = np.random.default_rng(1).permutation(30)
    assert score(theta[order], labels[order]) == pytest.approx(expected, rel=1e-12)
    assert score(theta[:, ::-1], np.array([4, 0, 2])[labels]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("score", OF_FEATURES)
def test_constant_features_do_not_matter(score):
    features, labels = blobs()
    noise = np.float32(1e4) * (
        1 + np.finfo(np.float32).eps * (np.arange(30) % 2)
    )  # constant, but for its rounding
    wider = np.column_stack([features, np.zeros(30), np.full(30, 7.0), noise])
    assert score(wider, labels) == pytest.approx(score(features, labels), rel=1e-9)


@pytest.mark.parametrize(
    ("score", "better"),
    [(knn_leave_one_out, 1), (ridge_accuracy, 1), (ridge_error, -1), (log_me, 1), (h_score, 1)],
)
@pytest.mark.parametrize("shape", [(60, 6), (60, 150)])
def test_classes_that_are_farther_apart_score_better(score, better, shape):
    scores = [better * score(*blobs(*shape, apart=apart)) for apart in (0.1, 0.6, 3.0)]
    assert scores == sorted(scores)
    assert scores[2] > scores[0]


def test_the_error_tells_apart_what_the_accuracy_does_not():
    near, labels = blobs(apart=4.0)
    far, _ = blobs(apart=20.0)
    one, other = ridge_leave_one_out(near, labels, 3), ridge_leave_one_out(far, labels, 3)
    assert one.accuracy == other.accuracy == 1.0
    assert other.error < one.error


# --- edges


@pytest.mark.parametrize("score", OF_FEATURES)
@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])),  # two series
        (np.random.default_rng(0).standard_normal((5, 40)), np.arange(5)),  # one series a class
        (np.ones((6, 3)), np.array([0, 1, 0, 1, 0, 1])),  # all series alike
        (np.zeros((7, 1)), np.array([0, 0, 0, 0, 0, 0, 3])),
        (
            np.repeat(np.eye(3), 2, axis=0),
            np.array([0, 1, 0, 1, 0, 1]),
        ),  # pairs alike, of different classes
        (
            np.array([[0.0], [0.0], [0.0], [1.0]]),
            np.array([0, 0, 0, 1]),
        ),  # a feature that is the label
        (np.array([[1e-30], [2e-30], [3e-30], [1e-30]]), np.array([0, 1, 1, 0])),
        (np.array([[1e30], [2e30], [3e30], [1e30]], dtype=np.float32), np.array([0, 1, 1, 0])),
    ],
)
def test_a_score_is_a_number_whatever_the_features(score, features, labels):
    found = score(features, labels)
    assert isinstance(found, float)
    assert np.isfinite(found)


def test_where_all_series_are_alike_scores_are_what_their_documentation_says():
    features = np.ones((6, 3))
    even, odd = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1])
    # the others' most frequent class is another one, or the four of six
    assert knn_leave_one_out(features, even) == ridge_accuracy(features, even) == 0.0
    assert knn_leave_one_out(features, odd) == pytest.approx(4 / 6)
    assert ridge_accuracy(features, odd) == pytest.approx(4 / 6)
    assert h_score(features, even) == 0.0
    # of five dimensions, noise of the labels' variance: half in every one of six
    variance = 6 * 0.25 / 5
    assert log_me(features, even) == pytest.approx(-(np.log(2 * np.pi * variance) + 1) / 2)


def test_equally_near_series_share_the_vote():
    features, labels = np.array([[0.0], [1.0], [2.0], [2.0]]), np.array([0, 1, 0, 1])
    # the second has neighbours 0, 2 and 3, of which two are not of its class; the last two have
    # each other
    assert knn_leave_one_out(features, labels) == pytest.approx(0.0)
    assert knn_leave_one_out(features[:3], labels[:3]) == pytest.approx(0.0)
    assert knn_leave_one_out(np.array([[0.0], [1.0], [2.0]]), np.array([0, 0, 1])) == pytest.approx(
        (1 + 0.5) / 3
    )


def test_distances_that_differ_by_rounding_are_equal():
    corners = np.eye(9) + 1e-13 * np.random.default_rng(0).standard_normal((9, 9))
    # all are equally far from each other, and each class has fewer of the others than the rest
    assert knn_leave_one_out(corners, np.arange(9) % 3) == 0.0


def test_a_head_that_knows_nothing_leaves_the_entropy_of_the_labels():
    labels = np.array([0, 0, 0, 1])
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert leep(np.full((4, 3), 1 / 3), labels) == pytest.approx(-entropy)
    assert nce(np.zeros(4, dtype=int), labels) == pytest.approx(-entropy)


def test_a_head_that_knows_all_leaves_nothing():
    labels = np.array([0, 1, 2, 2])
    assert nce(np.array([5, 3, 0, 0]), labels) == 0.0
    assert leep(np.eye(6)[[5, 3, 0, 0]], labels) == 0.0


def test_a_label_that_the_features_spell_out_has_bounded_evidence():
    features, labels = np.array([[0.0], [0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 0, 1, 1])
    plain = log_me(features, labels)
    assert np.isfinite(plain)
    assert plain > log_me(features + 0.1 * np.arange(5)[:, None], labels)


# --- what is refused


@pytest.mark.parametrize("score", OF_FEATURES)
def test_a_single_class_is_refused(score):
    with pytest.raises(DataError, match=r"3 series of one class: there is nothing to tell apart"):
        score(np.eye(3), np.array([1, 1, 1]))
    with pytest.raises(DataError, match=r"1 series of one class"):
        score(np.eye(1), np.array([0]))


@pytest.mark.parametrize("score", OF_FEATURES)
def test_features_that_are_no_numbers_are_refused(score):
    labels = np.array([0, 1, 0])
    with pytest.raises(DataError, match=r"^features of series 1 are not finite"):
        score(np.array([[0.0, 1.0], [np.nan, 0.0], [0.0, 0.0]]), labels)
    with pytest.raises(
        DataError, match=r"^features of shape \(3,\) and type float64; expected numbers"
    ):
        score(np.zeros(3), labels)
    with pytest.raises(
        DataError, match=r"^labels of shape \(3,\) and type int64; .* each of 4 series"
    ):
        score(np.eye(4), labels)


def test_labels_that_are_no_class_indices_are_refused():
    with pytest.raises(DataError, match=r"type float64; expected one class index"):
        log_me(np.eye(3), np.array([0.0, 1.0, 0.0]))
    with pytest.raises(DataError, match=r"^series 2: class index -1; indices count from 0"):
        log_me(np.eye(3), np.array([0, 1, -1]))
    with pytest.raises(DataError, match=r"^series 1: class index 4, but there are 3 classes"):
        ridge_leave_one_out(np.eye(3), np.array([0, 4, 1]), 3)


def test_heads_that_give_no_probabilities_are_refused():
    labels = np.array([0, 1])
    with pytest.raises(DataError, match=r"^probabilities of series 1 sum to 1.5 or are negative"):
        leep(np.array([[0.5, 0.5], [1.0, 0.5]]), labels)
    with pytest.raises(DataError, match=r"^probabilities of series 0 sum to 1 or are negative"):
        leep(np.array([[1.5, -0.5], [1.0, 0.0]]), labels)
    with pytest.raises(DataError, match=r"^source classes of shape \(2,\) and type float64"):
        nce(np.array([0.0, 1.0]), labels)


def test_no_neighbours_are_refused():
    with pytest.raises(OptionError, match=r"^k must be 1 or more, not 0"):
        knn_leave_one_out(np.eye(3), np.array([0, 1, 0]), k=0)


def test_scores_load_nothing_slow():
    code = (
        "import sys, scores; print([name for name in ('torch', 'numba', "
        "'sklearn', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "benchmarks",
    )
    assert found.stdout.strip() == "[]"
