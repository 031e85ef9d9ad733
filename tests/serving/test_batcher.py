"""Requests that wait together share a pass, and get what each gets alone, to the last bit."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.exported import LENGTH, exportable
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError
from tszoo.models.model import Model
from tszoo.serving.batcher import Batcher
from tszoo.serving.served import Served

MODELS = {
    "inception": exportable("inception"),
    "resnet": exportable("resnet"),
    "unequal": exportable("inception", unequal=True, levels=True),
    "mlp": exportable("mlp"),
}


def request(model: Model, n_series: int, rng: np.random.Generator) -> Dataset:
    lengths = np.full(n_series, LENGTH)
    if model.config.preprocessing.unequal:
        lengths = rng.integers(3, 2 * LENGTH, n_series)
    series = [rng.standard_normal((2, length)).cumsum(axis=1) for length in lengths]
    unequal = model.config.preprocessing.unequal
    return Dataset.from_arrays(series, name="body", unequal=unequal, layout="NCT")


@pytest.mark.parametrize("name", MODELS)
@given(sizes=st.lists(st.integers(1, 9), min_size=2, max_size=8), seed=st.integers(0, 99))
@settings(max_examples=6)
def test_company_does_not_matter(name: str, sizes: list[int], seed: int) -> None:
    model = MODELS[name]
    rng = np.random.default_rng(seed)
    requests = [request(model, size, rng) for size in sizes]
    passes: list[tuple[str, int, int]] = []
    batcher = Batcher(100, computed=lambda *told: passes.append(told))
    served = Served(name, model)
    waiting = [batcher.submit(served, dataset) for dataset in requests]
    batcher.start()
    for answer, dataset in zip(waiting, requests, strict=True):
        assert np.array_equal(answer.result(), model.predict_proba(dataset))
    batcher.close()
    assert passes == [(name, len(sizes), sum(sizes))]


def test_a_pass_has_one_model_and_no_more_series_than_it_may() -> None:
    passes: list[tuple[str, int, int]] = []
    batcher = Batcher(10, computed=lambda *told: passes.append(told))
    rng = np.random.default_rng(0)
    first, other = Served("a", MODELS["mlp"]), Served("b", MODELS["resnet"])
    waiting: list[Future[np.ndarray]] = []
    for served, n_series in ((first, 4), (other, 3), (first, 5), (first, 2), (first, 30)):
        waiting.append(batcher.submit(served, request(served.model, n_series, rng)))
    batcher.start()
    batcher.close()
    assert [len(answer.result()) for answer in waiting] == [4, 3, 5, 2, 30]
    assert passes == [("a", 2, 9), ("b", 1, 3), ("a", 1, 2), ("a", 1, 30)]


def test_one_that_fails_fails_alone() -> None:
    model = MODELS["mlp"]
    batcher = Batcher(100)
    served = Served("a", model)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="1 channel"):
        batcher.submit(served, one_channel())
    good = request(model, 3, rng)
    broken = replace(request(model, 1, rng), name="broken")

    class Picky:
        name, model = "a", served.model

        def probabilities(self, dataset: Dataset) -> np.ndarray:
            if any(np.array_equal(row, broken.series[0]) for row in dataset.series):
                raise ModelError("the weights overflow.")
            return model.predict_proba(dataset)

    picky = Picky()
    waiting = [batcher.submit(picky, dataset) for dataset in (good, broken)]  # type: ignore[arg-type]
    batcher.start()
    assert np.array_equal(waiting[0].result(), model.predict_proba(good))
    with pytest.raises(ModelError, match="overflow"):
        waiting[1].result()
    batcher.close()


def one_channel() -> Dataset:
    return Dataset.from_arrays(np.zeros((1, LENGTH)), name="body", layout="NCT")
