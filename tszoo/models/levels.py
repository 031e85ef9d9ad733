"""Tell which series have levels outside those that a model was trained on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.data.levels import NUMBERS, level_numbers
from tszoo.models.model import Model
from tszoo.nets.levels import KNOTS

# How far outside counts, as a share of the range in training: a few new series lie a little outside
# wherever something is measured.
MARGIN = 0.25


class Outside(NamedTuple):
    """Levels that lie outside those that a model was trained on.

    Attributes
    ----------
    n_series : int
        Series with such levels.
    channel : int
        Of the number that lies farthest outside, by its range in training; counted from 1.
    number : str
        Its name, of ``tszoo.data.levels.NUMBERS``.
    value, least, greatest : float
        The number, and its range in training.
    """

    n_series: int
    channel: int
    number: str
    value: float
    least: float
    greatest: float


def levels_outside(model: Model, dataset: Dataset) -> Outside | None:
    """Find series whose level numbers lie clearly outside the range of the training series.

    What a model answers for those was never judged. None where there are none, or where the model
    reads no levels.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        With as many channels as the model takes.
    """
    network = model.networks[0]
    if not network.level:
        return None
    knots = network.level_knots.double().cpu().numpy().reshape(KNOTS, -1)
    least, greatest = knots[0], knots[-1]
    width = greatest - least
    numbers = level_numbers(dataset).astype(np.float64)
    beyond = np.maximum(least - numbers, numbers - greatest)
    # a number without a range is not read
    share = np.divide(beyond, width, out=np.zeros_like(beyond), where=width > 0)
    is_outside = share > MARGIN
    if not is_outside.any():
        return None
    row, column = np.unravel_index(int(share.argmax()), share.shape)
    channel, number = divmod(int(column), len(NUMBERS))
    return Outside(
        int(is_outside.any(axis=1).sum()),
        channel + 1,
        NUMBERS[number],
        float(numbers[row, column]),
        float(least[column]),
        float(greatest[column]),
    )
