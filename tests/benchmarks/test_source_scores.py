"""All scores of a source are those of its extracted features, and are kept for the next time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scores import h_score, knn_leave_one_out, leep, log_me, nce
from scores import sources as module
from scores.sources import OF_HEADS, SCORES, score_source

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data.preprocess import choose_preprocessing
from tszoo.readout.features import extract
from tszoo.readout.score import ridge_leave_one_out
from tszoo.zoo.find import load_model
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    root = tmp_path_factory.mktemp("scores") / "zoo"
    add_model(root, make_model(replace(make_toy(), name="Coffee"), members=2))
    return root


@pytest.fixture
def target():
    return make_toy(30, length=40, n_classes=3, seed=9)


def test_scores_are_those_of_the_extracted_features(zoo, target):
    scores = score_source(target, "inception.Coffee", zoo)
    network = load_model("inception.Coffee", zoo).networks[0]
    extracted = extract(network, target, choose_preprocessing(target))
    labels = target.require_labels()
    ridge, last = (ridge_leave_one_out(x, labels, 3) for x in (extracted.stages, extracted.last))
    theta = torch.from_numpy(extracted.logits).double().softmax(dim=1).numpy()
    expected = {
        "knn": knn_leave_one_out(extracted.stages, labels),
        "ridge": ridge.accuracy,
        "ridge_error": ridge.error,
        "log_me": log_me(extracted.stages, labels),
        "h_score": h_score(extracted.stages, labels),
        "last_knn": knn_leave_one_out(extracted.last, labels),
        "last_ridge": last.accuracy,
        "last_ridge_error": last.error,
        "last_log_me": log_me(extracted.last, labels),
        "last_h_score": h_score(extracted.last, labels),
        "leep": leep(theta, labels),
        "nce": nce(theta.argmax(axis=1), labels),
    }
    assert scores == pytest.approx(expected)
    assert set(scores) == set(SCORES)


def test_channels_that_go_through_a_network_one_by_one_leave_its_head_out(zoo):
    scores = score_source(make_toy(20, n_channels=2), "inception.Coffee", zoo)
    assert set(scores) == set(SCORES) - set(OF_HEADS)


def test_series_that_a_network_cannot_take_have_no_scores(tmp_path, target):
    add_model(tmp_path, make_model(replace(make_toy(n_channels=3), name="Three"), 1))
    assert score_source(target, "inception.Three", tmp_path) == {}


def test_a_second_time_nothing_is_computed(zoo, target, tmp_path, monkeypatch):
    first = score_source(target, "inception.Coffee", zoo, tmp_path)
    monkeypatch.setattr(module, "extract", None)
    assert score_source(target, "inception.Coffee", zoo, tmp_path) == first
    other = replace(target, labels=np.roll(target.labels, 1))
    with pytest.raises(TypeError):
        score_source(other, "inception.Coffee", zoo, tmp_path)
