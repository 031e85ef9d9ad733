"""What a network says of held-out series in the middle of its training."""

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
    """Mean loss and accuracy on ``validation``, of the network as it would be if it ended now.

    That is a copy with exact batch-norm statistics of the training sets: the running ones trail too
    far behind.
    """
    now = deepcopy(network)
    loss, right = (
        torch.zeros((), device=validation.x.device),
        torch.zeros((), device=validation.x.device),
    )
    with torch.autocast(
        validation.x.device.type, torch.bfloat16, enabled=precision == torch.bfloat16
    ):
        recompute_batch_norm(now, sets)
        now.eval()
        for part in validation.batches(now):
            logits = now(part.x, part.lengths)
            loss += losses(kind, logits, part.y).sum()
            right += (logits.argmax(dim=1) == part.y).sum()
    return loss.item() / len(validation.x), right.item() / len(validation.x)
