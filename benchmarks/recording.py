"""What it costs to record how nodes learn, and what it would cost node by node.

    python benchmarks/recording.py [--series 50] [--length 150] [--epochs 5]

One network of InceptionTime with its published shape is trained on random series. Printed are the
seconds of an epoch, those that the recorder adds (without and with a probe of 16 series, writing
included), and those of the weight changes by themselves: all nodes of a layer at once, and in a
Python loop over nodes, whose results are compared with the recorder's.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.node_record import read_nodes
from tszoo.training.watch.nodes import NodeRecorder, weight_change

BATCH, PROBE = 16, 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=50)
    parser.add_argument("--length", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((options.series, 1, options.length), generator=generator)
    y = torch.arange(options.series) % 2
    network = build("inception", None, 1, 2)
    initialize(network, generator)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    seconds: dict[str, list[float]] = {
        "epoch": [],
        "recorder": [],
        "recorder and probe": [],
        "at once": [],
        "loop": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        alone, both = NodeRecorder(Path(folder, "a")), NodeRecorder(Path(folder, "b"), x[:PROBE])
        before = None
        for epoch in range(1, options.epochs + 2):
            took = {"epoch": timed(lambda: one_epoch(network, optimizer, x, y))}
            report = EpochReport(epoch, options.epochs + 1, 0.5, 0.5, 1e-3, took["epoch"])
            took["recorder"] = timed(lambda report=report: alone(0, report, network))
            took["recorder and probe"] = timed(lambda report=report: both(0, report, network))
            if before is not None:
                looped: list[tuple[float, float]] = []
                took["at once"] = timed(lambda old=before: layer_by_layer(old, network))
                took["loop"] = timed(
                    lambda old=before, new=looped: new.extend(node_by_node(old, network))
                )
                for name, value in took.items():
                    seconds[name].append(value)
            before = deepcopy(network)
        history = read_nodes(Path(folder, "a", "member-0.nodes.safetensors"))
    angles, growths = (
        np.concatenate([by_epoch[-1] for by_epoch in kind.values()])
        for kind in (history.angle, history.growth)
    )
    expected = np.array(looped)
    print(
        f"{len(angles)} nodes, {options.series} series of {options.length} points; medians of "
        f"{options.epochs} epochs"
    )
    for name, values in seconds.items():
        print(
            f"{name:<24} {median(values):8.4f} s  {median(values) / median(seconds['epoch']):7.1%} "
            "of an epoch"
        )
    print(f"loop / at once           {median(seconds['loop']) / median(seconds['at once']):8.1f} x")
    print(
        f"largest difference       {np.nanmax(np.abs(angles - expected[:, 0])):.1e} rad, "
        f"{np.abs(growths - expected[:, 1]).max():.1e} in norm"
    )


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def one_epoch(
    network: Network, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor
) -> None:
    network.train()
    for chosen in torch.split(torch.arange(len(x)), BATCH):
        loss = F.cross_entropy(network(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def layer_by_layer(before: Network, after: Network) -> None:
    """Compute what ``node_by_node`` does, all nodes of a layer at once."""
    with torch.no_grad():
        for old, new in zip(before.modules(), after.modules(), strict=True):
            if isinstance(new, (nn.Conv2d, nn.Linear)):
                weight_change(old.weight.double().flatten(1), new.weight.double().flatten(1))


def node_by_node(before: Network, after: Network) -> list[tuple[float, float]]:
    """Compute the angle and change of norm of each node in turn, as a first program would."""
    changes = []
    for old, new in zip(before.modules(), after.modules(), strict=True):
        if isinstance(new, (nn.Conv2d, nn.Linear)):
            for k in range(len(new.weight)):
                u, v = (layer.weight[k].detach().double().flatten() for layer in (old, new))
                a, b = u.norm().item(), v.norm().item()
                cosine = torch.dot(u, v).item() / (a * b)
                changes.append((math.acos(max(-1.0, min(1.0, cosine))), b - a))
    return changes


if __name__ == "__main__":
    main()
