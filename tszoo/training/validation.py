"""Score a network on other series in the middle of its training."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch

from tszoo.nets.network import Network
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData
from tszoo.training.loss import losses


@torch.no_grad()
def as_finished(
    network: Network, sets: Sequence[TrainingData], precision: torch.dtype = torch.float32
) -> Network:
    """Copy a network as it would be if training ended now, in evaluation mode.

    The copy has exact batch-norm statistics of the training sets, because the running ones trail
    too far behind. Without ``sets`` statistics stay as they are.
    """
    now = deepcopy(network)
    with _autocast(now, precision):
        recompute_batch_norm(now, sets)
    return now.eval()


@torch.no_grad()
def score(
    network: Network, data: TrainingData, kind: str, precision: torch.dtype
) -> tuple[float, float]:
    """Compute the mean loss of a finished network on some series, and its accuracy."""
    device = data.x.device
    loss, right = torch.zeros((), device=device), torch.zeros((), device=device)
    with _autocast(network, precision):
        for part in data.batches(network):
            logits = network(part.x, part.lengths, part.levels)
            loss += losses(kind, logits, part.y).sum()
            right += (logits.argmax(dim=1) == part.y).sum()
    return loss.item() / len(data.x), right.item() / len(data.x)


def _autocast(network: Network, precision: torch.dtype) -> torch.autocast:
    device = network.head.weight.device.type
    return torch.autocast(device, torch.bfloat16, enabled=precision == torch.bfloat16)
