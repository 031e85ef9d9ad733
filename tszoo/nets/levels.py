"""Turn level numbers into what a head reads: smooth functions of a number's rank in training.

A number may differ by decades between series, or by little around a large value, and classes may
lie between others. So each becomes its rank among the training series, by linear interpolation
between their quantiles, from 0 to 1. That is monotone, and the same for any unit. The head reads
cosines of the rank, with smaller weight for faster ones: a smooth function of it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tszoo.nets.tracing import is_traced

# Mean, deviation, least, greatest and slope of every channel, see ``tszoo.data.levels``.
NUMBERS_A_CHANNEL = 5
# Quantiles that are kept of every number, the least and the greatest among them.
KNOTS = 9
# Cosines of every number, of 1 to 8 half waves.
WAVES = 8


def ranks(numbers: Tensor, knots: Tensor) -> Tensor:
    """Find where numbers lie among those of the training series.

    Equal quantiles count as one, at the mean of their ranks.

    Parameters
    ----------
    numbers : Tensor, shape (n_series, n_numbers)
    knots : Tensor, shape (KNOTS * n_numbers,)

    Returns
    -------
    Tensor, shape (n_series, n_numbers), float64
        From 0 to 1.
    """
    values, quantiles = numbers.double(), knots.double().reshape(KNOTS, -1)
    lower = (quantiles[None] < quantiles[:, None]).sum(dim=1)
    not_above = (quantiles[None] <= quantiles[:, None]).sum(dim=1)
    places = (lower + not_above - 1).double() / (2 * (KNOTS - 1))
    rank = places[0].expand_as(values)
    for before, after, place, next_place in zip(
        quantiles, quantiles[1:], places, places[1:], strict=False
    ):
        gap = after - before
        share = ((values - before) / gap.where(gap > 0, 1.0)).clamp(0, 1)
        rank = rank + (next_place - place) * share
    return rank


def read_levels(numbers: Tensor, knots: Tensor) -> Tensor:
    """Compute what a head reads of level numbers.

    Parameters
    ----------
    numbers : Tensor, shape (n_series, n_numbers)
    knots : Tensor, shape (KNOTS * n_numbers,)

    Returns
    -------
    Tensor, shape (n_series, WAVES * n_numbers), float32
        ``cos(k * pi * rank) / k`` for k from 1 to ``WAVES``; the first k of all numbers comes
        first.
    """
    rank = ranks(numbers, knots)
    waves = [_cosine(k * math.pi * rank) / k for k in range(1, WAVES + 1)]
    return torch.cat(waves, dim=1).float()


def _cosine(angles: Tensor) -> Tensor:
    if is_traced():
        # runtimes of ONNX have a sine in double precision, and some have no cosine
        return torch.sin(angles + math.pi / 2)
    return torch.cos(angles)
