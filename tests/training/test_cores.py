"""Cores that this process may use: by its affinity, and by the quotas of its containers."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from tszoo.training import cores
from tszoo.training.cores import cpu_quota, usable_cores


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, math.inf),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"a/b/cpu.max": "400000 100000\n"}, 4.0),
        ({"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "200000 100000\n"}, 2.0),
        ({"a/b/cpu.max": "max 100000\n", "other/cpu.max": "100000 100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3.0),
        ({"cpu.max": "nonsense"}, math.inf),
        ({"cpu.max": "100000 0\n"}, math.inf),
    ],
)
def test_the_least_quota_counts(tmp_path: Path, files: dict[str, str], quota: float) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    own = tmp_path / "own"
    own.write_text("12:cpu:/elsewhere\n0::/a/b\n")
    assert cpu_quota(tmp_path, own) == quota
    assert cpu_quota(tmp_path, tmp_path / "nowhere") in (quota, math.inf)


@pytest.mark.parametrize(("quota", "n_cores"), [(math.inf, 6), (1.5, 1), (0.2, 1), (64.0, 6)])
def test_there_is_always_one(monkeypatch: pytest.MonkeyPatch, quota: float, n_cores: int) -> None:
    monkeypatch.setattr(cores, "cpu_quota", lambda *_: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert usable_cores() == n_cores
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1
