"""A run on disk: enough to go on to the very weights that an uninterrupted run reaches."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network
from tszoo.training.schedule import Schedule

if TYPE_CHECKING:
    from tszoo.training.loop import History

State = dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is kept.

    Attributes
    ----------
    path : Path
        A safetensors file; its folder is made when needed.
    run : str
        What the run is: data, recipe, seed, start. A file with another description is refused.
    every_seconds : float
        How often the run is saved; it is always saved when it is interrupted between two epochs.
    resume : bool
        Whether to go on from the file, if there is one.
    """

    path: Path
    run: str
    every_seconds: float = 60.0
    resume: bool = False


def save_checkpoint(
    checkpoint: Checkpoint,
    network: Network,
    best: State,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    shuffle: torch.Generator,
    history: History,
) -> None:
    """Write the run atomically; raise TrainingError if it cannot be written."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in state.items()}
    tensors["shuffle"] = shuffle.get_state()
    followed = {key: getattr(schedule, key) for key in ("learning_rate", "lowest", "waited", "converged")}
    progress = {"run": checkpoint.run, "schedule": followed, "history": asdict(history)}
    write_tensors(checkpoint.path, tensors, progress)


def load_checkpoint(
    checkpoint: Checkpoint,
    network: Network,
    best: State,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    shuffle: torch.Generator,
    history: History,
) -> None:
    """Bring all parts of a run to where the file left them; do nothing where there is no file.

    Raises
    ------
    TrainingError
        If the file belongs to another run, or is not a whole checkpoint.
    """
    if not checkpoint.path.exists():
        return
    tensors, progress = read_tensors(checkpoint.path, checkpoint.run)
    try:
        network.load_state_dict({name: tensors[f"network.{name}"] for name in network.state_dict()})
        for name, tensor in best.items():
            tensor.copy_(tensors[f"best.{name}"])
        _load_optimizer(optimizer, tensors)
        shuffle.set_state(tensors["shuffle"])
        for key, value in progress["schedule"].items():
            setattr(schedule, key, value)
        for key, value in progress["history"].items():
            setattr(history, key, value)
    except (KeyError, IndexError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        msg = f"{checkpoint.path}: not a whole checkpoint ({one_line(error)}). Delete it, or train without --resume."
        raise TrainingError(msg) from error


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: State) -> None:
    """Give every parameter its moments, in the parameter's own memory order: fused Adam walks both side by side."""
    groups = optimizer.state_dict()["param_groups"]
    parameters = optimizer.param_groups[0]["params"]
    state: dict[int, State] = {}
    for key, tensor in tensors.items():
        kind, _, rest = key.partition(".")
        if kind == "optimizer":
            index, _, name = rest.partition(".")
            parameter = parameters[int(index)]
            ordered = torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
            state.setdefault(int(index), {})[name] = ordered
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def write_tensors(path: Path, tensors: State, progress: dict[str, Any]) -> None:
    """Write tensors and a JSON description as one safetensors file, atomically."""
    temporary = path.with_name(path.name + ".tmp")
    packed = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(packed, temporary, metadata={"progress": json.dumps(progress)})
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):  # a folder that cannot be written may not let go of the file either
            temporary.unlink()
        msg = f"{path}: cannot write the checkpoint ({one_line(error)})."
        raise TrainingError(msg) from error


def read_tensors(path: Path, run: str) -> tuple[State, dict[str, Any]]:
    """Read what ``write_tensors`` wrote, if it describes the same ``run``."""
    try:
        with safe_open(path, framework="pt") as file:
            progress = json.loads((file.metadata() or {})["progress"], parse_constant=_constant)
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        described = progress["run"]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"{path}: not a checkpoint ({one_line(error)}). Delete it, or train without --resume."
        raise TrainingError(msg) from error
    if described != run:
        msg = (
            f"{path}: belongs to another run (its data, recipe, seed or source differ). "
            "Repeat the command that began it, or train without --resume."
        )
        raise TrainingError(msg)
    return tensors, progress


def one_line(error: Exception) -> str:
    """Put an error's text on one line: PyTorch's go over several."""
    return " ".join(str(error).split())


def _constant(name: str) -> float:
    return {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}[name]
