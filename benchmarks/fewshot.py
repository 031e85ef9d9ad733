"""Measure how well classes are told apart with 1, 2, 5 and 10 labelled series each.

    python benchmarks/fewshot.py --archive UCRArchive_2018 --universal ZOO/inception.universalA \
        ZOO/inception.universalB --budget 120

    python -m venv peers
    peers/bin/pip install -c constraints.txt -e ".[plot]" aeon

Ten draws from the training splits of the archive's sets with the fewest points. Every method gets
the same series, and the sizes of one draw hold one another. Accuracy is that on at most 200 series
of the test split; nothing is chosen by it. Methods, one network each:

- universal body: the ridge head of `tszoo finetune --head ridge` on a frozen body, the first of
  `--universal` that has learnt neither the set nor its kin;
- random body: the same head on random filters;
- 1-NN DTW, without a window;
- ROCKET: aeon's, left out where aeon is not installed, and where series differ in length;
- from scratch: a network trained by the recipe `fast`.

A row a set, draw and method, with the accuracy of each size; a size is empty where a class has
fewer series. Rows that the CSV has are kept. Training is costly: it is done draw by draw over all
sets, after the rest. A run may end anywhere. `--budget 0` only prints the tables and draws the
figure.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from few.draws import DRAWS, SIZES, Split, cheapest, draw, load_split
from few.figure import draw_curves
from few.methods import METHODS, Predictor, is_there
from few.table import collect, summaries
from rows import append, read

COLUMNS = ("set", "draw", "method", *map(str, SIZES), "seconds")


class Task(NamedTuple):
    """Draws of a set that a method is still to be measured on, one after the other."""

    name: str
    method: str
    draws: tuple[int, ...]


def main() -> None:
    options = parse()
    end = time.monotonic() + 60 * options.budget
    for task in tasks(options):
        if time.monotonic() >= end:
            break
        for row in measure(task, options):
            append(options.out, COLUMNS, [row])
    accuracies = collect(read(options.out))
    present = [m for m in METHODS if any(cell.method == m for cell in accuracies)]
    print("\n\n".join(summaries(accuracies, present)))
    draw_curves(accuracies, present, options.plot)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--universal", type=Path, nargs="*", default=[], metavar="FOLDER")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--sets", type=int, default=84, help="those with the fewest points")
    parser.add_argument(
        "--budget", type=float, default=60.0, help="minutes, after which no set is begun"
    )
    parser.add_argument("--features", type=Path, help="a folder that keeps bodies' features")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument(
        "--plot", type=Path, default=Path(__file__).parent.parent / "docs" / "few-shot.png"
    )
    return parser.parse_args()


def tasks(options: argparse.Namespace) -> Iterator[Task]:
    """What the CSV lacks, in the order in which it is measured."""
    done = {(row["set"], row["method"], int(row["draw"])) for row in read(options.out)}
    names = cheapest(options.sets, options.archive)
    chosen = [method for method in METHODS if method in options.methods]
    all_draws = [tuple(range(DRAWS))]
    one_by_one = [(k,) for k in range(DRAWS)]
    parts = [(m, draws) for m in chosen if not METHODS[m].is_costly for draws in all_draws]
    parts += [(m, draws) for draws in one_by_one for m in chosen if METHODS[m].is_costly]
    for method, draws in parts:
        for name in names:
            missing = tuple(k for k in draws if (name, method, k) not in done)
            if missing and is_there(method, name, options):
                yield Task(name, method, missing)


def measure(task: Task, options: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """Yield a row a draw. Seconds are those of the processor; the first row's hold the start."""
    split = load_split(task.name, options.archive)
    if task.method == "ROCKET" and (split.train.is_unequal or split.test.is_unequal):
        print(f"{task.name}: aeon's ROCKET takes series of one length", flush=True)
        return
    began = time.process_time()
    predict = METHODS[task.method].start(split, options)
    for k in task.draws:
        cells = accuracies_of(predict, split, k)
        yield (task.name, k, task.method, *cells, f"{time.process_time() - began:.1f}")
        began = time.process_time()


def accuracies_of(predict: Predictor, split: Split, k: int) -> list[str]:
    """Accuracies of draw k by size, as text; empty where a class has fewer series."""
    cells = []
    for size in SIZES:
        cell = ""
        if size in split.sizes():
            predicted = predict(draw(split.train, size, k), k)
            cell = f"{(predicted == split.answers).mean():.4f}"
        cells.append(cell)
    return cells


if __name__ == "__main__":
    main()
