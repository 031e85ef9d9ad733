"""Training on a GPU.

Five members of tszoo beside a plain PyTorch loop, and what the whole archive would take.

    python benchmarks/training_gpu.py [--seconds 3] [--table sizes.csv] \
        [--shapes 20x100 100x200 500x400 2000x1000]
    python benchmarks/training_gpu.py --device cpu --quick  # checks itself without a GPU

One InceptionTime network (6 modules, 32 filters, lengths 40, 20 and 10), Adam at 0.001, noise in
shuffled batches of 64. tszoo runs the epochs of its own training loop: the learning rate, the sums,
the best weights kept. The plain network is nn.Conv1d and nn.BatchNorm1d as one writes it down, its
data on the GPU, its loop the bare step, run five times in turn. What is measured, in bfloat16
(autocast) and in float32 with PyTorch's own TensorFloat-32 convolutions:

    grouped     five members side by side in grouped convolutions, from CUDA graphs, as tszoo does
    autotune    the same with torch.backends.cudnn.benchmark
    streams     five members side by side, each on a stream of its own, in one CUDA graph
    in turn     one member after another, from CUDA graphs
    eager       grouped, without graphs
    plain       the plain loop

GFLOP/s counts the plain network's multiplications and additions, forward and backward. With
--table, a CSV of name, n_series, length, the time of 1500 epochs of five members is projected for
all data sets in it; with --archive too, the table is first written from the training splits of an
archive folder.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from rows import append
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from training_step import Plain

from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.graph import CudaRecorder, RecordedSteps, steps_for
from tszoo.training.loop import epoch
from tszoo.training.member import Member
from tszoo.training.recipe import Recipe
from tszoo.training.step import Steps

MEMBERS, CLASSES, BATCH = 5, 3, 64
EPOCHS_TO_WARM_UP = 4  # after three steps of a shape it is recorded
SHAPES = ("20x100", "100x200", "500x400", "2000x1000")
PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
# dense TFLOP/s of the tensor cores by the vendor's datasheets, in bfloat16 and TensorFloat-32
PEAKS = {"H200": (989, 494), "A100": (312, 156)}
ARCHIVE_EPOCHS, PUBLISHED_DAYS = 1500, 5.71
MOST_SECONDS = 500.0  # after which no other cell is begun
COLUMNS = (
    "device",
    "torch",
    "shape",
    "variant",
    "precision",
    "epochs_a_second",
    "gflops",
    "share_of_peak",
)

Epoch = Callable[[], object]


class Cell(NamedTuple):
    """One measurement: noise of ``shape`` (series x points) by one variant."""

    shape: str
    variant: str
    precision: str

    @property
    def sizes(self) -> tuple[int, int]:
        n_series, length = map(int, self.shape.split("x"))
        return n_series, length


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=3.0, help="that a cell is measured, about")
    parser.add_argument("--most-seconds", type=float, default=MOST_SECONDS, help="that all take")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="series x points")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS)
    parser.add_argument(
        "--quick", action="store_true", help="tiny shapes, to see that all of it runs"
    )
    parser.add_argument("--table", type=Path, help="CSV of name, n_series, length")
    parser.add_argument(
        "--archive", type=Path, help="folder of the UCR archive, to write --table from"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    if options.quick:
        options.shapes, options.seconds = ("8x24", "12x32"), 0.1
    device = torch.device(options.device)
    variants = options.variants or (
        VARIANTS if device.type == "cuda" else ("grouped", "in turn", "plain")
    )
    if options.archive is not None:
        write_table(options.archive, options.table)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"{name}, PyTorch {torch.__version__}\n")
    limits = Limits(options.seconds, options.most_seconds)
    rates = measure_all(options.shapes, variants, device, limits)
    flops = flops_a_point()
    lines = [[*cell, *figures(cell, rate, flops, name)] for cell, rate in rates.items()]
    if not options.quick:
        append(options.out, COLUMNS, [[name, torch.__version__, *line] for line in lines])
    print(table(COLUMNS[2:], lines))
    print(
        "\nHow many times as fast as the plain loop in the same precision:\n\n"
        + table(*ratios(rates))
    )
    if options.table is not None:
        print("\n" + projection(rates, options.table))


class Limits(NamedTuple):
    """Seconds that a cell is measured, and after which no other one is begun."""

    cell: float
    all: float


def measure_all(
    shapes: Sequence[str], variants: Sequence[str], device: torch.device, limits: Limits
) -> dict[Cell, float]:
    """Epochs of five members a second; what does not fit into the time is left out."""
    started = time.perf_counter()
    rates = {}
    for cell in itertools.starmap(Cell, itertools.product(shapes, variants, PRECISIONS)):
        if time.perf_counter() - started > limits.all:
            print(f"left out, for want of time: {' '.join(cell)}")
            continue
        try:
            with autotuned(cell.variant == "autotune"):
                rates[cell] = measure(VARIANTS[cell.variant](cell, device), device, limits.cell)
        except (
            RuntimeError
        ) as error:  # a variant that this card cannot run says nothing about the others
            print(f"{' '.join(cell)}: {error}")
            continue
        print(f"{' '.join(cell)}: {rates[cell]:.1f} epochs a second", flush=True)
    print()
    return rates


def measure(run: Epoch, device: torch.device, seconds: float) -> float:
    """Runs a second."""
    for _ in range(EPOCHS_TO_WARM_UP):
        run()
    synchronize(device)
    started, count = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds or count == 0:
        run()
        # the plain loop reads nothing: without this it would only be queued
        synchronize(device)
        count += 1
    return count / taken if taken > 0 else math.inf


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def autotuned(on: bool) -> Iterator[None]:
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = on
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


# --- the variants: each gives what runs one epoch of five members


def noise(cell: Cell, device: torch.device) -> TrainingData:
    n_series, length = cell.sizes
    values = np.random.default_rng(0).standard_normal((n_series, 1, length), dtype=np.float32)
    return TrainingData(torch.from_numpy(values), torch.arange(n_series) % CLASSES).to(device)


def members(device: torch.device) -> list[Member]:
    recipe = Recipe(epochs=10**9, batch_size=BATCH, schedule="constant")
    made = []
    for k in range(MEMBERS):
        network: Network = build("inception", None, 1, CLASSES)
        initialize(network, torch.Generator().manual_seed(k))
        network = network.to(device, memory_format=torch.channels_last)
        made.append(Member.start(k, network, recipe, seed=k))
    return made


def grouped(cell: Cell, device: torch.device) -> Epoch:
    five = members(device)
    steps = steps_for(five, [noise(cell, device)], "cross_entropy", PRECISIONS[cell.precision])
    return partial(epoch, five, steps, "all")


def eager(cell: Cell, device: torch.device) -> Epoch:
    five = members(device)
    return partial(
        epoch, five, plain_steps(five, noise(cell, device), PRECISIONS[cell.precision]), "all"
    )


def in_turn(cell: Cell, device: torch.device) -> Epoch:
    data = noise(cell, device)
    pairs = [
        ([member], steps_for([member], [data], "cross_entropy", PRECISIONS[cell.precision]))
        for member in members(device)
    ]

    def run() -> None:
        for alone, steps in pairs:
            epoch(alone, steps, "all")

    return run


def on_streams(cell: Cell, device: torch.device) -> Epoch:
    five = members(device)
    return partial(
        epoch, five, StreamSteps(five, noise(cell, device), PRECISIONS[cell.precision]), "all"
    )


def plain(cell: Cell, device: torch.device) -> Epoch:
    data = noise(cell, device)
    networks = [Plain(1).to(device).train() for _ in range(MEMBERS)]
    optimizers = [torch.optim.Adam(network.parameters()) for network in networks]

    def run() -> None:
        for network, optimizer in zip(networks, optimizers, strict=True):
            for chosen in torch.randperm(len(data.x), device=device).split(BATCH):
                with torch.autocast(
                    device.type, torch.bfloat16, enabled=cell.precision == "bfloat16"
                ):
                    loss = F.cross_entropy(network(data.x[chosen]), data.y[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return run


def plain_steps(some: Sequence[Member], data: TrainingData, precision: torch.dtype) -> Steps:
    networks = [member.network for member in some]
    optimizers = [member.optimizer for member in some]
    return Steps(networks, optimizers, [data], "cross_entropy", precision)


class StreamSteps(RecordedSteps):
    """Five networks' steps at once, each on a stream of its own.

    The rate stays what the optimizers began with.
    """

    def __init__(self, five: Sequence[Member], data: TrainingData, precision: torch.dtype) -> None:
        device = data.x.device
        super().__init__([], [], [data], "cross_entropy", precision, CudaRecorder(device))
        self.each = [plain_steps([member], data, precision) for member in five]
        self.sums = torch.zeros(2, len(five), device=device)
        for steps, sums in zip(self.each, self.sums.split(1, dim=1), strict=True):
            steps.sums = sums
        self.streams = [torch.cuda.Stream(device) for _ in five]

    def begin_epoch(self, *, body: bool) -> None:
        super().begin_epoch(body=body)
        for steps in self.each:
            steps.begin_epoch(body=body)

    def set_learning_rates(self, rates: Sequence[tuple[float, float]]) -> None:
        """Leave them: they are constant here."""

    def backward(self, data: int, chosen: Tensor) -> None:
        now = torch.cuda.current_stream()
        for steps, stream, batch in zip(self.each, self.streams, chosen, strict=True):
            stream.wait_stream(now)
            with torch.cuda.stream(stream):
                steps.take(data, batch[None])
        for stream in self.streams:
            now.wait_stream(stream)


VARIANTS = {
    "grouped": grouped,
    "autotune": grouped,
    "streams": on_streams,
    "in turn": in_turn,
    "eager": eager,
    "plain": plain,
}


# --- the tables


def flops_a_point() -> float:
    """Count the plain network's multiplications and additions in a step, per point of a series."""
    n_series, length = 2, 64
    counter = FlopCounterMode(display=False)
    with counter:
        Plain(1)(torch.zeros(n_series, 1, length)).sum().backward()
    return counter.get_total_flops() / (n_series * length)


def figures(cell: Cell, rate: float, flops: float, device: str) -> list[str]:
    """Epochs a second, GFLOP/s, and the share of the peak of a card that is known."""
    done = rate * MEMBERS * math.prod(cell.sizes) * flops
    peak = next((both for name, both in PEAKS.items() if name in device), None)
    share = ""
    if peak is not None:
        of_precision = peak[list(PRECISIONS).index(cell.precision)]
        share = f"{done / 1e12 / of_precision:.4f}"
    return [f"{rate:.2f}", f"{done / 1e9:.0f}", share]


def ratios(rates: dict[Cell, float]) -> tuple[list[str], list[list[str]]]:
    variants = [name for name in dict.fromkeys(cell.variant for cell in rates) if name != "plain"]
    rows = []
    for shape, precision in dict.fromkeys((cell.shape, cell.precision) for cell in rates):
        base = rates.get(Cell(shape, "plain", precision), math.nan)
        gains = [
            rates.get(Cell(shape, variant, precision), math.nan) / base for variant in variants
        ]
        rows.append([shape, precision, *(f"{ratio:.2f}" for ratio in gains)])
    return ["shape", "precision", *variants], rows


def projection(rates: dict[Cell, float], path: Path) -> str:
    """Hours that the data sets of a table take, by every variant.

    The time of a step depends on its points: between the measured steps it is interpolated, below
    the smallest it is that one's, and above the largest it grows in proportion. A smaller last
    batch counts as a whole one.
    """
    with path.open(newline="") as file:
        sets = [(int(row["n_series"]), int(row["length"])) for row in csv.DictReader(file)]
    lines = []
    for precision in PRECISIONS:
        hours = {}
        for variant in dict.fromkeys(cell.variant for cell in rates):
            steps = sorted(
                (points_a_step(*cell.sizes), 1 / rate / math.ceil(cell.sizes[0] / BATCH))
                for cell, rate in rates.items()
                if (cell.variant, cell.precision) == (variant, precision)
            )
            if steps:
                seconds = [
                    math.ceil(n / BATCH) * seconds_a_step(points_a_step(n, length), steps)
                    for n, length in sets
                ]
                hours[variant] = ARCHIVE_EPOCHS * sum(seconds) / 3600
        for variant, value in hours.items():
            lines.append([precision, variant, f"{value:.2f}", f"{24 * PUBLISHED_DAYS / value:.1f}"])
    head = ["precision", "variant", "hours", f"times as fast as {PUBLISHED_DAYS} days"]
    text = (
        f"{ARCHIVE_EPOCHS} epochs of {MEMBERS} members on the {len(sets)} data sets of "
        f"{path.name}, projected"
    )
    return f"{text} (the authors' {PUBLISHED_DAYS} days are for 128):\n\n{table(head, lines)}"


def points_a_step(n_series: int, length: int) -> int:
    return min(n_series, BATCH) * length


def seconds_a_step(points: int, measured: Sequence[tuple[int, float]]) -> float:
    at, seconds = zip(*measured, strict=True)
    return float(np.interp(points, at, seconds)) * max(1.0, points / at[-1])


def write_table(archive: Path, path: Path) -> None:
    """Count the series of every training split and the points of its longest one."""
    rows = []
    for file in sorted(archive.glob("*/*_TRAIN.tsv")):
        lines = file.read_text().splitlines()
        rows.append((file.parent.name, len(lines), len(lines[0].split("\t")) - 1))
    path.unlink(missing_ok=True)
    append(path, ("name", "n_series", "length"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
