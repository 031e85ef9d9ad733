"""Score a network on held-out series in the middle of its training."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch

from tszoo.nets.network import Network
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData
from tszoo.training.loss import losses


@torch.no_grad()
def validate(
    network: Network,
    sets: Sequence[TrainingData],
    validation: TrainingData,
    kind: str,
    precision: torch.dtype,
) -> tuple[float, float]:
    """Compute mean loss and accuracy on ``validation``, as if training ended now.

    They are those of a copy with exact batch-norm statistics of the training sets, because the
    running ones trail too far behind. Without ``sets`` statistics stay as they are.
    """
    now = deepcopy(network)
    device = validation.x.device
    loss, right = torch.zeros((), device=device), torch.zeros((), device=device)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == torch.bfloat16):
        recompute_batch_norm(now, sets)
        now.eval()
        for part in validation.batches(now):
            logits = now(part.x, part.lengths, part.levels)
            loss += losses(kind, logits, part.y).sum()
            right += (logits.argmax(dim=1) == part.y).sum()
    return loss.item() / len(validation.x), right.item() / len(validation.x)
