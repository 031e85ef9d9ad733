"""Five members side by side against one after another: from which size of a step on does which pay?

    python benchmarks/members.py [--rounds 3]

InceptionTime's network, random series, three classes, one batch an epoch; both ways alternate, and
the fastest of the rounds counts. ``POINTS_SIDE_BY_SIDE`` of ``tszoo.training.spread`` comes from
here.
"""

from __future__ import annotations

import argparse
import time

import torch

from tszoo.nets.device import resolve_precision
from tszoo.nets.network import initialize
from tszoo.nets.registry import build
from tszoo.training.data import TrainingData
from tszoo.training.members import Job, train_members
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run

MEMBERS = 5
SHAPES = (
    (10, 24),
    (16, 24),
    (30, 24),
    (16, 60),
    (30, 60),
    (14, 143),
    (28, 143),
    (16, 286),
    (64, 96),
    (28, 286),
)
SECONDS_A_TURN = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    precisions = dict.fromkeys((torch.float32, resolve_precision("auto", torch.device("cpu"))))
    print(f"{torch.get_num_threads()} threads; milliseconds an epoch of {MEMBERS} members\n")
    print(
        "| series x points | points a step | precision | one after another | side by side | ratio |"
    )
    print("|---|---|---|---|---|---|")
    for n_series, length in SHAPES:
        data = random_data(n_series, length)
        for precision in precisions:
            epochs = {ways: epochs_a_turn(data, precision, ways) for ways in (1, MEMBERS)}
            best = dict.fromkeys(epochs, float("inf"))
            for _ in range(options.rounds):
                for ways, count in epochs.items():
                    best[ways] = min(best[ways], seconds(data, precision, ways, count) / count)
            after, beside = (1000 * best[ways] for ways in (1, MEMBERS))
            name = str(precision).removeprefix("torch.")
            size = n_series * length
            cells = (
                f"{n_series} x {length} | {size} | {name} | {after:.1f} | {beside:.1f} | "
                f"{after / beside:.2f}"
            )
            print(f"| {cells} |", flush=True)


def random_data(n_series: int, length: int) -> TrainingData:
    generator = torch.Generator().manual_seed(0)
    return TrainingData(
        torch.randn(n_series, 1, length, generator=generator), torch.arange(n_series) % 3
    )


def epochs_a_turn(data: TrainingData, precision: torch.dtype, ways: int) -> int:
    """How many epochs fill a turn; also warms up."""
    seconds(data, precision, ways, 2)
    return max(2, int(SECONDS_A_TURN / (seconds(data, precision, ways, 4) / 4)))


def seconds(data: TrainingData, precision: torch.dtype, ways: int, epochs: int) -> float:
    def member(_: int, generator: torch.Generator) -> torch.nn.Module:
        network = build("inception", None, 1, 3)
        initialize(network, generator)
        return network

    recipe = Recipe(epochs=epochs, schedule="constant", keep="last")
    job = Job(recipe, 0, MEMBERS, torch.device("cpu"), precision, run=Run(side_by_side=ways))
    started = time.perf_counter()
    train_members(member, [data], job)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
