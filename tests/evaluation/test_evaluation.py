import numpy as np
import pytest
from sklearn import metrics

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError
from tszoo.evaluation.metrics import accuracy, evaluate, log_loss, score


@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_their_definitions(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 60)
    probabilities = rng.dirichlet(np.ones(4), 60)
    toy = make_toy(60, n_classes=4)
    result = score(labels, probabilities, ("a", "b", "c", "d"), "m", toy)
    predicted = probabilities.argmax(axis=1)

    confusion = np.zeros((4, 4), dtype=int)
    for true, guess in zip(labels, predicted, strict=True):
        confusion[true, guess] += 1
    recalls = [confusion[k, k] / confusion[k].sum() for k in range(4)]
    assert np.array_equal(result.confusion, confusion)
    assert result.accuracy == pytest.approx(np.trace(confusion) / 60)
    assert result.balanced_accuracy == pytest.approx(np.mean(recalls))
    assert result.macro_f1 == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    assert result.log_loss == pytest.approx(metrics.log_loss(labels, probabilities))
    assert [c.n_series for c in result.per_class] == np.bincount(labels).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_accuracy_and_log_loss_are_scikit_learns(dtype):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 50)
    probabilities = rng.dirichlet(np.ones(3), 50).astype(dtype)
    predicted = probabilities.argmax(axis=1)
    assert accuracy(probabilities, labels) == metrics.accuracy_score(labels, predicted)
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    expected = metrics.log_loss(labels, exact, labels=[0, 1, 2])
    assert log_loss(probabilities, labels) == pytest.approx(expected, rel=1e-5)
    assert type(accuracy(probabilities, labels)) is type(log_loss(probabilities, labels)) is float


def test_a_class_that_the_data_lack_does_not_count():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1, 0.0], [0.8, 0.1, 0.1], [0.2, 0.8, 0.0], [0.6, 0.3, 0.1]])
    result = score(labels, probabilities, (1, 2, 3), "m", make_toy(4))
    assert result.balanced_accuracy == pytest.approx((1.0 + 0.5) / 2)
    assert result.confusion.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_a_certain_and_wrong_prediction_has_a_finite_log_loss():
    result = score(np.array([1]), np.array([[1.0, 0.0]]), ("a", "b"), "m", make_toy(2))
    assert 30 < result.log_loss < 40


def test_labels_are_matched_by_name_not_by_position(toy):
    model = make_model(toy)
    only_second = toy.take(np.flatnonzero(toy.labels == 1))
    renamed = Dataset.from_arrays(only_second.series, ["c1"] * only_second.n_series, name="Later")
    result = evaluate(model, renamed)
    assert result.n_series == renamed.n_series
    assert result.confusion[0].sum() == 0


def test_an_unknown_class_is_refused(toy):
    model = make_model(toy)
    other = Dataset.from_arrays(toy.series, ["c0", "new"] * (toy.n_series // 2), name="Other")
    with pytest.raises(
        DataError,
        match="Other, series 1: class new occurs only here; the training data have c0, c1",
    ):
        evaluate(model, other)


def test_data_without_labels_are_refused(toy):
    model = make_model(toy)
    with pytest.raises(DataError, match="no labels to judge the predictions by"):
        evaluate(model, Dataset.from_arrays(toy.series, name="Blank"))
