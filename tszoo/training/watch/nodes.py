"""Record how each node learns: what an epoch does to its weights, and what it puts out.

This follows Yantosca's PINNIPED. A node is an output unit or filter of a convolution or linear
layer. All nodes of a layer are computed at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tszoo.errors import DataError, OptionError, TrainingError
from tszoo.storage.files import write_file
from tszoo.training.watch.node_record import FORMAT, read_nodes
from tszoo.training.watch.writer import Writer

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport

MOST_CHANGES = 2048
MOST_HISTOGRAMS = 64
MOST_BINS = 4096
# A file is written again when this many times as long has passed as the last writing took.
PATIENCE = 20.0

_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)
_ACTIVATIONS: frozenset[Callable[..., Any]] = frozenset(
    (F.relu, torch.relu, torch.sigmoid, torch.tanh, F.gelu, F.silu, F.elu, F.leaky_relu)
)


def weight_change(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Compute what became of each node's weight vector.

    Parameters
    ----------
    before, after : Tensor, shape (n_nodes, n_weights), float64

    Returns
    -------
    angle : Tensor, shape (n_nodes,)
        Between the two vectors, in radians from 0 to pi; NaN where one of them is zero. Computed as
        ``2 atan2(|u - v|, |u + v|)`` of the unit vectors, which is exact where an arc cosine loses
        small angles (Kahan 2006, "How futile are mindless assessments of roundoff", section 12).
    growth : Tensor, shape (n_nodes,)
        Norm after minus norm before.
    """
    norm_before, norm_after = before.norm(dim=1), after.norm(dim=1)
    u, v = before / norm_before[:, None], after / norm_after[:, None]
    angle = 2 * torch.atan2((u - v).norm(dim=1), (u + v).norm(dim=1))
    return angle, norm_after - norm_before


def node_histogram(values: Tensor, bins: int) -> tuple[Tensor, tuple[float, float]]:
    """Count each node's values in bins of equal width over the layer's range.

    Parameters
    ----------
    values : Tensor, shape (n_nodes, n_values), floating point
    bins : int

    Returns
    -------
    counts : Tensor, shape (n_nodes, bins), int64
        What is not finite is not counted.
    span : (float, float)
        Lower end of the first bin and upper end of the last, which belongs to it.
    """
    finite = values.isfinite()
    if not finite.any():
        return torch.zeros((len(values), bins), dtype=torch.int64, device=values.device), (0.0, 0.0)
    low, high = (float(end) for end in values[finite].aminmax())
    bins_a_unit = 0.0
    if high > low:
        bins_a_unit = bins / (high - low)
    place = (torch.where(finite, values, low) - low) * bins_a_unit
    nodes = torch.arange(len(values), device=values.device)[:, None] * bins
    counted = (nodes + place.long().clamp_(max=bins - 1))[finite]
    counts = torch.bincount(counted, minlength=len(values) * bins)
    return counts.view(-1, bins), (low, high)


class NodeRecorder(Writer):
    """A watcher that records every node's weight change, and histograms of hidden nodes' outputs.

    Each member has one file, ``member-K.nodes.safetensors`` in ``folder``, which is replaced in one
    step each time it grows. It is written as often as takes at most a twentieth of the time, and by
    ``close``. ``read_nodes`` reads it.

    Memory is bounded: a copy of each member's network in float64, changes of 2,048 epochs and
    histograms of 64. When these are full every second one goes, and from then on only every second
    (fourth, …) epoch is recorded. Each change is still that of one epoch: from the epoch before to
    the one that is named. A probe costs a forward pass in float64, and in a long run most epochs go
    without it.

    The first epoch that a recorder sees of a member has nothing to be compared with, so it is not
    among the changes. Where a file cannot be written, recording ends: see ``Writer``.

    Parameters
    ----------
    folder : path
        Made when needed.
    probe : Tensor, shape (n_series, n_channels, length), or None
        Prepared series of equal lengths whose activations are counted, batch norm normalising them
        by their own statistics as in training; None leaves activations out.
    bins : int
        Of the histograms, from 2 to 4096.
    resume : bool
        Whether to go on with the files that are there; epochs that come again are dropped from
        them. Otherwise the files are replaced.

    Raises
    ------
    OptionError
        If the probe or the number of bins makes no sense.
    TrainingError
        When called, if a file cannot be gone on with.
    """

    def __init__(
        self,
        folder: str | Path,
        probe: Tensor | None = None,
        *,
        bins: int = 32,
        resume: bool = False,
    ) -> None:
        if not 2 <= bins <= MOST_BINS:
            msg = f"histograms of {bins} bins: expected a whole number from 2 to {MOST_BINS}."
            raise OptionError(msg)
        if probe is not None and (probe.dim() != 3 or probe.shape[0] * probe.shape[2] < 2):
            shape = tuple(probe.shape)
            msg = (
                f"a probe of shape {shape}: expected (n_series, n_channels, length), and two "
                "points at least."
            )
            raise OptionError(msg)
        self.folder, self.probe, self.bins, self.resume = Path(folder), probe, bins, resume
        self._members: dict[int, _Member] = {}

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Record an epoch."""
        if self.is_stopped:
            return
        record = self._members.get(member)
        if record is None:
            record = self._members[member] = _Member(network)
            if self.resume and self.path(member).exists():
                self._go_on(member, report.epoch)
        elif record.changes.takes(report.epoch):
            record.changes.add(report.epoch, _changes(record.twin, network))
        record.twin.load_state_dict(network.state_dict())
        if self.probe is not None and record.histograms.takes(report.epoch):
            record.histograms.add(report.epoch, _histograms(record.twin, self.probe, self.bins))
        if time.monotonic() >= record.due or report.epoch == report.epochs:
            self._save(member)

    def close(self) -> None:
        """Write what is not on disk yet."""
        for member, record in self._members.items():
            if not (record.saved or self.is_stopped):
                self._save(member)

    def has_changes(self, member: int) -> bool:
        """Whether two epochs of a member were recorded, so that its weights have changed."""
        return member in self._members and bool(self._members[member].changes.epochs)

    def path(self, member: int) -> Path:
        """Name the file of a member."""
        return self.folder / f"member-{member}.nodes.safetensors"

    def _go_on(self, member: int, epoch: int) -> None:
        """Take up what the member's file has from before ``epoch``."""
        path, record = self.path(member), self._members[member]
        try:
            history = read_nodes(path)
        except DataError as error:
            msg = f"{error} It cannot be gone on with: delete it, or record elsewhere."
            raise TrainingError(msg) from error
        nodes = {name: len(layer.weight) for name, layer in _layers(record.twin).items()}
        other = {name: array.shape[1] for name, array in history.angle.items()} not in ({}, nodes)
        if other or any(counts.shape[2] != self.bins for counts in history.histogram.values()):
            msg = f"{path}: of another network or other bins. Delete it, or record elsewhere."
            raise TrainingError(msg)
        changes = {"angle": history.angle, "growth": history.growth}
        record.changes.load(history.strides[0], history.epoch, changes, epoch)
        histograms = {"histogram": history.histogram, "span": history.span}
        record.histograms.load(history.strides[1], history.histogram_epoch, histograms, epoch)

    def _save(self, member: int) -> None:
        record, path = self._members[member], self.path(member)
        started = time.monotonic()
        about = {
            "member": member,
            "strides": [record.changes.stride, record.histograms.stride],
            "layers": record.changes.names("angle."),
            "hidden": record.histograms.names("histogram."),
        }
        metadata = {"format": FORMAT, **{key: json.dumps(value) for key, value in about.items()}}
        arrays = {**record.changes.arrays("epoch"), **record.histograms.arrays("histogram_epoch")}
        with self._writing(f"{path}: cannot write the record of the nodes"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_file(path, save(arrays, metadata=metadata))
        ended = time.monotonic()
        record.due = ended + PATIENCE * (ended - started)
        record.changes.saved = record.histograms.saved = True


class _Rows:
    """Arrays by epoch, of which there are never more than ``most`` epochs."""

    def __init__(self, most: int) -> None:
        self.most, self.stride, self.saved = most, 1, True
        self.epochs: list[int] = []
        self.rows: dict[str, list[NDArray[Any]]] = {}

    def takes(self, epoch: int) -> bool:
        return epoch % self.stride == 0

    def add(self, epoch: int, row: Mapping[str, NDArray[Any]]) -> None:
        while len(self.epochs) >= self.most:
            self.stride *= 2
            kept = [i for i, taken in enumerate(self.epochs) if self.takes(taken)]
            self.epochs = [self.epochs[i] for i in kept]
            self.rows = {key: [rows[i] for i in kept] for key, rows in self.rows.items()}
        if not self.takes(epoch):
            return
        self.epochs.append(epoch)
        for key, values in row.items():
            self.rows.setdefault(key, []).append(values)
        self.saved = False

    def names(self, prefix: str) -> list[str]:
        return [key.removeprefix(prefix) for key in self.rows if key.startswith(prefix)]

    def arrays(self, epoch: str) -> dict[str, NDArray[Any]]:
        if not self.epochs:
            return {}
        arrays: dict[str, NDArray[Any]] = {epoch: np.array(self.epochs, dtype=np.int64)}
        return arrays | {key: np.stack(rows) for key, rows in self.rows.items()}

    def load(
        self,
        stride: int,
        epochs: NDArray[np.int64],
        arrays: dict[str, dict[str, NDArray[Any]]],
        before: int,
    ) -> None:
        """Fill with the rows of a file whose epochs come before ``before``."""
        n = int((epochs < before).sum())
        self.stride, self.epochs = stride, epochs[:n].tolist()
        if n == 0:
            return
        self.rows = {}
        for what, by_name in arrays.items():
            for name, array in by_name.items():
                self.rows[f"{what}.{name}"] = list(array[:n])


class _Member:
    """What is recorded of one member. The twin holds its weights after the epoch before."""

    def __init__(self, network: Network) -> None:
        # float64 keeps small angles exact, and takes the layers' plain way, whose activations can
        # be listened to
        self.twin = deepcopy(network).requires_grad_(False).double().eval()
        for module in self.twin.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.train()
        self.changes, self.histograms = _Rows(MOST_CHANGES), _Rows(MOST_HISTOGRAMS)
        self.due = 0.0

    @property
    def saved(self) -> bool:
        return self.changes.saved and self.histograms.saved


def _layers(network: nn.Module) -> dict[str, nn.Conv1d | nn.Conv2d | nn.Linear]:
    return {name: module for name, module in network.named_modules() if isinstance(module, _LAYERS)}


@torch.no_grad()
def _changes(before: nn.Module, after: nn.Module) -> dict[str, NDArray[np.float32]]:
    row = {}
    old = _layers(before)
    for name, layer in _layers(after).items():
        angle, growth = weight_change(old[name].weight.flatten(1), layer.weight.double().flatten(1))
        row[f"angle.{name}"] = angle.float().cpu().numpy()
        row[f"growth.{name}"] = growth.float().cpu().numpy()
    return row


@torch.no_grad()
def _histograms(twin: Network, probe: Tensor, bins: int) -> dict[str, NDArray[Any]]:
    row: dict[str, NDArray[Any]] = {}
    passed: list[str] = []
    hooks = [
        layer.register_forward_hook(lambda *_, name=name: passed.append(name))
        for name, layer in _layers(twin).items()
    ]

    def heard(output: Tensor) -> None:
        name = _unused(_common(passed), row)
        counts, span = node_histogram(output.transpose(0, 1).flatten(1), bins)
        row[f"histogram.{name}"] = counts.int().cpu().numpy()
        row[f"span.{name}"] = np.array(span, dtype=np.float32)
        passed.clear()

    try:
        with _Listening(heard):
            twin.activations(probe.to(device=twin.head.weight.device, dtype=torch.float64))
    finally:
        for hook in hooks:
            hook.remove()
    return row


class _Listening(TorchFunctionMode):
    """Hands on whatever a nonlinearity puts out, while it lasts."""

    def __init__(self, heard: Callable[[Tensor], None]) -> None:
        super().__init__()
        self.heard = heard

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if func in _ACTIVATIONS:
            self.heard(output)
        return output


def _common(names: list[str]) -> str:
    """Find what the dotted names of layers have in common: where they stand together."""
    alike = takewhile(
        lambda parts: len(set(parts)) == 1, zip(*(name.split(".") for name in names), strict=False)
    )
    return ".".join(parts[0] for parts in alike)


def _unused(name: str, row: Mapping[str, Any]) -> str:
    number, unused = 1, name
    while f"histogram.{unused}" in row:
        number += 1
        unused = f"{name} ({number})"
    return unused
