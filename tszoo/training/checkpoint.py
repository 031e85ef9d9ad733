"""Keep a run on disk, so that it can go on and reach the weights of an uninterrupted run."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.storage.files import write_file
from tszoo.training.member import Member

log = logging.getLogger(__name__)

FOLLOWED = ("learning_rate", "lowest", "waited", "converged", "warming")  # of a schedule

State = dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is kept.

    Attributes
    ----------
    path : Path
        A safetensors file; its folder is made when needed.
    run : str
        What the run is: data, recipe, seed, start. A file that says another is refused.
    every_seconds : float
        How often the run is saved. It is also saved when it is interrupted between two epochs.
    resume : bool
        Whether to go on from the file, if there is one.
    """

    path: Path
    run: str
    every_seconds: float = 60.0
    resume: bool = False


def save_checkpoint(checkpoint: Checkpoint, members: Sequence[Member]) -> None:
    """Write the members of a run, all or nothing.

    Where that fails, a warning is logged and the file of the last time stays: a full disk does not
    end a run, because the next time may go better.
    """
    tensors: State = {}
    progress: dict[str, Any] = {"run": checkpoint.run, "members": {}}
    for member in members:
        for name, tensor in _state(member).items():
            tensors[f"members.{member.number}.{name}"] = tensor
        followed = {key: getattr(member.schedule, key) for key in FOLLOWED}
        progress["members"][str(member.number)] = {
            "schedule": followed,
            "history": asdict(member.history),
        }
    write_or_warn(checkpoint.path, tensors, progress)


def write_or_warn(path: Path, tensors: State, progress: dict[str, Any]) -> None:
    """Write a checkpoint; where that fails, log a warning and leave the file of the last time."""
    try:
        write_tensors(path, tensors, progress)
    except TrainingError as error:
        log.warning("%s Training goes on.", error)


@contextmanager
def whole_checkpoint(path: Path) -> Iterator[None]:
    """Turn what goes wrong in the block, with the content of a file, into a TrainingError."""
    try:
        yield
    except (KeyError, IndexError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        msg = (
            f"{path}: not a whole checkpoint ({one_line(error)}). Delete it, or train without "
            "resume=True."
        )
        raise TrainingError(msg) from error


def _state(member: Member) -> State:
    """Collect the tensors that a member goes on from."""
    tensors: State = {}
    for name, tensor in member.network.state_dict().items():
        tensors[f"network.{name}"] = tensor
    for name, tensor in member.best.items():
        tensors[f"best.{name}"] = tensor
    for name, tensor in member.begun_with.items():
        tensors[f"begun_with.{name}"] = tensor
    tensors |= optimizer_tensors(member.optimizer)
    tensors["shuffle"] = member.shuffle.get_state()
    return tensors


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> State:
    """Collect an optimizer's moments, each as ``optimizer.INDEX.NAME``."""
    return {
        f"optimizer.{index}.{name}": tensor
        for index, moments in optimizer.state_dict()["state"].items()
        for name, tensor in moments.items()
        if tensor is not None
    }


def load_checkpoint(checkpoint: Checkpoint, members: Sequence[Member]) -> None:
    """Bring the members of a run to where the file left them; do nothing where there is no file.

    Raises
    ------
    TrainingError
        If the file belongs to another run, or is not a whole checkpoint.
    """
    if not checkpoint.path.exists():
        return
    tensors, progress = read_tensors(checkpoint.path, checkpoint.run)
    with whole_checkpoint(checkpoint.path):
        for member in members:
            prefix = f"members.{member.number}."
            state = {
                key.removeprefix(prefix): tensor
                for key, tensor in tensors.items()
                if key.startswith(prefix)
            }
            _load_state(member, state)
            facts = progress["members"][str(member.number)]
            for key in FOLLOWED:
                setattr(member.schedule, key, facts["schedule"][key])
            member.history = type(member.history)(**facts["history"])


def _load_state(member: Member, state: State) -> None:
    """Take up what ``_state`` collected."""
    network = member.network
    network.load_state_dict({name: state[f"network.{name}"] for name in network.state_dict()})
    for name, tensor in member.best.items():
        tensor.copy_(state[f"best.{name}"])
    for name, tensor in member.begun_with.items():
        tensor.copy_(state[f"begun_with.{name}"])
    load_optimizer(member.optimizer, state)
    member.shuffle.set_state(state["shuffle"])


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: State) -> None:
    """Give every parameter its moments of ``optimizer_tensors``, in its own memory order.

    Fused Adam walks through both side by side.
    """
    groups = optimizer.state_dict()["param_groups"]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, State] = {}
    for key, tensor in tensors.items():
        kind, _, rest = key.partition(".")
        if kind == "optimizer":
            index, _, name = rest.partition(".")
            parameter = parameters[int(index)]
            moment = tensor
            if tensor.shape == parameter.shape:
                moment = torch.empty_like(parameter).copy_(tensor)
            state.setdefault(int(index), {})[name] = moment
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def write_tensors(path: Path, tensors: State, progress: dict[str, Any]) -> None:
    """Write tensors and a JSON description as one safetensors file, atomically.

    The only other file that this makes is ``path`` with ``.tmp`` behind it. The next call writes
    over that.
    """
    packed = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    try:
        # not safetensors' save_file, which goes through a file of a random name: each kill would
        # leave one more
        described = json.dumps(progress)
        digest = _digest(packed, described)
        data = save(packed, metadata={"progress": described, "sha256": digest})
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data, temporary=_unfinished(path))
    except (OSError, SafetensorError) as error:
        msg = f"{path}: cannot write the checkpoint ({one_line(error)})."
        raise TrainingError(msg) from error


def discard(path: Path) -> None:
    """Remove a file of ``write_tensors``, and what a killed one may have left beside it."""
    for file in (path, _unfinished(path)):
        file.unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def read_tensors(path: Path, run: str) -> tuple[State, dict[str, Any]]:
    """Read what ``write_tensors`` wrote.

    Raises
    ------
    TrainingError
        If it is no such file, is damaged, or describes another run than ``run``.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        progress = json.loads(metadata["progress"], parse_constant=_constant)
        run_of_file = progress["run"]
        # files that were written before there were digests have none
        is_damaged = metadata.get("sha256", "") not in ("", _digest(tensors, metadata["progress"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        msg = (
            f"{path}: not a checkpoint ({one_line(error)}). Delete it, or train without "
            "resume=True."
        )
        raise TrainingError(msg) from error
    if is_damaged:
        msg = (
            f"{path}: not the checkpoint that was written, its digest differs: it is damaged. "
            "Delete it, or train without resume=True."
        )
        raise TrainingError(msg)
    if run_of_file != run:
        msg = (
            f"{path}: belongs to another run (its data, recipe, seed or source differ). Repeat the "
            "command that began it, or train without resume=True."
        )
        raise TrainingError(msg)
    return tensors, progress


def _digest(tensors: State, described: str) -> str:
    """Compute the SHA-256 of what a file says and of its tensors: names, types, shapes, numbers."""
    digest = hashlib.sha256(described.encode("utf-8"))
    for key in sorted(tensors):
        tensor = tensors[key]
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def one_line(error: Exception) -> str:
    """Put an error's text on one line: PyTorch's go over several."""
    return " ".join(str(error).split())


def _constant(name: str) -> float:
    return {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}[name]
