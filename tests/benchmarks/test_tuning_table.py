from __future__ import annotations

import pytest
from tuning_table import print_tables

NAMES = [f"Set{k}" for k in range(6)]


def row(name: str, subset: str, seed: int, way: str, accuracy: float, seconds: float) -> dict:
    values = (name, subset, seed, way, accuracy, seconds)
    return dict(
        zip(
            ("dataset", "subset", "seed", "way", "accuracy", "seconds"),
            map(str, values),
            strict=True,
        )
    )


def test_targets_are_compared_by_the_means_of_the_seeds_that_both_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = []
    for name in NAMES:
        rows += [row(name, "five", seed, "trained on", 0.8, 2.0) for seed in (0, 1)]
        rows += [row(name, "five", 0, "from scratch", 0.7, 8.0)]
        rows += [row(name, "full", seed, "trained on", 0.9, 2.0) for seed in (0, 1)]
    zoo = [{"dataset": name, "member_accuracy": "0.9 1.0 0.5"} for name in NAMES]
    print_tables(rows, zoo, 2)
    printed = capsys.readouterr().out
    assert "| five | from scratch | 6 | 1 | 0.7000 | 0.8000 | 6 | 0 | 0.031 |" in printed
    assert "| full | from scratch | 6 | 2 | 0.9500 | 0.9000 | 0 | 6 | 0.031 |" in printed
    assert "five: training on took 0.25 of the seconds from scratch" in printed
    assert "geometric mean of 6; at most 0.25" in printed
