"""Optimizers without a compiler take PyTorch's own steps, and load no compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from tszoo.training import optimizers

KINDS = {
    "Adam": {"lr": 0.01, "fused": True},
    "AdamW": {"lr": 0.01, "weight_decay": 0.1, "fused": True},
    "SGD": {"lr": 0.01, "momentum": 0.9, "dampening": 0.5},
}


def trained(kind, options, kept=None):
    """Weights and state after three steps, or after three more of what was kept."""
    network = torch.nn.Linear(4, 3)
    optimizer = kind(network.parameters(), **options)
    torch.manual_seed(0)
    torch.nn.init.normal_(network.weight)
    torch.nn.init.normal_(network.bias)
    if kept is not None:
        network.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])
    for _ in range(3):
        optimizer.zero_grad(set_to_none=True)
        network(torch.randn(8, 4)).square().mean().backward()
        optimizer.step()
    return network.state_dict(), optimizer.state_dict()


@pytest.mark.parametrize("name", KINDS)
def test_the_steps_are_those_of_pytorch(name):
    ours, theirs = getattr(optimizers, name), getattr(torch.optim, name)
    assert issubclass(ours, theirs)
    first, second = trained(ours, KINDS[name]), trained(theirs, KINDS[name])
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    on, their_own = trained(ours, KINDS[name], second), trained(theirs, KINDS[name], first)
    torch.testing.assert_close(on, their_own, rtol=0, atol=0)


@pytest.mark.parametrize("name", KINDS)
def test_a_step_asks_for_no_gradient(name):
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = getattr(optimizers, name)([weight], **KINDS[name])
    weight.sum().backward()
    optimizer.step()
    assert weight.is_leaf
    assert torch.is_grad_enabled()


def test_training_loads_no_compiler():
    code = """
import sys
import numpy as np
import tszoo

series = np.random.default_rng(0).normal(size=(8, 1, 24))
data = tszoo.Dataset.from_arrays(series, [0, 1] * 4)
tszoo.finetune(data, source="none", members=1, recipe={"epochs": 2}, head="softmax")
assert "torch._dynamo" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
