from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import Generator, Tensor

from tszoo.data.synthetic import alter, alter_tasks
from tszoo.data.synthetic.znormalize import znormalize
from tszoo.errors import OptionError

CHANGES = ("REVERSED", "FLIPPED", "WARPED", "NOISY", "DIFFERENCED")
SHARES = {"REVERSED": 0.25, "FLIPPED": 0.3, "WARPED": 0.2, "NOISY": 0.3, "DIFFERENCED": 0.25}


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def some_tasks(n_tasks: int = 1000) -> Tensor:
    """Slopes with a bump, which every change shows on; no two series are the same."""
    at = torch.linspace(0, 1, 16)
    noise = torch.randn(n_tasks, 2, 3, 16, generator=seeded(1))
    return 5 + at + 2 * (at > 0.8) + 0.05 * noise


def only(monkeypatch, name: str, share: float | None = None) -> None:
    """Let one change happen, and no other."""
    for other in CHANGES:
        if other != name:
            monkeypatch.setattr(alter, other, 0.0)
    if share is not None:
        monkeypatch.setattr(alter, name, share)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_befalls_its_share_of_the_tasks_and_whole_tasks(monkeypatch, name):
    only(monkeypatch, name)
    tasks = some_tasks()
    moved = (alter_tasks(tasks, seeded()) - znormalize(tasks)).abs().amax(-1) > 1e-5
    assert torch.equal(moved.any(2).any(1), moved.all(2).all(1))
    assert moved[:, 0, 0].float().mean().item() == pytest.approx(SHARES[name], abs=0.05)


@pytest.mark.parametrize(
    ("name", "slow"),
    [
        ("REVERSED", lambda series: series[::-1]),
        ("FLIPPED", lambda series: -series),
        ("DIFFERENCED", lambda series: np.append(series[1:] - series[:-1], 0.0)),
    ],
)
def test_changes_without_chance_do_what_they_say(monkeypatch, name, slow):
    only(monkeypatch, name, 1.0)
    tasks = some_tasks(3)
    altered = alter_tasks(tasks, seeded()).reshape(18, 16).numpy()
    for series, changed in zip(tasks.reshape(18, 16).double().numpy(), altered, strict=True):
        expected = slow((series - series.mean()) / series.std())
        assert_allclose(changed, (expected - expected.mean()) / expected.std(), atol=1e-3)


def test_noise_is_weak_and_of_a_strength_for_each_task(monkeypatch):
    only(monkeypatch, "NOISY", 1.0)
    tasks = torch.sin(torch.linspace(0, 20, 256)).expand(300, 2, 3, 256)
    strengths = (alter_tasks(tasks, seeded()) - znormalize(tasks)).std((1, 2, 3))
    assert strengths.max() < 0.16
    assert strengths.min() < 0.002
    assert strengths.median().item() == pytest.approx(0.15 / 4, rel=0.25)


def test_changes_are_independent_of_each_other(monkeypatch):
    only(monkeypatch, "FLIPPED")
    monkeypatch.setattr(alter, "REVERSED", 0.25)
    altered = alter_tasks(some_tasks(2000), seeded())[:, 0, 0]
    bump_at_end = altered[:, -1].abs() > altered[:, 0].abs()
    falls = altered[:, 0] > altered[:, -1]  # of a reversed or a flipped task, not of both
    assert (~bump_at_end).float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert falls[bump_at_end].float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert falls[~bump_at_end].float().mean().item() == pytest.approx(0.7, abs=0.07)


def test_every_series_is_znormalised_and_the_tasks_are_left_alone():
    tasks = some_tasks(50) * 1e6
    before = tasks.clone()
    altered = alter_tasks(tasks, seeded())
    assert torch.equal(tasks, before)
    assert_allclose(altered.mean(-1), 0.0, atol=1e-5)
    assert_allclose(altered.std(-1, correction=0), 1.0, atol=1e-5)


def test_the_seed_decides_every_bit():
    tasks = some_tasks(50)
    assert torch.equal(alter_tasks(tasks, seeded(3)), alter_tasks(tasks, seeded(3)))
    assert not torch.equal(alter_tasks(tasks, seeded(3)), alter_tasks(tasks, seeded(4)))


def test_constant_series_stay_zeros_but_for_noise(monkeypatch):
    constant = torch.full((200, 2, 2, 9), 0.1)
    assert alter_tasks(constant, seeded()).isfinite().all()
    monkeypatch.setattr(alter, "NOISY", 0.0)
    assert not alter_tasks(constant, seeded()).any()


@pytest.mark.parametrize("shape", [(2, 3, 8), (2, 2, 2, 1), (1, 2, 2, 2, 8)])
def test_what_is_no_tasks_is_refused(shape):
    with pytest.raises(OptionError, match=r"expected \(n_tasks, n_classes, n_series, length\)"):
        alter_tasks(torch.zeros(shape), seeded())
