"""Fixtures of the tests that take the whole of tszoo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README and docs/ speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TSZOO_ZOO", raising=False)
    for name, seed in (("my", 1), ("held-out", 2)):
        toy = make_toy(seed=seed)
        labels = [("walk", "run")[label] for label in toy.labels]
        save_dataset(Dataset.from_arrays(toy.series, labels, name=name), tmp_path / f"{name}.csv")
    save_dataset(Dataset.from_arrays(make_toy(seed=3).series, name="new"), tmp_path / "new.csv")
    return tmp_path


@pytest.fixture
def other_files(desk: Path) -> None:
    """Write recordings, a line a point, and arrays with labels apart: those of docs/data.md."""
    for name, people in (("gait", ("p1", "p2", "p3")), ("new-gait", ("q1",))):
        lines = ["person,ms,x,state"]
        for person in people:
            for k, value in enumerate(np.sin(np.arange(768) ** 1.3 / 40)):
                state = ("walk", "run")[k // 256 % 2]
                lines.append(f"{person},{10 * k},{value:.4f},{state}")
        (desk / f"{name}.csv").write_text("\n".join(lines) + "\n")
    for split, seed in (("train", 1), ("test", 2)):
        toy = make_toy(seed=seed)
        np.save(desk / f"X_{split}.npy", toy.series)
        np.save(desk / f"y_{split}.npy", [toy.classes[label] for label in toy.labels])
