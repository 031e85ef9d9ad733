"""Take one step of training in episodes: features, ridge heads, loss, gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from tszoo.nets.network import Body
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pooling import pool_smoothly
from tszoo.training.episodic.ridge import RidgeHead, episode_loss
from tszoo.training.episodic.trainee import Trainee


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


def take_step(
    trainee: Trainee, mixture: Mixture, learning_rate: float, precision: torch.dtype
) -> None:
    """Draw episodes, and move the body and the ridge head's numbers along their gradient.

    Nothing waits for the device.
    """
    shape = mixture.draw_shape(trainee.shapes)
    with torch.no_grad():
        episodes = mixture.draw(shape, trainee.episodes)
    loss, accuracy = judge_episodes(trainee.body, trainee.head, episodes, precision)
    optimizer = trainee.optimizer
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(trainee.body.parameters(), mixture.recipe.clip)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    trainee.take_note(loss.detach(), accuracy, shape.n_real)
