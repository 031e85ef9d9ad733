"""Fit a ridge head to the support of episodes, so that gradients flow through the fit.

Bertinetto et al. (2019), "Meta-learning with differentiable closed-form solvers", section 3.2: with
fewer support series than features, the dual form solves the smaller system.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tszoo.training.episodic.recipe import EpisodicRecipe

# Added to the support's deviation: a feature that is constant there stays small.
LEAST_DEVIATION = 1e-3


class RidgeHead(nn.Module):
    """A ridge classifier whose penalty, and the scale of whose decision values, are learnt.

    Parameters
    ----------
    recipe : EpisodicRecipe
        Its ``penalty`` is where the penalty starts; the scale starts at e.

    Attributes
    ----------
    log_penalty, log_scale : nn.Parameter, shape ()
    """

    def __init__(self, recipe: EpisodicRecipe) -> None:
        super().__init__()
        self.log_penalty = nn.Parameter(torch.tensor(math.log(recipe.penalty)))
        self.log_scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, features: Tensor) -> Tensor:
        """Fit every episode's support, and score its queries.

        Features are standardised by the support's mean and deviation, and divided by the root of
        their number. Labels are +1 for a series' own class and -1 for the others.

        Parameters
        ----------
        features : Tensor, shape (n_episodes, n_classes, per_class, n_features)
            The first half of a class's series is support, the other half is query.

        Returns
        -------
        Tensor, shape (n_episodes, queries, n_classes)
            Logits; the queries of the first class come first.
        """
        n_classes = features.shape[1]
        support, query = (half.flatten(1, 2) for half in features.chunk(2, dim=2))
        mean = support.mean(dim=1, keepdim=True)
        deviation = support.std(dim=1, keepdim=True) + LEAST_DEVIATION
        root = math.sqrt(features.shape[3])
        support = (support - mean) / (deviation * root)
        query = (query - mean) / (deviation * root)
        labels = _signs(n_classes, support)
        level = labels.mean(dim=0)
        gram = support @ support.mT
        ridge = self.log_penalty.exp() * torch.eye(
            len(labels), device=gram.device, dtype=gram.dtype
        )
        # not linalg.cholesky, which waits for the device to say whether it went well: with a
        # penalty above 0 it does
        factor, _ = torch.linalg.cholesky_ex(gram + ridge)
        centred = (labels - level).expand(len(gram), -1, -1)
        # not torch.cholesky_solve, which cannot be recorded on CUDA
        halfway = torch.linalg.solve_triangular(factor, centred, upper=False)
        weights = torch.linalg.solve_triangular(factor.mT, halfway, upper=True)
        values: Tensor = query @ support.mT @ weights + level
        return values * self.log_scale.exp()


def episode_loss(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Judge the logits of queries, shape (n_episodes, queries, n_classes).

    Returns
    -------
    loss : Tensor, shape ()
        Mean cross-entropy, divided by that of guessing, ``log(n_classes)``.
    accuracy : Tensor, shape (n_episodes,)
        Share of every episode's queries whose largest logit is their class's.
    """
    n_episodes, n_queries, n_classes = logits.shape
    classes = torch.arange(n_classes, device=logits.device)
    wanted = classes.repeat_interleave(n_queries // n_classes).expand(n_episodes, -1)
    loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten()) / math.log(n_classes)
    accuracy = (logits.argmax(dim=2) == wanted).float().mean(dim=1)
    return loss, accuracy


def _signs(n_classes: int, support: Tensor) -> Tensor:
    """Make the labels of the support, shape (support, n_classes)."""
    same = torch.eye(n_classes, device=support.device, dtype=support.dtype)
    return 2 * same.repeat_interleave(support.shape[1] // n_classes, dim=0) - 1
