"""A stand-in for CUDA graphs on the CPU.

PyTorch's operations on a tape, played again on the same memory.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tszoo.training.graph import Work


class Tape(TorchDispatchMode):
    """Notes every operation, with the very tensors and numbers that it was given.

    Refuses what reads a tensor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []
        self.before: dict[int, tuple[Tensor, torch.UntypedStorage]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            msg = "operation not permitted when stream is capturing"
            raise RuntimeError(msg)
        for tensor in tree_leaves((args, kwargs)):
            if isinstance(tensor, Tensor) and address(tensor) not in self.before:
                self.before[address(tensor)] = tensor, tensor.untyped_storage().clone()
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result

    def rewind(self) -> None:
        """Put back what the tensors held: recording a graph computes nothing."""
        for tensor, bytes_before in self.before.values():
            tensor.untyped_storage().copy_(bytes_before)

    @torch.no_grad()
    def play(self) -> None:
        for func, args, kwargs, results in self.calls:
            again = func(*args, **kwargs)
            for old, new in zip(tree_leaves(results), tree_leaves(again), strict=True):
                if isinstance(old, Tensor) and address(old) != address(
                    new
                ):  # else a view, or changed in place
                    old.copy_(new)


def address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


class TapeRecorder:
    """Counts what it does."""

    def __init__(self) -> None:
        self.warmed_up = self.recorded = self.replayed = 0

    def warm_up(self, work: Work) -> None:
        self.warmed_up += 1
        work()

    def record(self, work: Work) -> Work:
        tape = Tape()
        try:
            with tape:
                work()
        finally:
            tape.rewind()
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            tape.play()

        return replay
