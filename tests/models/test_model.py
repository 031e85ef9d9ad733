from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.models import model as model_module
from tszoo.similarity.prototypes import Prototypes


def slow_probabilities(model, dataset):
    """The mean of the members' softmax, one series and one member at a time."""
    rows = []
    for series in prepare(dataset, model.config.preprocessing):
        votes = []
        for network in model.networks:
            with torch.no_grad():
                logits = network(torch.from_numpy(series[None])).numpy()[0].astype(np.float64)
            votes.append(np.exp(logits) / np.exp(logits).sum())
        rows.append(np.mean(votes, axis=0))
    return np.array(rows)


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_probabilities_are_the_mean_of_the_members(members, n_channels):
    toy = make_toy(n_channels=n_channels, n_classes=3)
    model = make_model(toy, members)
    probabilities = model.predict_proba(toy)
    assert probabilities.shape == (24, 3)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(probabilities, slow_probabilities(model, toy), atol=1e-5)


def test_a_prediction_does_not_depend_on_its_batch(toy):
    model = make_model(toy)
    whole = model.predict_proba(toy)
    for batch_size in (1, 5, 24, 1000):
        np.testing.assert_allclose(
            model.predict_proba(toy, batch_size=batch_size), whole, atol=1e-6
        )
    alone = np.concatenate(
        [model.predict_proba(toy.series[i : i + 1]) for i in range(toy.n_series)]
    )
    np.testing.assert_allclose(alone, whole, atol=1e-6)
    np.testing.assert_allclose(
        model.predict_proba(toy.take(np.arange(24)[::-1])), whole[::-1], atol=1e-6
    )


def test_a_missing_end_means_the_same_whatever_the_other_series_lack(toy):
    """NaNs at an end are padding or missing values by the model, not by the company."""
    gap_at_end, gap_inside = np.array(toy.series[:2, 0])
    gap_at_end[-4:] = np.nan
    gap_inside[8:10] = np.nan
    for preprocessing in (Preprocessing(), Preprocessing(unequal=True)):
        model = make_model(toy, preprocessing=preprocessing)
        together = model.predict_proba(np.stack([gap_at_end, gap_inside]))
        np.testing.assert_allclose(together[:1], model.predict_proba(gap_at_end[None]), atol=1e-6)
        np.testing.assert_allclose(together[1:], model.predict_proba(gap_inside[None]), atol=1e-6)


@pytest.mark.parametrize(
    "labels", [(-1, 1), (10, 20), (0.5, 1.5), ("a", "bc"), (False, True), (10**30, 1), ("x\0", "y")]
)
def test_labels_come_back_as_they_went_in(toy, labels):
    model = make_model(toy, classes=labels)
    predicted = model.predict(toy)
    assert predicted.shape == (24,)
    assert model.classes == labels
    best = model.predict_proba(toy).argmax(axis=1)
    assert predicted.tolist() == [labels[k] for k in best]


def test_labels_may_be_any_hashables(toy):
    model = make_model(toy, classes=(("a", 1), frozenset("b")))
    assert set(model.predict(toy)) <= {("a", 1), frozenset("b")}


def test_series_come_as_arrays_lists_or_data_sets(toy):
    model = make_model(toy)
    expected = model.predict_proba(toy)
    for X in (
        toy.series,
        toy.series[:, 0],
        toy.series[:, 0].tolist(),
        list(toy.series[:, 0]),
        toy.series.astype("f8"),
    ):
        np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)


def test_one_series_and_none(toy):
    model = make_model(toy)
    assert model.predict_proba(toy.series[:1]).shape == (1, 2)
    assert model.predict(toy.take([])).shape == (0,)


def test_missing_values_are_interpolated(toy):
    series = np.array(toy.series[:1])
    filled = series.copy()
    series[0, 0, 10] = np.nan
    filled[0, 0, 10] = (filled[0, 0, 9] + filled[0, 0, 11]) / 2
    # normalised over the observed points alone, so close but not the same
    np.testing.assert_allclose(
        make_model(toy).predict_proba(series), make_model(toy).predict_proba(filled), atol=1e-2
    )


def test_a_model_of_unequal_series_takes_any_length(toy):
    model = make_model(toy, preprocessing=Preprocessing(unequal=True))
    rows = [np.sin(np.linspace(0, 6, n)) for n in (1, 7, 20, 300)]
    together = model.predict_proba(rows)
    alone = np.concatenate([model.predict_proba([row]) for row in rows])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_another_length_is_refused(toy):
    X = [np.zeros(32), np.arange(31.0)]
    with pytest.raises(
        DataError,
        match=r"X, series 1: 31 values, expected 32: inception\.Toy takes series of the length",
    ):
        make_model(toy).predict(X)


def test_another_number_of_channels_is_refused(toy):
    with pytest.raises(
        DataError, match=r"X: 2 channel\(s\), expected 1 as inception\.Toy was trained on"
    ):
        make_model(toy).predict(np.zeros((3, 2, 32)))


def test_data_that_are_none_are_refused(toy):
    with pytest.raises(DataError, match="series 1: infinite value at point 3"):
        make_model(toy).predict(np.where(np.arange(64).reshape(2, 32) == 35, np.inf, 0))


@pytest.mark.parametrize("batch_size", [0, -3])
def test_impossible_batch_sizes_are_refused(toy, batch_size):
    with pytest.raises(OptionError, match="batch_size must be 1 or more"):
        make_model(toy).predict(toy, batch_size=batch_size)


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("gpu", "device must be auto, cpu, cuda or cuda:N, not 'gpu'"),
        ("cuda:99", "device cuda:99: this machine has . CUDA device"),
        ("", "device must be auto, cpu, cuda or cuda:N, not ''"),
    ],
)
def test_impossible_devices_are_refused(toy, device, text):
    with pytest.raises(OptionError, match=text):
        make_model(toy).predict(toy, device=device)


def test_batches_are_bounded_by_values(toy, monkeypatch):
    model = make_model(toy)
    monkeypatch.setattr(model_module, "VALUES_A_BATCH", 5 * 32 * 16)
    sizes = [len(batch.rows) for batch in model.batches(toy)]
    assert sizes == [5] * 4 + [4]


def test_progress_is_reported(toy):
    seen = []
    make_model(toy).predict(
        toy, batch_size=10, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(10, 24), (20, 24), (24, 24)]


def test_features_of_all_members_stand_side_by_side(toy):
    model = make_model(toy, members=3)
    features = model.embed(toy)
    assert features.shape == (24, 3 * 16)
    assert features.dtype == np.float32
    with torch.no_grad():
        x = torch.from_numpy(prepare(toy, Preprocessing()))
        expected = np.concatenate(
            [network.features(x).numpy() for network in model.networks], axis=1
        )
    np.testing.assert_allclose(features, expected, atol=1e-6)


def test_networks_predict_in_evaluation_mode(toy):
    model = make_model(toy)
    before = {key: value.clone() for key, value in model.networks[0].state_dict().items()}
    model.networks[0].train()
    model.predict(toy)
    assert all(
        torch.equal(before[key], value) for key, value in model.networks[0].state_dict().items()
    )


def test_weights_that_overflow_are_reported(toy):
    model = make_model(toy)
    with torch.no_grad():
        model.networks[0].head.weight.fill_(1e38)
        model.networks[0].head.weight[0].fill_(-1e38)
        model.networks[0].head.bias.fill_(float("inf"))
    with pytest.raises(ModelError, match=r"the probabilities of series 0 are not numbers"):
        model.predict(toy)


def test_parts_that_disagree_are_refused(toy):
    model = make_model(toy)
    with pytest.raises(ModelError, match=r"1 network\(s\), but the config says 2 members"):
        replace(model, networks=model.networks[:1])
    with pytest.raises(ModelError, match="member 0 has 2 outputs, the config 3 classes"):
        replace(model, config=replace(model.config, classes=("a", "b", "c")))
    with pytest.raises(ModelError, match=r"the prototypes are of classes \('x', 'y'\)"):
        replace(model, prototypes=Prototypes(("x", "y"), model.prototypes.series))
    with pytest.raises(ModelError, match=r"the prototypes have 1 channel\(s\), the config says 2"):
        replace(model, config=replace(model.config, n_channels=2))


def test_models_can_be_pickled(toy):
    model = make_model(toy)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).predict_proba(toy), model.predict_proba(toy)
    )


def test_series_of_one_point():
    rng = np.random.default_rng(0)
    dots = Dataset.from_arrays(rng.standard_normal((4, 1)), [0, 1, 0, 1])
    assert make_model(dots).predict_proba(dots).shape == (4, 2)
