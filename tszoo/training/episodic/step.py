"""Take steps of training in episodes: features, ridge heads, loss, gradient."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from tszoo.nets.network import Body
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pooling import pool_smoothly
from tszoo.training.episodic.ridge import RidgeHead, episode_loss
from tszoo.training.episodic.shape import Shape
from tszoo.training.episodic.trainee import Trainee

# The loss of a step, shape (), and the accuracy of each of its episodes, shape (n_episodes,).
Outcome = tuple[Tensor, Tensor]


class Drawn(NamedTuple):
    """What a step learns from: episodes, and what is known of them without a look at them."""

    shape: Shape
    episodes: Tensor


def features_of(body: Body, episodes: Tensor, precision: torch.dtype) -> Tensor:
    """Pool the maps of every stage of a body.

    Parameters
    ----------
    body : Body
        One that sees one channel.
    episodes : Tensor, shape (n_episodes, n_classes, per_class, length), float32
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast.

    Returns
    -------
    Tensor, shape (n_episodes, n_classes, per_class, n_features), float32
    """
    image = episodes.reshape(-1, 1, 1, episodes.shape[3])
    image = image.contiguous(memory_format=torch.channels_last)
    is_reduced = precision != torch.float32
    with torch.autocast(image.device.type, dtype=torch.bfloat16, enabled=is_reduced):
        pooled = [pool_smoothly(maps) for maps in body.stages(image)]
    return torch.cat(pooled, dim=1).view(*episodes.shape[:3], -1)


def judge_episodes(
    body: Body, head: RidgeHead, episodes: Tensor, precision: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Compute the loss of episodes, and the accuracy of each; see ``episode_loss``."""
    return episode_loss(head(features_of(body, episodes, precision)))


class Steps:
    """Takes one step after the other.

    Parameters
    ----------
    trainee : Trainee
    mixture : Mixture
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast.
    """

    def __init__(self, trainee: Trainee, mixture: Mixture, precision: torch.dtype) -> None:
        self.trainee, self.mixture, self.precision = trainee, mixture, precision

    def take(self, learning_rate: float) -> None:
        """Draw episodes, and move the body and the ridge head's numbers along their gradient."""
        drawn = self._draw()
        for group in self.trainee.optimizer.param_groups:
            group["lr"] = learning_rate
        self._note(drawn.shape, self._learn(drawn.episodes))

    def _draw(self) -> Drawn:
        trainee, mixture = self.trainee, self.mixture
        shape = mixture.draw_shape(trainee.shapes)
        with torch.no_grad():
            return Drawn(shape, mixture.draw(shape, trainee.episodes))

    def _learn(self, episodes: Tensor) -> Outcome:
        """Take a step on some episodes. Nothing waits for the device."""
        trainee = self.trainee
        trainee.optimizer.zero_grad(set_to_none=True)
        loss, accuracy = judge_episodes(trainee.body, trainee.head, episodes, self.precision)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trainee.body.parameters(), self.mixture.recipe.clip)
        trainee.optimizer.step()
        return loss.detach(), accuracy

    def _note(self, shape: Shape, outcome: Outcome) -> None:
        loss, accuracy = outcome
        self.trainee.take_note(loss, accuracy, shape.n_real)
