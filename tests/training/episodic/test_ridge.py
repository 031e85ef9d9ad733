"""The ridge head is the ridge regression of textbooks, and its gradient flows."""

from __future__ import annotations

import math

import numpy as np
import torch

from tests.support.episodes import tiny_recipe
from tszoo.training.episodic.ridge import LEAST_DEVIATION, RidgeHead, episode_loss


def some_features() -> torch.Tensor:
    return torch.randn(3, 4, 6, 11, generator=torch.Generator().manual_seed(0))


def primal(features: np.ndarray, penalty: float, scale: float) -> np.ndarray:
    """Logits of one episode's queries by the normal equations, in double precision."""
    n_classes, per_class, n_features = features.shape
    support = features[:, : per_class // 2].reshape(-1, n_features)
    query = features[:, per_class // 2 :].reshape(-1, n_features)
    mean, deviation = support.mean(0), support.std(0, ddof=1) + LEAST_DEVIATION
    support = (support - mean) / deviation / math.sqrt(n_features)
    query = (query - mean) / deviation / math.sqrt(n_features)
    labels = 2 * np.eye(n_classes).repeat(per_class // 2, axis=0) - 1
    level = labels.mean(0)
    normal = support.T @ support + penalty * np.eye(n_features)
    weights = np.linalg.solve(normal, support.T @ (labels - level))
    return (query @ weights + level) * scale


def test_against_the_normal_equations() -> None:
    features = some_features()
    logits = RidgeHead(tiny_recipe(penalty=0.3))(features)
    assert logits.dtype == torch.float32
    for episode, given in zip(features.double().numpy(), logits, strict=True):
        np.testing.assert_allclose(
            given.detach().numpy(), primal(episode, 0.3, math.e), rtol=1e-4, atol=1e-5
        )


def test_gradients_are_those_of_finite_differences() -> None:
    head = RidgeHead(tiny_recipe()).double()
    features = some_features()[:1].double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, *_: episode_loss(head(x))[0],
        (features, head.log_penalty, head.log_scale),
    )


def test_loss_and_accuracy() -> None:
    """Equal logits are guessing, whose loss is 1; right ones are right."""
    loss, _ = episode_loss(torch.zeros(2, 8, 4))
    assert math.isclose(loss.item(), 1, rel_tol=1e-6)
    sure = 9 * torch.eye(4).repeat_interleave(2, dim=0)
    loss, accuracy = episode_loss(torch.stack([sure, -sure]))
    assert accuracy.tolist() == [1.0, 0.0]
