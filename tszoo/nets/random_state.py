"""Draw numbers, and leave PyTorch's random state where it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Two threads that both put back what they found would leave what one of them drew.
_lock = threading.RLock()


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Leave PyTorch's global random state on the CPU as it was; it is not ours to advance."""
    with _lock, torch.random.fork_rng(devices=[]):
        yield
