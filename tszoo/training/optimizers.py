"""PyTorch's optimizers, without the compiler that they load and never use here."""

from __future__ import annotations

import inspect
from typing import TypeVar

import torch
from torch.optim import Optimizer

Kind = TypeVar("Kind", bound=Optimizer)

# What an optimizer does beside its step. Each is wrapped so that torch.compile leaves it alone.
_BESIDE = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def without_compiler(kind: type[Kind]) -> type[Kind]:
    """Return an optimizer that takes the very steps of ``kind`` and loads no torch.compile.

    The wrappers around PyTorch's methods import ``torch._dynamo`` when they are first called, which
    takes two seconds of every process that trains. What they wrap is called here; the loop is never
    compiled whole. A release that wraps nothing is taken as it is.
    """
    beside = {name: inspect.unwrap(getattr(kind, name)) for name in _BESIDE}
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {**beside, "step": step})


Adam = without_compiler(torch.optim.Adam)
AdamW = without_compiler(torch.optim.AdamW)
SGD = without_compiler(torch.optim.SGD)
