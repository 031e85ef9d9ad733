"""Episodes show the series that they say they show."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from tests.support.episodes import CPU, tiny_recipe
from tszoo.data import Dataset, choose_preprocessing, prepare
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.shape import Shape

WHOLE = tiny_recipe(windowed=0.0)


def numbered(n_classes: int, per_class: int, n_channels: int = 1, length: int = 9) -> Dataset:
    """Series that differ, each in its own way."""
    rng = np.random.default_rng(n_classes)
    series = rng.standard_normal((n_classes * per_class, n_channels, length))
    labels = np.repeat(np.arange(n_classes), per_class)
    return Dataset.from_arrays(series, labels.tolist(), name=f"{n_classes} classes")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def source_of(shown: torch.Tensor, dataset: Dataset) -> tuple[int, int]:
    """Find the series and the channel that an episode's series was interpolated from.

    Jitter moves its ends by up to 2 %, so the nearest one is it.
    """
    prepared = prepare(dataset, choose_preprocessing(dataset))
    off = ((prepared - shown.numpy()) ** 2).mean(axis=2)
    series, channel = np.unravel_index(off.argmin(), off.shape)
    assert off.min() < 0.1
    return int(series), int(channel)


def test_an_episode_shows_one_channel_and_one_class_a_row() -> None:
    dataset = numbered(3, 6, n_channels=2)
    drawn = Pool.of([dataset], CPU).draw(Shape(5, 5, 2, 4, 9), WHOLE, generator())
    assert drawn.shape == (5, 2, 4, 9)
    channels = set()
    for episode in drawn:
        sources = [[source_of(series, dataset) for series in row] for row in episode]
        classes = [{int(dataset.labels[i]) for i, _ in row} for row in sources]
        assert [len(each) for each in classes] == [1, 1]
        assert classes[0] != classes[1]
        shown = {channel for row in sources for _, channel in row}
        assert len(shown) == 1
        channels |= shown
    assert channels == {0, 1}


def test_support_and_query_share_no_series() -> None:
    dataset = numbered(2, 5)
    drawn = Pool.of([dataset], CPU).draw(Shape(20, 20, 2, 8, 9), WHOLE, generator())
    splits = set()
    for episode in drawn:
        for row in episode:
            sources = [source_of(series, dataset)[0] for series in row]
            assert not set(sources[:4]) & set(sources[4:])
            splits.add(frozenset(sources[:4]))
    assert len(splits) > 3  # the halves are cut anew


def test_only_data_sets_with_enough_classes_are_drawn() -> None:
    small, large = numbered(2, 6), numbered(5, 6)
    pool = Pool.of([small, large], CPU)
    assert pool.most_classes == 5
    for episode in pool.draw(Shape(10, 10, 4, 4, 9), WHOLE, generator()):
        for row in episode:
            source_of(row[0], large)


def test_windows_are_interpolated_linearly() -> None:
    """A straight line is a straight line in every window."""
    line = np.linspace(-1, 1, 40)
    dataset = Dataset.from_arrays(np.stack([line, line, -line, -line]), list("aabb"), name="Lines")
    recipe = tiny_recipe(windowed=1.0, least_window=0.5)
    drawn = Pool.of([dataset], CPU).draw(Shape(30, 30, 2, 2, 16), recipe, generator()).double()
    steps = drawn.diff(dim=-1)
    assert torch.allclose(steps, steps.mean(dim=-1, keepdim=True).expand_as(steps), atol=1e-5)
    whole = 2 * np.sqrt(3 * 39 / 41)  # the z-normalised line's height
    shares = (drawn[..., -1] - drawn[..., 0]).abs() / whole
    assert shares.min() > 0.45
    assert shares.max() < 1.001
    assert shares.std() > 0.05


def test_gaps_and_unequal_lengths() -> None:
    rng = np.random.default_rng(0)
    series = [rng.standard_normal(n) for n in (5, 30, 12, 7)]
    series[1][3] = np.nan
    pool = Pool.of([Dataset.from_arrays(series, list("aabb"), name="Ragged")], CPU)
    assert pool.length.tolist().count(30) == 1
    assert torch.isfinite(pool.draw(Shape(9, 9, 2, 4, 16), WHOLE, generator())).all()


def test_classes_of_one_series_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    series = np.random.default_rng(0).standard_normal((5, 8))
    useless = Dataset.from_arrays(series, list("aaabc"), name="Lonely")
    with caplog.at_level(logging.WARNING):
        pool = Pool.of([useless, numbered(2, 3)], CPU)
    assert pool.names == ("2 classes",)
    assert "Lonely: fewer than two classes have two series" in caplog.text


def test_the_same_generator_draws_the_same() -> None:
    pool, shape = Pool.of([numbered(3, 6)], CPU), Shape(3, 3, 2, 4, 9)
    first = pool.draw(shape, tiny_recipe(), generator(3))
    assert torch.equal(first, pool.draw(shape, tiny_recipe(), generator(3)))
    assert not torch.equal(first, pool.draw(shape, tiny_recipe(), generator(4)))
