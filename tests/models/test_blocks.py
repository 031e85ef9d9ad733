"""A series gets the same probabilities, to the last bit, alone and in any company."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.exported import LENGTH, exportable
from tests.support.small import SMALL
from tszoo.data import Dataset
from tszoo.models import blocks as module
from tszoo.models.blocks import block_size, blocks, width_of
from tszoo.models.model import Model

N_SERIES = 40


def some_series(model: Model) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    lengths = np.full(N_SERIES, LENGTH)
    if model.config.preprocessing.unequal:
        lengths = rng.integers(3, 3 * LENGTH, N_SERIES)
    return [rng.standard_normal((2, length)).cumsum(axis=1) for length in lengths]


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("architecture", SMALL)
def test_company_does_not_matter(
    architecture: str, unequal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SERIES_A_BLOCK", 16)  # several blocks
    if architecture == "mlp" and unequal:
        pytest.skip("takes one length")
    levels = architecture in ("fcn", "inception")
    model = exportable(architecture, unequal=unequal, levels=levels)
    series = some_series(model)
    whole = model.predict_proba(series)
    # the slow twin: all of them in one batch, which rounds otherwise
    at_once = model.predict_proba(series, batch_size=N_SERIES)
    np.testing.assert_allclose(whole, at_once, atol=1e-5, rtol=0)
    rng = np.random.default_rng(6)
    for n_series in (1, 2, 9, 33):
        some = rng.permutation(N_SERIES)[:n_series]
        part = model.predict_proba([series[i] for i in some])
        assert np.array_equal(part, whole[some])


@given(
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=60),
    unequal=st.booleans(),
)
@settings(max_examples=30)
def test_every_series_is_in_one_block_of_its_size(lengths: list[int], unequal: bool) -> None:
    if not unequal:
        lengths = lengths[:1] * len(lengths)
    series = [np.full((1, length), float(i)) for i, length in enumerate(lengths)]
    data = Dataset.from_arrays(series, name="numbered", unequal=unequal, layout="NCT")
    seen = []
    for rows, dataset in blocks(data, 64, unequal=unequal):
        width = max(map(width_of, dataset.lengths.tolist())) if unequal else lengths[0]
        assert dataset.series.shape == (block_size(width, 64), 1, width)
        assert dataset.series[: len(rows), 0, 0].tolist() == rows.tolist()
        assert dataset.lengths[: len(rows)].tolist() == [lengths[i] for i in rows]
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))


@given(st.integers(1, 10**6))
def test_a_width_holds_the_series_and_little_more(length: int) -> None:
    assert length <= width_of(length) <= max(module.LEAST_STEP, 1.25 * length + 16)
    assert width_of(width_of(length)) == width_of(length)


def test_progress_counts_series(monkeypatch: pytest.MonkeyPatch) -> None:
    model = exportable("fcn")
    monkeypatch.setattr(module, "MOST_SERIES_A_BLOCK", 32)
    seen: list[tuple[int, int]] = []
    X = np.zeros((70, 2, LENGTH)) + np.arange(LENGTH)
    model.predict_proba(X, progress=lambda *at: seen.append(at))
    assert seen == [(32, 70), (64, 70), (70, 70)]


def test_a_block_is_smaller_where_networks_are_wide_and_larger_on_a_gpu() -> None:
    assert block_size(150, 8) > block_size(150, 128) > block_size(10_000, 128) == 1
    assert block_size(150, 128, "cuda") > block_size(150, 128)


@pytest.mark.parametrize("architecture", SMALL)
def test_any_number_of_threads_gives_the_same(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SERIES_A_BLOCK", 4)
    model = exportable(architecture)
    series = some_series(model)
    before = torch.get_num_threads()
    answers = []
    try:
        for n_threads in (1, 2, 5):
            torch.set_num_threads(n_threads)
            answers.append(model.predict_proba(series))
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])
