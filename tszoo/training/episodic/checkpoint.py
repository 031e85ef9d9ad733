"""Keep training in episodes on disk, so that it goes on to the very same weights."""

from __future__ import annotations

import torch

from tszoo.training.checkpoint import (
    Checkpoint,
    State,
    load_optimizer,
    optimizer_tensors,
    read_tensors,
    whole_checkpoint,
    write_or_warn,
)
from tszoo.training.episodic.trainee import Trainee


def save_trainee(checkpoint: Checkpoint, trainee: Trainee) -> None:
    """Write a body in training, all or nothing.

    Where that fails, a warning is logged and the file of the last time stays: a full disk does not
    end a run, because the next time may go better.
    """
    tensors: State = {f"body.{name}": tensor for name, tensor in trainee.body.state_dict().items()}
    tensors |= {f"head.{name}": tensor for name, tensor in trainee.head.state_dict().items()}
    tensors |= optimizer_tensors(trainee.optimizer)
    tensors["shapes"] = trainee.shapes.get_state()
    tensors["episodes"] = trainee.episodes.get_state()
    tensors["notes"] = torch.stack(list(trainee.notes))
    progress = {"run": checkpoint.run, "steps": trainee.steps, "seconds": trainee.seconds}
    write_or_warn(checkpoint.path, tensors, progress)


def load_trainee(checkpoint: Checkpoint, trainee: Trainee) -> None:
    """Bring a body to where the file left it; do nothing where there is no file.

    Raises
    ------
    TrainingError
        If the file belongs to another run, or is not a whole checkpoint.
    """
    if not checkpoint.path.exists():
        return
    tensors, progress = read_tensors(checkpoint.path, checkpoint.run)
    with whole_checkpoint(checkpoint.path):
        trainee.body.load_state_dict(_part(tensors, "body."))
        trainee.head.load_state_dict(_part(tensors, "head."))
        load_optimizer(trainee.optimizer, tensors)
        trainee.shapes.set_state(tensors["shapes"])
        trainee.episodes.set_state(tensors["episodes"])
        device = next(trainee.body.parameters()).device
        trainee.notes.extend(tensors["notes"].to(device))
        trainee.steps, trainee.seconds = int(progress["steps"]), float(progress["seconds"])


def _part(tensors: State, prefix: str) -> State:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
