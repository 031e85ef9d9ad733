"""Recorded steps: the same training as step by step, whatever is recorded and when."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.support.graphs import CONSTANT, run, toy
from tests.support.loops import tiny
from tests.support.tape import TapeRecorder
from tszoo.training import graph
from tszoo.training.graph import RecordedSteps, Work, steps_for
from tszoo.training.member import Member
from tszoo.training.recipe import Recipe
from tszoo.training.step import Steps


@pytest.fixture(autouse=True)
def _as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, layers are PyTorch's operations."""
    monkeypatch.setattr("tszoo.nets.layers.can_fuse", lambda x: False)


def assert_same(ours: Sequence[Member], theirs: Sequence[Member], **tolerance: float) -> None:
    """Weights, batch-norm statistics, moments and histories; bit for bit unless told otherwise."""
    tolerance = tolerance or {"rtol": 0, "atol": 0}
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(
            dict(one.network.state_dict()), dict(other.network.state_dict()), **tolerance
        )
        states = [member.optimizer.state_dict()["state"] for member in (one, other)]
        torch.testing.assert_close(*states, **tolerance)
        torch.testing.assert_close(one.history.loss, other.history.loss, **tolerance)
        assert one.history.accuracy == other.history.accuracy


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("members", [1, 3])
def test_recorded_steps_train_like_steps_bit_for_bit(members: int, precision: torch.dtype) -> None:
    recorder = TapeRecorder()
    ours = run([toy()], recorder=recorder, members=members, precision=precision)
    # an epoch is two batches of 9 and one of 6: two shapes, each recorded when it was seen three
    # times
    assert (recorder.warmed_up, recorder.recorded, recorder.replayed) == (6, 2, 9 * 3 - 6)
    assert_same(ours, run([toy()], members=members, precision=precision))


def test_batch_norm_statistics_move_in_recorded_steps() -> None:
    after: list[Tensor] = []
    recorder = TapeRecorder()
    run([toy()], recorder=recorder, between=lambda steps, _: after.append(statistics(steps)))
    assert recorder.replayed > 0
    assert not any(torch.equal(one, other) for one, other in pairwise(after))


def statistics(steps: Steps) -> Tensor:
    buffers = [buffer for network in steps.networks for buffer in network.buffers()]
    return torch.cat([buffer.flatten() for buffer in buffers])


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "cosine", "warmup": 0.3},
        {"schedule": "plateau", "patience": 1},
        {"body_rate": 0.25},
    ],
    ids=["cosine", "plateau", "body_rate"],
)
def test_recorded_steps_take_the_learning_rates_of_the_moment(changes: dict[str, Any]) -> None:
    recipe = Recipe(**{**CONSTANT.to_dict(), **changes})
    recorder = TapeRecorder()
    ours = run([toy()], recipe, recorder=recorder)
    assert recorder.replayed > 0
    # rates are kept in float32
    assert_same(ours, run([toy()], recipe), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"optimizer": "sgd", "momentum": 0.5}, {"loss": "squared_error"}]
)
def test_every_optimizer_and_loss_can_be_recorded(changes: dict[str, Any]) -> None:
    recipe = Recipe(**{**CONSTANT.to_dict(), **changes})
    recorder = TapeRecorder()
    ours = run([toy()], recipe, recorder=recorder)
    assert recorder.replayed > 0
    assert_same(ours, run([toy()], recipe))


@pytest.mark.parametrize(("trainable", "head_epochs"), [("head", 0), ("all", 5)])
def test_steps_of_the_head_alone_are_recorded_apart(trainable: str, head_epochs: int) -> None:
    recipe = Recipe(**{**CONSTANT.to_dict(), "epochs": 10, "head_epochs": head_epochs})
    recorder = TapeRecorder()
    ours = run([toy()], recipe, recorder=recorder, trainable=trainable)
    assert recorder.recorded == (2 if trainable == "head" else 4)
    assert_same(ours, run([toy()], recipe, trainable=trainable))


def test_every_data_set_has_its_own_recording() -> None:
    sets = [toy(24, 32, n_outputs=2), toy(10, 20, first_output=2, n_outputs=2)]
    recorder = TapeRecorder()
    ours = run(sets, recorder=recorder, members=1)
    assert recorder.recorded >= 2
    assert_same(ours, run(sets, members=1))


def test_a_mask_is_not_recorded() -> None:
    data = toy()._replace(lengths=torch.arange(24) % 8 + 24)
    recorder = TapeRecorder()
    ours = run([data], recorder=recorder, members=1)
    assert (recorder.warmed_up, recorder.recorded) == (0, 0)
    assert_same(ours, run([data], members=1))


def test_so_many_shapes_are_recorded_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MOST_RECORDED", 1)
    recorder = TapeRecorder()
    ours = run([toy()], recorder=recorder)
    assert recorder.recorded == 1
    assert_same(ours, run([toy()]))


class Refusing(TapeRecorder):
    def record(self, work: Work) -> Work:
        super().record(lambda: (work(), torch.ones(1).item()))  # type: ignore[arg-type,return-value]
        raise AssertionError


def test_what_cannot_be_recorded_is_said_and_done_step_by_step(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours = run([toy()], recorder=Refusing())
    said = (
        "steps cannot be recorded (operation not permitted when stream is capturing); going on "
        "without, more slowly"
    )
    assert caplog.messages == [said]
    assert_same(ours, run([toy()]))


def hold_five(steps: Steps, _: int = 0) -> None:
    """Give the device memory for steps of five series."""

    def backward(data: int, chosen: Tensor) -> None:
        if chosen.shape[1] > 5:
            msg = "CUDA out of memory."
            raise torch.OutOfMemoryError(msg)
        type(steps).backward(steps, data, chosen)

    steps.backward = backward  # type: ignore[method-assign]


def test_out_of_memory_halves_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    recorder = TapeRecorder()
    ours = run([toy()], recorder=recorder, between=hold_five)
    assert "out of memory with 9 series a step; going on with 5" in caplog.messages
    assert [member.history.batch_size for member in ours] == [5, 5]
    assert recorder.replayed > 0
    assert_same(ours, run([toy()], between=hold_five))


def test_out_of_memory_gives_back_that_of_the_recordings() -> None:
    member = Member.start(0, tiny(), CONSTANT, seed=0)
    recorder = TapeRecorder()
    steps = RecordedSteps(
        [member.network], [member.optimizer], [toy()], "cross_entropy", torch.float32, recorder
    )
    steps.begin_epoch(body=True)
    for _ in range(4):
        steps.take(0, torch.arange(9)[None])
    assert len(steps._recorded) == 1
    hold_five(steps)
    with pytest.raises(torch.OutOfMemoryError, match=r"CUDA out of memory\."):
        steps.take(0, torch.arange(12)[None])
    assert not steps._recorded


def test_on_the_cpu_nothing_is_recorded() -> None:
    members = [Member.start(0, tiny(), CONSTANT, seed=0)]
    assert type(steps_for(members, [toy()], "cross_entropy", torch.float32)) is Steps


def test_training_does_without_tslearn() -> None:
    code = (
        "import sys; sys.modules['tslearn'] = None; import tszoo.training.loop, "
        "tszoo.transfer.pretrain, tszoo.cli"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
