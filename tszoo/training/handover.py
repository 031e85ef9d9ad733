"""Hand what members are trained on to other processes: files that all of them map into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, reads_network
from tszoo.training.job import Job
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run

ORDER = "job.json"


class Order(NamedTuple):
    """What a process is to train members on, and how.

    Attributes
    ----------
    job : Job
        Without watchers: the process that handed it over has those.
    sets : list of TrainingData
    audience : Audience
        Without watchers: what is scored for them after every epoch.
    sends_networks : bool
        Whether a watcher looks at the networks after every epoch.
    """

    job: Job
    sets: list[TrainingData]
    audience: Audience
    sends_networks: bool

    def on(self, device: torch.device) -> Order:
        """Move the data to the device that members are trained on."""
        if device == self.job.device:
            return self
        return Order(
            replace(self.job, device=device),
            [data.to(device) for data in self.sets],
            self.audience.on(device),
            self.sends_networks,
        )


def hand_over(folder: Path, sets: Sequence[TrainingData], audience: Audience, job: Job) -> None:
    """Write what training takes, but the networks, into a folder; OSError if it cannot be."""
    run = job.run
    held_out = None
    if audience.validation is not None:
        held_out = _write(folder, "validation", audience.validation)
    watched = {
        name: _write(folder, f"watched-{i}", data)
        for i, (name, data) in enumerate(audience.watched.items())
    }
    order = {
        "sets": [_write(folder, f"set-{i}", data) for i, data in enumerate(sets)],
        "validation": held_out,
        "watched": watched,
        "recipe": asdict(job.recipe),
        "seed": job.seed,
        "members": job.members,
        "precision": str(job.precision).removeprefix("torch."),
        "trainable": job.trainable,
        "description": job.description,
        "folder": run.folder and str(run.folder),
        "resume": run.resume,
        "checkpoint_seconds": run.checkpoint_seconds,
        "sends_networks": any(reads_network(watcher) for watcher in run.watchers),
    }
    (folder / ORDER).write_text(json.dumps(order), "ascii")


def take_over(folder: Path) -> Order:
    """Read what ``hand_over`` wrote."""
    order = json.loads((folder / ORDER).read_text("ascii"))
    kept = order["folder"]
    run = Run(
        device="cpu",
        folder=kept and Path(kept),
        resume=order["resume"],
        checkpoint_seconds=order["checkpoint_seconds"],
    )
    job = Job(
        Recipe(**order["recipe"]),
        order["seed"],
        order["members"],
        torch.device("cpu"),
        getattr(torch, order["precision"]),
        order["trainable"],
        order["description"],
        run,
    )
    sets = [_read(folder, f"set-{i}", facts) for i, facts in enumerate(order["sets"])]
    validation = None
    if order["validation"] is not None:
        validation = _read(folder, "validation", order["validation"])
    watched = {
        name: _read(folder, f"watched-{i}", facts)
        for i, (name, facts) in enumerate(order["watched"].items())
    }
    audience = Audience(validation=validation, watched=watched)
    return Order(job, sets, audience, order["sends_networks"])


def _write(folder: Path, name: str, data: TrainingData) -> dict[str, Any]:
    """Write a data set, a file for each tensor, and say the rest."""
    tensors, numbers = [], {}
    for field, value in data._asdict().items():
        if isinstance(value, Tensor):
            np.save(folder / f"{name}-{field}.npy", value.cpu().numpy(), allow_pickle=False)
            tensors.append(field)
        else:
            numbers[field] = value
    return {"tensors": tensors, "numbers": numbers}


def _read(folder: Path, name: str, facts: dict[str, Any]) -> TrainingData:
    fields = dict(facts["numbers"])
    for field in facts["tensors"]:
        # copy on write: PyTorch wants memory that may be written, and nobody writes it
        path = folder / f"{name}-{field}.npy"
        fields[field] = torch.from_numpy(np.load(path, mmap_mode="c", allow_pickle=False))
    return TrainingData(**fields)


def packed_networks(numbers: Sequence[int], networks: Sequence[Network]) -> bytes:
    """Pack the weights of members, by their numbers, as they go through a pipe."""
    return save(
        {
            f"{k}.{name}": tensor.detach().cpu().contiguous().clone()
            for k, network in zip(numbers, networks, strict=True)
            for name, tensor in network.state_dict().items()
        }
    )


def load_packed(numbers: Sequence[int], networks: Sequence[Network], payload: bytes) -> None:
    """Give networks the weights that ``packed_networks`` packed for members of these numbers."""
    tensors = load(payload)
    for k, network in zip(numbers, networks, strict=True):
        network.load_state_dict({name: tensors[f"{k}.{name}"] for name in network.state_dict()})
