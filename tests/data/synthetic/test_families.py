"""What each family promises of its classes."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from tszoo.data.synthetic import (
    FAMILIES,
    TaskShape,
    alter_tasks,
    bursts,
    outlines,
    patterns,
    rhythms,
    switches,
)
from tszoo.data.synthetic.draws import LogUniform, Uniform
from tszoo.data.synthetic.znormalize import znormalize

N_CLASSES, N_SERIES, LENGTH = 4, 16, 96
EVERY_FAMILY = pytest.mark.parametrize("name", list(FAMILIES))
NEXT_TO_NOTHING = LogUniform(1e-7, 1e-6)
NOTHING = Uniform(0.0, 0.0)


def draw(name: str, n_tasks: int, seed: int = 1) -> Tensor:
    shape = TaskShape(n_tasks, N_CLASSES, N_SERIES, LENGTH)
    return FAMILIES[name](shape, Generator().manual_seed(seed))


def features(series: Tensor) -> Tensor:
    """Values, amplitudes and sorted values: enough to tell simple classes apart."""
    series = znormalize(series)
    amplitudes = torch.fft.rfft(series).abs() / series.shape[-1] ** 0.5
    return torch.cat([series / 2, amplitudes.log1p(), series.sort(-1).values], -1)


def accuracy(tasks: Tensor, of_another_task: bool = False) -> float:
    """How often the nearest of one half of the series has the class of one of the other half."""
    described = features(tasks)
    half = N_SERIES // 2
    support = described[:, :, :half].flatten(1, 2)
    query = described[:, :, half:].flatten(1, 2)
    if of_another_task:
        support = support.roll(1, 0)
    nearest = torch.cdist(query, support).argmin(-1)
    labels = torch.arange(N_CLASSES).repeat_interleave(half)
    return (labels[nearest] == labels).float().mean().item()


@EVERY_FAMILY
def test_classes_can_be_told_apart(name):
    tasks = draw(name, 40)
    least = {"colours": 0.35}.get(
        name, 0.45
    )  # chance is 0.25; a spectrum is hard to guess from one series
    assert accuracy(tasks) > least
    assert accuracy(alter_tasks(tasks, Generator().manual_seed(2))) > least


@EVERY_FAMILY
def test_what_tells_classes_apart_differs_from_task_to_task(name):
    assert 0.15 < accuracy(draw(name, 40), of_another_task=True) < 0.35


@EVERY_FAMILY
def test_tasks_differ_in_how_hard_they_are(name):
    reached = [accuracy(task[None]) for task in draw(name, 40)]
    assert max(reached) > 0.7
    assert min(reached) < 0.6


@EVERY_FAMILY
def test_the_seed_decides_every_bit(name):
    assert torch.equal(draw(name, 3), draw(name, 3))
    assert not torch.equal(draw(name, 3), draw(name, 3, seed=2))


def test_rhythms_of_a_class_are_one_wave_but_for_phase_and_noise(monkeypatch):
    monkeypatch.setattr(rhythms, "NOISE", NEXT_TO_NOTHING)
    monkeypatch.setattr(rhythms, "PHASE_SCATTER", NEXT_TO_NOTHING)
    tasks = draw("rhythms", 5)
    assert torch.allclose(tasks, tasks[:, :, :1].expand_as(tasks), atol=1e-2)
    assert torch.allclose(tasks.std(-1, correction=0), torch.ones(()), atol=1e-3)
    assert ((tasks[:, 0] - tasks[:, 1]).abs().amax((-1, -2)) > 0.1).all()


def test_fast_rhythms_take_eight_points():
    assert rhythms.base_cycles(512) == LogUniform(1.0, 64.0)
    assert rhythms.base_cycles(8) == LogUniform(1.0, 4.0)


def test_colours_of_a_class_share_a_spectrum():
    tasks = draw("colours", 60)
    assert torch.allclose(tasks.std(-1, correction=0), torch.ones(()), atol=1e-3)
    levels = torch.fft.rfft(tasks).abs()[..., 1:].log()
    halves = levels[:, :, ::2].mean(2), levels[:, :, 1::2].mean(2)
    within = (halves[0] - halves[1]).square().mean()
    between = (halves[0] - halves[1].roll(1, 1)).square().mean()
    assert between > 2 * within


def test_patterns_without_a_background_are_short(monkeypatch):
    monkeypatch.setattr(patterns, "BACKGROUND", NOTHING)
    tasks = draw("patterns", 20)
    shares = (tasks.abs() > 1e-6).float().mean(-1)
    assert shares.max() <= 0.35 + 2 / LENGTH
    assert shares.median() >= 0.06


def test_half_of_the_tasks_have_places_that_tell_the_class(monkeypatch):
    monkeypatch.setattr(patterns, "BACKGROUND", NOTHING)
    monkeypatch.setattr(patterns, "PLACE_SCATTER", NEXT_TO_NOTHING)
    monkeypatch.setattr(patterns, "WIDTH", LogUniform(0.1, 0.1))
    tasks = draw("patterns", 200)
    begins = (tasks.abs() > 1e-6).float().argmax(-1).float()
    scattered = (begins.amax((1, 2)) - begins.amin((1, 2))) > 4
    assert 0.4 < scattered.float().mean() < 0.6


def test_outlines_of_a_class_are_a_prototype_but_for_deviations(monkeypatch):
    monkeypatch.setattr(outlines, "NOISE", NEXT_TO_NOTHING)
    monkeypatch.setattr(outlines, "BENDING", NEXT_TO_NOTHING)
    monkeypatch.setattr(outlines, "WOBBLE", NOTHING)
    tasks = draw("outlines", 5)
    assert torch.allclose(tasks, tasks[:, :, :1].expand_as(tasks), atol=1e-3)
    assert ((tasks[:, 0] - tasks[:, 1]).abs().amax((-1, -2)) > 0.01).all()


def test_switches_without_noise_and_slopes_have_two_levels(monkeypatch):
    monkeypatch.setattr(switches, "NOISE", NEXT_TO_NOTHING)
    monkeypatch.setattr(switches, "SECOND_LEVEL", NOTHING)
    monkeypatch.setattr(switches, "STEEPNESS", LogUniform(1e5, 1e6))
    tasks = draw("switches", 20)
    is_level = (tasks.abs() - 1).abs() < 1e-3
    assert is_level.float().mean() > 0.99
    assert 0.2 < (tasks > 0).float().mean() < 0.8


def test_bursts_fade_as_deep_as_they_are_told(monkeypatch):
    monkeypatch.setattr(bursts, "NOISE", NEXT_TO_NOTHING)
    monkeypatch.setattr(bursts, "DEPTH", NOTHING)
    steady = draw("bursts", 20)
    assert steady.abs().max() <= 1 + 1e-4
    monkeypatch.setattr(bursts, "DEPTH", Uniform(1.0, 1.0))
    fading = draw("bursts", 20)
    assert 1.8 < fading.abs().max() <= 2 + 1e-4
    assert (fading.abs() < 0.2).float().mean() > 1.5 * (steady.abs() < 0.2).float().mean()
