"""Training on the CPU: an epoch of tszoo beside an epoch of its peers, in one run and in turns.

    python benchmarks/training_step.py [--rounds 3] [--shapes 64x1x96 28x1x286] [--batches 64 16]
        [--contenders tszoo tszoo-bfloat16 plain tsai]

An environment with tszoo and every peer, made in the root of a checkout (tsai comes without its
requirements: it asks for an older scikit-learn, which its InceptionTime does not use):

    python -m venv peers
    peers/bin/pip install -c constraints.txt -e . aeon tensorflow sktime fastai pyts \
        imbalanced-learn psutil
    peers/bin/pip install --no-deps tsai

Every contender trains one InceptionTime network (6 modules, 32 filters, lengths 40, 20 and 10) with
Adam at 0.001 on the same noise in shuffled batches. tszoo runs its own training loop with all that
this does; the PyTorch peers run the bare step, and aeon's Keras network the faster of model.fit and
train_on_batch. Each contender is a process of its own, with its own threads and memory, and sleeps
while another one has its turn of about a second. A peer that is not installed is left out.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import geometric_mean, median
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tszoo.nets.device import resolve_precision
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

SHAPES = ("64x1x96", "28x1x286", "64x1x577")
BATCHES = (64, 16)
# A turn has at least as many: what tszoo does once in a run, batch norm's exact statistics, takes a
# third of an epoch.
LEAST_EPOCHS = 10
CLASSES = 3
# Slowest by fastest turn; two threads that wait for each other suffer most from a third.
UNSTEADY = 1.5


class Task(NamedTuple):
    """Noise of ``shape`` (series x channels x length), learned in batches of ``batch`` series."""

    shape: str
    batch: int

    def data(self) -> tuple[Tensor, Tensor]:
        shape = [int(size) for size in self.shape.split("x")]
        noise = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        return torch.from_numpy(noise), torch.arange(shape[0]) % CLASSES

    def points(self) -> int:
        return math.prod(int(size) for size in self.shape.split("x"))


class Contender(NamedTuple):
    """How many parameters its network has, and how it trains for some epochs."""

    parameters: int
    epochs: Callable[[int], object]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="that a turn takes, about")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="series x channels x length")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--contenders", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    links = start(options.contenders)
    parameters: dict[str, int] = {}
    milliseconds = {}
    for task in [Task(shape, batch) for batch in options.batches for shape in options.shapes]:
        milliseconds[task] = measure(links, task, options.rounds, options.seconds, parameters)
        shown = ", ".join(f"{name} {value:.1f}" for name, value in milliseconds[task].items())
        print(f"{task.shape}, batch {task.batch}: {shown} ms\n", flush=True)
    print(report(parameters, milliseconds))


# --- taking turns


def start(names: Iterable[str]) -> dict[str, Connection]:
    """Start a process for each contender that can run here, and say why the others cannot."""
    context = get_context("spawn")
    links = {}
    for name in names:
        links[name], far_end = context.Pipe()
        context.Process(target=serve, args=(name, far_end), daemon=True).start()
        far_end.close()
    obstacles = {name: link.recv() for name, link in links.items()}
    for name in [name for name in links if obstacles[name]]:
        print(f"{name} is left out: {obstacles[name]}.\n", flush=True)
        del links[name]
    return links


def serve(name: str, link: Connection) -> None:
    """A contender's process.

    Say what stands in the way, then train task after task until the other end closes.
    """
    torch.manual_seed(0)
    # plain code costs a copy for each convolution
    warnings.filterwarnings("ignore", message="Using padding='same'")
    peer, _, precision = name.partition("-")
    link.send(obstacle(peer, precision))
    with suppress(EOFError):
        while True:
            task, seconds = link.recv()
            contender = MAKERS[peer](task, precision)
            link.send((contender.parameters, warm_up(contender.epochs, seconds)))
            while epochs := link.recv():
                link.send(clock(contender.epochs, epochs) / epochs)


def obstacle(peer: str, precision: str) -> str:
    try:
        for module in NEEDS[peer]:
            import_module(module)
    except ImportError as error:
        return f"not installed ({error})"
    if precision and resolve_precision("auto", torch.device("cpu")) != torch.bfloat16:
        return "this processor has no bfloat16"
    return ""


def measure(
    links: Mapping[str, Connection],
    task: Task,
    rounds: int,
    seconds: float,
    parameters: dict[str, int],
) -> dict[str, float]:
    """Median milliseconds of an epoch for each contender; none trains while another one does."""
    epochs: dict[str, int] = {}
    for name, link in links.items():
        link.send((task, seconds))
        parameters[name], epochs[name] = link.recv()
    turns: dict[str, list[float]] = {name: [] for name in links}
    for _ in range(rounds):
        for name, link in links.items():
            link.send(epochs[name])
            turns[name].append(1000 * link.recv())
    for link in links.values():
        link.send(0)
    for name, times in turns.items():
        if max(times) > UNSTEADY * min(times):
            span = f"{min(times):.1f} to {max(times):.1f} ms"
            print(f"{name}, {task.shape}, batch {task.batch}: {span}; is something else running?\n")
    return {name: median(times) for name, times in turns.items()}


def warm_up(epochs: Callable[[int], object], seconds: float) -> int:
    """Train, untimed at first, for about one turn in all; return how many epochs a turn has."""
    epochs(1)
    count = 1
    while (taken := clock(epochs, count)) < seconds / 3:
        count *= 2
    return max(LEAST_EPOCHS, round(count * seconds / taken))


def clock(epochs: Callable[[int], object], count: int) -> float:
    started = time.perf_counter()
    epochs(count)
    return time.perf_counter() - started


# --- the contenders


def make_tszoo(task: Task, precision: str) -> Contender:
    x, y = task.data()
    network = build("inception", None, x.shape[1], CLASSES).to(memory_format=torch.channels_last)
    dtype = torch.bfloat16 if precision else torch.float32

    def epochs(count: int) -> None:
        recipe = Recipe(epochs=count, batch_size=task.batch, schedule="constant", keep="last")
        train([network], [TrainingData(x, y)], recipe, seeds=[0], precision=dtype)

    return Contender(size(network), epochs)


def make_plain(task: Task, precision: str) -> Contender:
    x, y = task.data()
    return bare_loop(Plain(x.shape[1]), x, y, task.batch, precision)


def make_tsai(task: Task, precision: str) -> Contender:
    from tsai.models.InceptionTime import InceptionTime

    x, y = task.data()
    return bare_loop(InceptionTime(x.shape[1], CLASSES), x, y, task.batch, precision)


def make_sktime(task: Task, precision: str) -> Contender:
    from sktime.networks.inceptiontime import InceptionTimeNetworkTorch

    x, y = task.data()
    # the arguments that its classifier gives; channels come last
    network = InceptionTimeNetworkTorch(x.shape[1], CLASSES, activation_hidden=nn.ReLU())
    return bare_loop(network, x.transpose(1, 2).contiguous(), y, task.batch, precision)


def make_aeon(task: Task, precision: str) -> Contender:
    import keras
    from aeon.classification.deep_learning import IndividualInceptionClassifier

    keras.config.set_dtype_policy("mixed_bfloat16" if precision else "float32")
    series, y = task.data()
    x, one_hot = series.transpose(1, 2).numpy(), F.one_hot(y, CLASSES).numpy().astype(np.float32)
    model = IndividualInceptionClassifier().build_model(x.shape[1:], CLASSES)
    shuffle = np.random.default_rng(0)

    def fit(count: int) -> None:
        model.fit(x, one_hot, batch_size=task.batch, epochs=count, verbose=0)

    def step_by_step(count: int) -> None:
        for _ in range(count):
            order = shuffle.permutation(len(x))
            for first in range(0, len(x), task.batch):
                chosen = order[first : first + task.batch]
                model.train_on_batch(x[chosen], one_hot[chosen])

    ways = (fit, step_by_step)
    for way in ways:
        way(1)
    faster = min(ways, key=lambda way: clock(way, 3))
    return Contender(sum(math.prod(weight.shape) for weight in model.trainable_weights), faster)


MAKERS = {
    "tszoo": make_tszoo,
    "plain": make_plain,
    "tsai": make_tsai,
    "sktime": make_sktime,
    "aeon": make_aeon,
}
NEEDS = {
    "tszoo": (),
    "plain": (),
    "tsai": ("tsai.models.InceptionTime",),
    "sktime": ("sktime.networks.inceptiontime",),
    "aeon": ("aeon.classification.deep_learning", "tensorflow"),
}
NAMES = (*MAKERS, *(f"{name}-bfloat16" for name in MAKERS))


def bare_loop(network: nn.Module, x: Tensor, y: Tensor, batch: int, precision: str) -> Contender:
    """The textbook loop; like tszoo's, every call is a run with an optimizer of its own."""
    network.train()

    def epochs(count: int) -> None:
        optimizer = torch.optim.Adam(network.parameters())
        for _ in range(count):
            for chosen in torch.randperm(len(x)).split(batch):
                with torch.autocast("cpu", torch.bfloat16, enabled=bool(precision)):
                    loss = F.cross_entropy(network(x[chosen]), y[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return Contender(size(network), epochs)


def size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


class PlainModule(nn.Module):
    """The paper's inception module, as one writes it down."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        width, self.bottleneck = channels, nn.Identity()
        if channels > 1:
            width, self.bottleneck = 32, nn.Conv1d(channels, 32, 1, bias=False)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, 32, length, padding="same", bias=False) for length in (40, 20, 10)
        )
        self.pooled = nn.Sequential(
            nn.MaxPool1d(3, stride=1, padding=1), nn.Conv1d(channels, 32, 1, bias=False)
        )
        self.norm = nn.BatchNorm1d(128)

    def forward(self, x: Tensor) -> Tensor:
        narrowed = self.bottleneck(x)
        branches = [convolution(narrowed) for convolution in self.convolutions]
        return F.relu(self.norm(torch.cat([*branches, self.pooled(x)], dim=1)))


class Plain(nn.Module):
    """InceptionTime's network, as one writes it down: two residual blocks of three modules."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(PlainModule(width), PlainModule(128), PlainModule(128))
            for width in (channels, 128)
        )
        self.shortcuts = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, 128, 1, bias=False), nn.BatchNorm1d(128))
            for width in (channels, 128)
        )
        self.head = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        for block, shortcut in zip(self.blocks, self.shortcuts, strict=True):
            x = F.relu(block(x) + shortcut(x))
        return self.head(x.mean(dim=-1))


# --- the tables


def report(parameters: Mapping[str, int], milliseconds: Mapping[Task, Mapping[str, float]]) -> str:
    names = list(parameters)
    count = ["**parameters**", "", *(f"{parameters[name]:,}" for name in names)]
    times = [
        [*map(str, task), *(f"{row[name]:.1f}" for name in names)]
        for task, row in milliseconds.items()
    ]
    rates = [
        [*map(str, task), *(f"{task.points() / row[name] / 1000:.3f}" for name in names)]
        for task, row in milliseconds.items()
    ]
    parts = [
        "Milliseconds an epoch:\n\n" + table(["shape", "batch", *names], [count, *times]),
        "Million points a second:\n\n" + table(["shape", "batch", *names], rates),
    ]
    ours = [name for name in names if name.startswith("tszoo")]
    if ours and len(ours) < len(names):
        parts.append("How many times as fast as the fastest peer:\n\n" + ratios(ours, milliseconds))
    return "\n\n".join(parts)


def ratios(ours: Sequence[str], milliseconds: Mapping[Task, Mapping[str, float]]) -> str:
    """Compare with the fastest peer: float32 with peers in float32, bfloat16 with all peers."""
    rows, columns = [], [f"{name} (fastest peer)" for name in ours]
    gains: dict[str, list[float]] = {name: [] for name in ours}
    for task, row in milliseconds.items():
        cells = []
        for name in ours:
            peers = [peer for peer in row if peer not in ours and ("-" in name or "-" not in peer)]
            fastest = min(peers, key=row.__getitem__, default=None)
            if fastest is None:
                cells.append("")
                continue
            gains[name].append(row[fastest] / row[name])
            cells.append(f"{gains[name][-1]:.2f} ({fastest})")
        rows.append([*map(str, task), *cells])
    means = [f"**{geometric_mean(gains[name]):.2f}**" if gains[name] else "" for name in ours]
    return table(["shape", "batch", *columns], [*rows, ["**geometric mean**", "", *means]])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
