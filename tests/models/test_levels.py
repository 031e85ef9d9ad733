from __future__ import annotations

import numpy as np
import torch

from tests.support.levels import make_levels
from tests.support.tiny import TINY_ARGS, make_model
from tszoo.data import Dataset
from tszoo.data.levels import level_numbers
from tszoo.models.levels import levels_outside
from tszoo.models.model import Model
from tszoo.readout.levels import level_knots


def reading_levels(train: Dataset) -> Model:
    model = make_model(train, architecture_args={**TINY_ARGS, "level": True})
    for network in model.networks:
        with torch.no_grad():
            network.level_knots.copy_(level_knots(level_numbers(train), train.length))
    return model


def test_levels_outside_training_are_counted_and_the_farthest_named() -> None:
    train = make_levels("level", n_channels=2)
    model = reading_levels(train)
    assert levels_outside(model, train) is None
    assert levels_outside(model, make_levels("level", n_channels=2, seed=1)) is None
    series = train.series.copy()
    series[3, 1] += 500
    series[5, 1] += 5000
    outside = levels_outside(model, Dataset.from_arrays(series, name="Hot"))
    assert outside is not None
    assert (outside.n_series, outside.channel) == (2, 2)
    assert outside.number in ("mean", "least", "greatest")
    assert outside.least < outside.greatest < 100 < 5000 < outside.value


def test_a_number_that_is_not_read_warns_of_nothing() -> None:
    flat = np.repeat([[1.0], [2.0]] * 6, 9, axis=1)
    train = Dataset.from_arrays(flat, ["low", "high"] * 6, name="Flat")
    wavy = Dataset.from_arrays(1.5 + 0.4 * np.tile([[1, -1, 1]], (2, 3)), name="Wavy")
    assert levels_outside(reading_levels(train), wavy) is None


def test_a_model_that_reads_no_levels_warns_of_nothing() -> None:
    hot = make_levels("level")
    assert levels_outside(make_model(make_levels("nothing")), hot) is None
