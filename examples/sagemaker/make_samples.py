"""Make the sample files anew: python examples/sagemaker/make_samples.py

Waves of three kinds, each with noise and a phase of its own. Labels stand in the first column, and
there is no header.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
LENGTH, NOISE = 40, 0.1
# a name, and how one period looks from 0 to 1
WAVES = {
    "ramp": lambda phase: 2 * phase - 1,
    "sine": lambda phase: np.sin(2 * np.pi * phase),
    "square": lambda phase: np.sign(phase - 0.5),
}


def main() -> None:
    rng = np.random.default_rng(2018)
    for place, n in (("training/part-1", 18), ("training/part-2", 18), ("validation/held-out", 12)):
        write(f"{place}.csv", *waves(n, rng))
    series, labels = waves(9, rng)
    write("request.csv", series)
    (FOLDER / "response.csv").write_text("".join(f"{label}\n" for label in labels))


def waves(n: int, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Draw ``n`` series of two periods each, and say what they are."""
    labels = [list(WAVES)[k % len(WAVES)] for k in range(n)]
    at = 2 * np.arange(LENGTH) / LENGTH
    rows = [WAVES[label]((at + rng.uniform()) % 1) for label in labels]
    return np.array(rows) + NOISE * rng.standard_normal((n, LENGTH)), labels


def write(name: str, series: np.ndarray, labels: list[str] | None = None) -> None:
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True)
    rows = [",".join(f"{value:.3f}" for value in row) for row in series]
    if labels is not None:
        rows = [f"{label},{row}" for label, row in zip(labels, rows, strict=True)]
    path.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
