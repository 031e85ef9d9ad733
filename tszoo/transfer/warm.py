"""Compile every kernel once, so that no later process waits for it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import torch

from tszoo.data import Dataset
from tszoo.training.episodic.pooling import pool_smoothly
from tszoo.training.run import Run
from tszoo.transfer.pretrain import pretrain

# of a network that has all kinds of layers, and is trained in no time
NETWORK = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4], "bottleneck": 4}


def warm_up() -> int:
    """Compile all kernels, of similarity and of training, and return how many there are now.

    The machine code is kept where ``tszoo.storage.machine_code.kept`` finds a place for it. What is
    kept already is loaded, in a second or two.
    """
    from tszoo.nets import _kernels
    from tszoo.similarity import _search

    series = np.random.default_rng(0).standard_normal((8, 1, 16))
    data = Dataset.from_arrays(series, ["a", "b"] * 4, name="warm up")
    for precision in ("float32", "bfloat16"):
        # two members: a stack of networks has kernels of its own
        run = Run(device="cpu", precision=precision)
        pretrain(data, members=2, network=NETWORK, recipe={"epochs": 1}, run=run)
        _pool(getattr(torch, precision))
    _compile_for_threads(_kernels)
    dispatchers = [*_dispatchers(_kernels), *_dispatchers(_search)]
    return sum(len(dispatcher.signatures) for dispatcher in dispatchers)


def _pool(dtype: torch.dtype) -> None:
    """Pool maps as episodes do, there and back."""
    maps = torch.ones(2, 4, 1, 8, dtype=dtype).to(memory_format=torch.channels_last)
    pool_smoothly(maps.requires_grad_()).sum().backward()  # type: ignore[no-untyped-call]


def _compile_for_threads(kernels: ModuleType) -> None:
    """Compile the kernels that share work among threads, for what they were compiled for alone.

    Those take the pieces' bounds where the others take a piece, its beginning and its end.
    """
    bounds = kernels.nb.typeof(np.array([0, 1]))
    for name, together in vars(kernels).items():
        if name.endswith("_together"):
            for signature in getattr(kernels, name.removesuffix("_together")).signatures:
                together.compile((bounds, *signature[3:]))


def _dispatchers(module: ModuleType) -> list[Any]:
    """List a module's compiled functions."""
    return [value for value in vars(module).values() if hasattr(value, "signatures")]
