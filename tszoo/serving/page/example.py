"""Made-up series for people who have none at hand."""

from __future__ import annotations

import numpy as np

NAME = "example.csv"
_EACH, _LENGTH = 20, 96


def example_csv() -> bytes:
    """Write 60 noisy series of three classes as a CSV file: calm, pulse, and drift."""
    rng = np.random.default_rng(7)
    at = np.linspace(0.0, 1.0, _LENGTH)
    lines = ["id,state," + ",".join(f"t{k}" for k in range(_LENGTH))]
    for number in range(3 * _EACH):
        state = ("calm", "pulse", "drift")[number % 3]
        wave = 0.3 * np.sin(2 * np.pi * (3 * at + rng.uniform()))
        if state == "pulse":
            wave += np.exp(-(((at - rng.uniform(0.2, 0.8)) / 0.04) ** 2))
        elif state == "drift":
            wave += rng.uniform(0.6, 1.2) * at
        values = wave + 0.15 * rng.standard_normal(_LENGTH)
        lines.append(f"run-{number + 1},{state}," + ",".join(f"{v:.4f}" for v in values))
    return ("\n".join(lines) + "\n").encode()
