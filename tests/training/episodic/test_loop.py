"""Bodies learn in episodes; a run that was cut goes on to the same weights."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.episodes import CPU, tiny_body, tiny_job, tiny_recipe, toy_pool
from tests.support.toys import make_toy
from tszoo.errors import TrainingError
from tszoo.nets.network import Body
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.episodic.budget import Budget
from tszoo.training.episodic.judge import Judge
from tszoo.training.episodic.loop import train_in_episodes
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.report import EpisodicReport


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums over threads are added in the order of their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def told_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tszoo.training.episodic.loop.SECONDS_A_REPORT", 0.0)


def checkpoint(path: Path, resume: bool = False) -> Checkpoint:
    return Checkpoint(path / "run.safetensors", "mine", every_seconds=0.0, resume=resume)


def same(body: Body, other: Body) -> bool:
    pairs = zip(body.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(tensor, twin) for tensor, twin in pairs)


def stop_at(step: int) -> Callable[[EpisodicReport], bool]:
    return lambda report: report.step == step


def interrupt_at(step: int) -> Callable[[EpisodicReport], None]:
    def watch(report: EpisodicReport) -> None:
        if report.step == step:
            raise KeyboardInterrupt

    return watch


@pytest.mark.parametrize("architecture", ["inception", "fcn"])
def test_the_loss_falls(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tszoo.training.episodic.trainee.RECENT", 8)
    reports: list[EpisodicReport] = []
    recipe = tiny_recipe(synthetic=0.0, points=1 << 9, classes=(4,), class_shares=(1,))
    toy = make_toy(n_series=64, n_classes=4)
    noise = np.random.default_rng(0).standard_normal(toy.series.shape)
    noisy = replace(toy, series=(toy.series + noise).astype(np.float32))
    body, mixture = tiny_body(architecture), Mixture(recipe, Pool.of([noisy], CPU))
    history = train_in_episodes(body, tiny_job(24, mixture=mixture, watch=reports.append))
    assert [report.step for report in reports] == list(range(1, 25))
    assert reports[-1].loss < 0.95 * reports[7].loss
    assert history.loss == reports[-1].loss
    assert (history.steps, history.stopped_early) == (24, False)
    assert not body.training
    assert reports[-1].synthetic_accuracy is None
    assert reports[-1].real_accuracy > 0.5


def test_all_made_up() -> None:
    job = tiny_job(mixture=Mixture(tiny_recipe(synthetic=1.0), Pool.of([], CPU)))
    history = train_in_episodes(tiny_body(), job)
    assert 0 < history.accuracy <= 1


@pytest.mark.parametrize("end", [stop_at, interrupt_at])
def test_a_run_that_was_cut_reaches_the_same_weights(end, tmp_path: Path) -> None:
    whole = tiny_body()
    of_whole = train_in_episodes(whole, tiny_job(6))
    cut = tiny_body()
    job = tiny_job(6, watch=end(3), checkpoint=checkpoint(tmp_path))
    try:
        history = train_in_episodes(cut, job)
    except KeyboardInterrupt:
        assert end is interrupt_at
    else:
        assert (history.steps, history.stopped_early) == (3, True)
        assert not cut.training  # finished from where it stood
    resumed = tiny_body(seed=9)
    of_resumed = train_in_episodes(
        resumed, tiny_job(6, checkpoint=checkpoint(tmp_path, resume=True))
    )
    assert same(resumed, whole)
    assert (of_resumed.steps, of_resumed.loss) == (6, of_whole.loss)


def test_watching_and_judging_change_nothing() -> None:
    plain, watched = tiny_body(), tiny_body()
    train_in_episodes(plain, tiny_job(4))
    judge = Judge.of(Pool.of([make_toy(n_classes=3, seed=4)], CPU), tiny_recipe())
    history = train_in_episodes(
        watched, tiny_job(4, judge=judge, untrained=tiny_body(), watch=lambda report: None)
    )
    assert same(plain, watched)
    assert 0 < history.held_out_accuracy <= 1
    assert 0 < history.held_out_untrained <= 1


def test_a_time_is_kept() -> None:
    train_in_episodes(tiny_body(), tiny_job(1))  # kernels are compiled
    reports: list[EpisodicReport] = []
    job = replace(tiny_job(), budget=Budget(seconds=1.5), watch=reports.append)
    began = time.monotonic()
    history = train_in_episodes(tiny_body(), job)
    assert time.monotonic() - began < 60
    assert history.steps > 1
    assert reports[0].steps is None
    assert reports[0].seconds_left <= 1.5


def test_a_full_disk_does_not_end_a_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        history = train_in_episodes(
            tiny_body(), tiny_job(2, checkpoint=checkpoint(tmp_path / "file"))
        )
    assert history.steps == 2
    assert "cannot write the checkpoint" in caplog.text


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    train_in_episodes(tiny_body(), tiny_job(2, checkpoint=checkpoint(tmp_path)))
    other = replace(checkpoint(tmp_path, resume=True), run="another")
    with pytest.raises(TrainingError, match="belongs to another run"):
        train_in_episodes(tiny_body(), tiny_job(2, checkpoint=other))
    with pytest.raises(TrainingError, match="not a whole checkpoint"):
        train_in_episodes(
            tiny_body("fcn"), tiny_job(2, checkpoint=checkpoint(tmp_path, resume=True))
        )


def test_a_loss_that_is_no_number() -> None:
    recipe = tiny_recipe(learning_rate=1e30, warmup=0)
    with pytest.raises(TrainingError, match=r"the loss is no number after \d+ steps"):
        train_in_episodes(tiny_body(), tiny_job(8, recipe))


def test_the_judge_goes_by_fixed_episodes() -> None:
    first, again = (Judge.of(toy_pool(), tiny_recipe()) for _ in range(2))
    assert first is not None
    assert again is not None
    assert all(map(torch.equal, first.episodes, again.episodes))
    assert [len(episodes[0]) for episodes in first.episodes] == [2, 4]
    assert Judge.of(Pool.of([], CPU), tiny_recipe()) is None


def test_what_came_before_the_first_step_is_of_the_budget() -> None:
    train_in_episodes(tiny_body(), tiny_job(1))  # kernels are compiled
    job = replace(tiny_job(), budget=Budget(seconds=60.0), started=time.monotonic() - 59.8)
    began = time.monotonic()
    history = train_in_episodes(tiny_body(), job)
    assert time.monotonic() - began < 20
    assert history.steps >= 1
