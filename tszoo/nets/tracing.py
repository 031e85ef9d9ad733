"""Tell when PyTorch does more with operations than run them."""

from __future__ import annotations

import torch


def is_traced() -> bool:
    """Tell whether PyTorch traces, exports, compiles or transforms what runs now.

    That is under ``torch.jit.trace``, ``torch.export``, ``torch.compile``, both exporters to ONNX,
    ``make_fx`` and the transforms of ``torch.func``. Only PyTorch's own operations may run there,
    and none that writes into memory that it was given: what NumPy or numba computes would stand in
    a graph as a constant.
    """
    return (
        is_traced_by_jit()
        or torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack() > 0
    )


def is_traced_by_jit() -> bool:
    """Tell whether ``torch.jit.trace`` records what runs now; shapes are no numbers there."""
    return torch._C._is_tracing()
