"""Let a forked process compute.

PyTorch's threads do not live on in a child that was forked, and its first convolution waits for
them for ever. With one thread it waits for nobody.
"""

from __future__ import annotations

import os
import sys


def one_thread_in_forked_children() -> None:
    """Have PyTorch use one thread in every process that is forked from this one.

    It does nothing where processes cannot be forked, or where PyTorch is not loaded at the fork. A
    child may set another number of threads itself.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_use_one_thread)


def _use_one_thread() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
