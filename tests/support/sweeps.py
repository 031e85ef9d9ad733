"""Sweeps of networks so small that a trial takes a tenth of a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.toys import make_toy
from tszoo.study.engine import Engine
from tszoo.study.settings import Settings
from tszoo.study.study import Study
from tszoo.study.sweep import sweep
from tszoo.study.trial import Sets
from tszoo.training.run import Run

NETWORK = {"filters": 2, "kernel_lengths": [8, 4], "bottleneck": 2}
TINY = Settings(recipe={"epochs": 2}, network=NETWORK)
HERE = Engine(jobs=1)
CPU = Run(device="cpu", precision="float32")
DEPTHS = {"depth": [1, 2]}


def small_sweep(out: Path, vary: Any = None, data: Any = None, **options: Any) -> Study:
    """Sweep the depth of a tiny network on a toy with a test split."""
    data = Sets(make_toy(), make_toy(seed=1)) if data is None else data
    options = {"settings": TINY, "engine": HERE, "run": CPU, **options}
    return sweep(data, vary or DEPTHS, out=out, **options)


def outcomes(study: Study) -> list[dict[str, Any]]:
    """All that came out, but for what depends on the clock."""
    rows = [vars(row.outcome) | {"trial": row.trial} for row in study.rows]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
