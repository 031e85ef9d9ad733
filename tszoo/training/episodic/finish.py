"""Give bodies that were trained in episodes the statistics that they go by when they are frozen."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import nn

from tszoo.nets.network import Body
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.step import features_of
from tszoo.training.episodic.trainee import Trainee

# Batches that statistics are means over, and how many are enough where time is short.
BATCHES = 40
FEWEST = 8


def average_statistics(
    bodies: Sequence[Body],
    trainee: Trainee,
    mixture: Mixture,
    precision: torch.dtype,
    deadline: float | None = None,
) -> None:
    """Average the batch-norm statistics of bodies over fresh episodes, the same for all of them.

    They are left in evaluation mode.

    Parameters
    ----------
    bodies : sequence of Body
    trainee : Trainee
        Whose generators episodes are drawn by.
    mixture : Mixture
    precision : torch.dtype
    deadline : float or None
        The reading of ``time.monotonic`` from which on ``FEWEST`` batches are enough.
    """
    norms = [
        module for body in bodies for module in body.modules() if isinstance(module, nn.BatchNorm2d)
    ]
    momenta = [norm.momentum for norm in norms]
    for batch in range(BATCHES):
        if deadline is not None and batch >= FEWEST and time.monotonic() >= deadline:
            break
        for norm in norms:
            norm.momentum = 1 / (batch + 1)
        with torch.no_grad():
            episodes = mixture.draw(mixture.draw_shape(trainee.shapes), trainee.episodes)
            for body in bodies:
                features_of(body.train(), episodes, precision)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    for body in bodies:
        body.eval()
