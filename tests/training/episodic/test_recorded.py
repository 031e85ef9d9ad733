"""Recorded steps: the same training as step by step, whatever is recorded and when."""

from __future__ import annotations

import logging

import pytest
import torch

from tests.support.episodes import CPU, tiny_body, tiny_recipe, toy_pool
from tests.support.tape import TapeRecorder
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.recorded import RecordedSteps, steps_for
from tszoo.training.episodic.step import Steps
from tszoo.training.episodic.trainee import Trainee
from tszoo.training.graph import Work

RATES = [2.0**-k for k in range(4, 16)]  # the same numbers in float32, where recordings keep them


@pytest.fixture(autouse=True)
def _as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, layers and poolings are PyTorch's operations."""
    monkeypatch.setattr("tszoo.nets.layers.can_fuse", lambda x: False)
    monkeypatch.setattr(
        "tszoo.training.episodic.step.pool_smoothly",
        lambda maps: torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1),
    )


def run(recorder: TapeRecorder | None = None, **recipe: object) -> Trainee:
    mixture = Mixture(tiny_recipe(**recipe), toy_pool())
    trainee = Trainee.start(tiny_body().train(), mixture.recipe, seed=5)
    steps = Steps(trainee, mixture, torch.float32)
    if recorder is not None:
        steps = RecordedSteps(trainee, mixture, torch.float32, recorder)
    for rate in RATES:
        steps.take(rate)
    return trainee


def assert_same(ours: Trainee, theirs: Trainee) -> None:
    states = [
        (trainee.body.state_dict(), trainee.head.state_dict(), torch.stack(list(trainee.notes)))
        for trainee in (ours, theirs)
    ]
    torch.testing.assert_close(*states, rtol=0, atol=0, equal_nan=True)


def test_they_train_like_steps_bit_for_bit() -> None:
    recorder = TapeRecorder()
    recipe = {"classes": (2,), "class_shares": (1,), "lengths": (16,)}
    ours = run(recorder, **recipe)
    assert (recorder.warmed_up, recorder.recorded, recorder.replayed) == (3, 1, len(RATES) - 3)
    assert_same(ours, run(**recipe))


def test_every_length_and_number_of_classes_is_recorded() -> None:
    recorder = TapeRecorder()
    ours = run(recorder, classes=(2, 4), class_shares=(0.5, 0.5), lengths=(16,))
    assert recorder.recorded == 2
    assert_same(ours, run(classes=(2, 4), class_shares=(0.5, 0.5), lengths=(16,)))


class Refusing(TapeRecorder):
    def record(self, work: Work) -> Work:
        msg = "operation not permitted\nwhen stream is capturing"
        raise RuntimeError(msg)


def test_what_cannot_be_recorded_is_done_without(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ours = run(Refusing())
    assert_same(ours, run())
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "steps cannot be recorded (operation not permitted when stream is capturing); going on "
        "without, more slowly"
    ]


def test_memory_that_runs_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = Mixture(tiny_recipe(), toy_pool())
    trainee = Trainee.start(tiny_body().train(), mixture.recipe, seed=5)
    steps = RecordedSteps(trainee, mixture, torch.float32, TapeRecorder())

    def run_out(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("tszoo.training.episodic.step.judge_episodes", run_out)
    with pytest.raises(torch.OutOfMemoryError):
        steps.take(1e-3)


def test_on_the_cpu_nothing_is_recorded() -> None:
    mixture = Mixture(tiny_recipe(), toy_pool())
    trainee = Trainee.start(tiny_body(), mixture.recipe, seed=5)
    assert type(steps_for(trainee, mixture, torch.float32)) is Steps
    assert next(trainee.body.parameters()).device == CPU
