"""Say what is trained in episodes, for how long, and who watches."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch

from tszoo.nets.network import Body
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.episodic.budget import Budget
from tszoo.training.episodic.judge import Judge
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.report import EpisodicWatcher


@dataclass(frozen=True, eq=False)
class Job:
    """What is trained in episodes, for how long, and who watches.

    Attributes
    ----------
    mixture : Mixture
        What is learnt, by its recipe.
    budget : Budget
    seed : int
        Of the episodes.
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast; weights and ridge heads stay float32.
    judge : Judge or None
        Data sets that are kept for judging.
    untrained : Body or None
        The body that is judged beside the trained one; given if there is a judge.
    watch : EpisodicWatcher or None
    checkpoint : Checkpoint or None
        Where and how often the run is saved, and whether to go on from what is there.
    started : float
        The reading of ``time.monotonic`` from which on the budget's time is spent: reading data and
        waking a GPU belong to it.
    """

    mixture: Mixture
    budget: Budget
    seed: int
    precision: torch.dtype = torch.float32
    judge: Judge | None = None
    untrained: Body | None = None
    watch: EpisodicWatcher | None = None
    checkpoint: Checkpoint | None = None
    started: float = field(default_factory=time.monotonic)
