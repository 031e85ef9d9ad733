"""Draw the pictures of docs/synthetic.md: draw_synthetic.py [--out DIR] [--seed N].

One picture a family, and one of InceptionTime's problem.
"""

import argparse
from pathlib import Path

import numpy as np
from torch import Generator

from tszoo.data.synthetic import FAMILIES, TaskShape, positions
from tszoo.figures.tasks import draw_made_up
from tszoo.storage.files import write_file

ROOT = Path(__file__).parent.parent
N_TASKS, N_CLASSES, N_SERIES, LENGTH = 3, 3, 3, 128
SEED = 6  # of tasks that show what their family can do


def family_tasks(seed: int) -> dict[str, np.ndarray]:
    """Make up the tasks of each family that are drawn."""
    shape = TaskShape(N_TASKS, N_CLASSES, N_SERIES, LENGTH)
    return {
        name: family(shape, Generator().manual_seed(seed)).numpy()
        for name, family in FAMILIES.items()
    }


def position_task(seed: int) -> np.ndarray:
    """Make up InceptionTime's problem, as a task of its own."""
    dataset = positions(N_SERIES * N_CLASSES, N_CLASSES, LENGTH, seed)
    order = np.argsort(dataset.labels, kind="stable")
    return dataset.series[order].reshape(1, N_CLASSES, N_SERIES, LENGTH)


def main(out: Path, seed: int) -> None:
    """Write a picture of each."""
    out.mkdir(parents=True, exist_ok=True)
    for name, tasks in {**family_tasks(seed), "positions": position_task(seed)}.items():
        data = draw_made_up(tasks)
        write_file(out / f"{name}.png", data)
        print(f"{out / name}.png: {len(data)} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "docs" / "synthetic",
        help="the folder to write into (default: docs/synthetic)",
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the tasks (default: {SEED})")
    arguments = parser.parse_args()
    main(arguments.out, arguments.seed)
