from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.fits import ridge, trained
from tests.support.sources import source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, MissingExtraError, OptionError
from tszoo.explanation import explain
from tszoo.explanation.occlusion import Windows

SIZES = (12, 40, 2)


def bursts(n_series: int = 40, length: int = 60, seed: int = 3) -> tuple[Dataset, np.ndarray]:
    """Noise in which only how often a burst waves tells the classes apart, and where bursts are.

    Bursts have mean 0 and equal energy: what is around them is the same in both classes.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n_series) % 2
    places = rng.integers(10, length - 20, n_series)
    series = 0.3 * rng.standard_normal((n_series, length))
    for k, place in enumerate(places):
        series[k, place : place + 10] += 3 * np.sin(
            2 * np.pi * (1 + labels[k]) * np.arange(10) / 10
        )
    return Dataset.from_arrays(series, [f"c{k}" for k in labels], name="Bursts"), places


@pytest.fixture(scope="module")
def learnt():
    data, places = bursts()
    settings = {"epochs": 40, "learning_rate": 0.01, "batch_size": 8}
    return trained(data, source_models()[0], recipe=settings, level="no"), data, places


def logits_of(network, batch):
    return network(batch.x, batch.lengths, batch.levels)


def beside_maps(network, batch):
    """What a head's bias and levels say."""
    read = network.features(batch.x, batch.lengths, batch.levels)
    read[:, : network.channels_apart * network.body.n_features] = 0
    return network.head(read)


def mean_of(model, dataset, function=logits_of):
    """The mean of a function of all networks, (n_series, n_classes)."""
    with torch.inference_mode():
        (batch,) = model.batches(dataset)
        return torch.stack([function(network, batch) for network in model.networks]).mean(0).numpy()


def unequal(n_channels: int = 1) -> Dataset:
    toy = make_toy(*SIZES, n_channels=n_channels)
    series = [row[:, : 40 - 2 * (k % 5)] for k, row in enumerate(toy.series)]
    return Dataset.from_arrays(
        series, [toy.classes[k] for k in toy.labels], name="Ragged", layout="NCT"
    )


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (make_toy(*SIZES), 0),
        (make_toy(*SIZES, n_channels=3), 0),  # each channel through the source's body by itself
        (make_toy(*SIZES, n_channels=3), "none"),  # all channels together
        (unequal(), 0),
        (unequal(2), 0),
    ],
    ids=["one channel", "apart", "together", "unequal", "unequal, apart"],
)
@pytest.mark.parametrize("level", ["no", "yes"])
def test_activation_maps_add_up_to_the_logit(data, source, level):
    model = trained(data, source if source == "none" else source_models()[source], level=level)
    explanation = explain(model, data)
    assert explanation.method == "cam"
    assert np.array_equal(explanation.explained, model.predict_proba(data).argmax(axis=1))
    total = np.nansum(explanation.relevance, axis=(1, 2), dtype=np.float64) / data.lengths
    rows = np.arange(data.n_series)
    rest = mean_of(model, data, beside_maps)[rows, explanation.explained]
    logits = mean_of(model, data)[rows, explanation.explained]
    assert total + rest == pytest.approx(logits, abs=1e-4)
    for k, length in enumerate(data.lengths):
        assert np.isnan(explanation.relevance[k, :, length:]).all()
        assert np.isfinite(explanation.relevance[k, :, :length]).all()


def slow_occlusion(model, dataset, explained, width, stride):
    """Hide one window of one channel of one series at a time."""
    relevance = np.zeros(dataset.series.shape)
    (batch,) = model.batches(dataset)

    def probability(x, k):
        lengths = None if batch.lengths is None else batch.lengths[k : k + 1]
        levels = None if batch.levels is None else batch.levels[k : k + 1]
        with torch.inference_mode():
            members = [net(x[None], lengths, levels).double().softmax(1) for net in model.networks]
        return float(torch.stack(members).mean(0)[0, explained[k]])

    starts = list(range(0, dataset.length - width + 1, stride))
    if starts[-1] + width < dataset.length:
        starts.append(dataset.length - width)
    for k in range(dataset.n_series):
        length = int(dataset.lengths[k])
        for channel in range(dataset.n_channels):
            falls = [[] for _ in range(dataset.length)]
            for start in starts:
                x = batch.x[k].clone()
                end = min(start + width, length)
                if start < end:
                    x[channel, start:end] = batch.x[k, channel, :length].mean()
                fall = probability(batch.x[k], k) - probability(x, k)
                for point in range(start, start + width):
                    falls[point].append(fall)
            relevance[k, channel] = [np.mean(values) for values in falls]
    return relevance


# every kind and every window; all pairs of them if asked
WINDOWS = {"ridge": (5, 5), "channels": (8, 4), "unequal": (7, 3)}


@pytest.mark.parametrize(
    ("kind", "width", "stride"),
    [
        pytest.param(kind, *window, marks=[] if window == quick else pytest.mark.slow)
        for kind, quick in WINDOWS.items()
        for window in WINDOWS.values()
    ],
)
def test_occlusion_equals_hiding_one_window_after_the_other(kind, width, stride):
    data = {
        "ridge": make_toy(6, 32, 2),
        "channels": make_toy(4, 32, 2, n_channels=2),
        "unequal": unequal(2).take(np.arange(4)),
    }[kind]
    model = ridge(data) if kind == "ridge" else trained(data, source_models()[0])
    got = explain(model, data, method="occlusion", windows=Windows(width, stride))
    wanted = slow_occlusion(model, data, got.explained, width, stride)
    for k, length in enumerate(data.lengths):
        assert got.relevance[k, :, :length] == pytest.approx(wanted[k, :, :length], abs=1e-5)


@pytest.mark.parametrize("method", ["cam", "occlusion", "gradients"])
def test_what_tells_the_classes_apart_is_found(learnt, method):
    if method == "gradients":
        pytest.importorskip("captum")
    model, data, places = learnt
    explanation = explain(model, data, method=method)
    assert (explanation.explained == data.labels).mean() > 0.9
    relevance = explanation.relevance[:, 0]
    relevance = np.abs(relevance - np.median(relevance, axis=1, keepdims=True))
    inside = np.zeros(relevance.shape, dtype=bool)
    for k, place in enumerate(places):
        inside[k, place - 3 : place + 13] = True
    share = (relevance * inside).sum(axis=1) / relevance.sum(axis=1)
    assert np.median(share) > 0.6  # of a quarter of the points


def test_gradients_add_up_to_what_the_series_adds(learnt):
    pytest.importorskip("captum")
    model, data, _ = learnt
    explanation = explain(model, data.take(np.arange(5)), method="gradients")
    some = data.take(np.arange(5))
    flat = Dataset.from_arrays(np.zeros_like(some.series), name="flat", layout="NCT")
    gain = mean_of(model, some) - mean_of(model, flat)
    wanted = gain[np.arange(5), explanation.explained]
    got = explanation.relevance.sum(axis=(1, 2), dtype=np.float64)
    assert got == pytest.approx(wanted, rel=0.05, abs=0.05)


def test_a_class_can_be_asked_for(learnt):
    model, data, _ = learnt
    both = [explain(model, data, label=label) for label in ("c0", "c1")]
    assert set(both[0].explained) == {0}
    assert set(both[1].explained) == {1}
    assert not np.allclose(both[0].relevance, both[1].relevance)
    assert np.array_equal(model.explain(data, label="c1"), both[1].relevance)


@pytest.mark.parametrize("method", ["cam", "occlusion"])
def test_a_series_explanation_does_not_depend_on_the_others(learnt, method):
    model, data, _ = learnt
    whole = explain(model, data, method=method, label="c0").relevance
    alone = explain(model, data.take(np.array([7])), method=method, label="c0").relevance
    assert alone[0] == pytest.approx(whole[7], abs=1e-5)


def test_a_ridge_head_is_explained_by_occlusion():
    data = make_toy(12, 32, 2)
    model = ridge(data)
    assert explain(model, data).method == "occlusion"
    with pytest.raises(OptionError, match="has no class activation maps"):
        explain(model, data, method="cam")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "method='magic': not one of auto, cam, occlusion, gradients"),
        ({"label": "c7"}, "label='c7': no class of .*, which has c0, c1"),
        ({"method": "occlusion", "windows": Windows(61)}, "width=61: longer than the series"),
        ({"windows": Windows(5)}, 'method="cam" hides no part of a series'),
    ],
)
def test_what_cannot_be_is_one_clear_error(learnt, options, message):
    model, data, _ = learnt
    with pytest.raises(OptionError, match=message):
        explain(model, data, **options)


@pytest.mark.parametrize("numbers", [(0, None), (None, 0), (4, 5)])
def test_windows_that_leave_points_out_are_refused(numbers):
    with pytest.raises(OptionError, match="windows"):
        Windows(*numbers)


def test_series_of_another_length_are_refused(learnt):
    with pytest.raises(DataError, match="expected 60"):
        explain(learnt[0], np.zeros((2, 50)))


def test_gradients_without_captum_say_what_to_install(learnt, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "captum.attr", None)
    model, data, _ = learnt
    with pytest.raises(MissingExtraError, match=r"tszoo\[explain\]"):
        explain(model, data, method="gradients")


def test_progress_reaches_the_last_series(learnt):
    model, data, _ = learnt
    seen = []
    explain(model, data, method="occlusion", progress=lambda *done: seen.append(done))
    assert seen[-1] == (data.n_series, data.n_series)
