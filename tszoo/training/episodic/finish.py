"""Give bodies that were trained in episodes the statistics that they go by when they are frozen."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from tszoo.nets.network import Body
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.norms import norms_of, set_momentum
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
    with norms_of(bodies) as norms, torch.no_grad():
        for batch in range(BATCHES):
            if deadline is not None and batch >= FEWEST and time.monotonic() >= deadline:
                break
            set_momentum(norms, 1 / (batch + 1))
            episodes = mixture.draw(mixture.draw_shape(trainee.shapes), trainee.episodes)
            for body in bodies:
                features_of(body.train(), episodes, precision)
    for body in bodies:
        body.eval()
