"""On a CUDA device.

The same answers as on the CPU, and the same training with graphs as without.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support.episodes import tiny_body, tiny_recipe
from tests.support.graphs import CONSTANT, run, tiny, toy
from tests.support.toys import make_toy
from tszoo.training.checkpoint import Checkpoint
from tszoo.training.data import TrainingData
from tszoo.training.episodic import step as episodic
from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.pool import Pool
from tszoo.training.episodic.recorded import RecordedSteps as RecordedEpisodes
from tszoo.training.episodic.trainee import Trainee
from tszoo.training.epoch import Audience
from tszoo.training.graph import CudaRecorder, RecordedSteps, steps_for
from tszoo.training.loop import epoch, train
from tszoo.training.member import Member
from tszoo.training.members import Job, train_members
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.training.step import Steps
from tszoo.transfer.pretrain import pretrain

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

# the order in which a GPU adds up differs from run to run, and Adam enlarges what comes of it
CLOSE = {"rtol": 2e-2, "atol": 1e-2}
FEW = Recipe(epochs=6, batch_size=9, learning_rate=2.0**-9, schedule="cosine")


@pytest.fixture(autouse=True)
def _few_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)


class Counting(CudaRecorder):
    """Counts the graphs, and lets nothing replace them."""

    def __init__(self) -> None:
        super().__init__(torch.device("cuda"))
        self.recorded = 0

    def record(self, work: Any) -> Any:
        replay = super().record(work)
        self.recorded += 1
        return replay


def assert_close(ours: Sequence[Member], theirs: Sequence[Member], **tolerance: float) -> None:
    tolerance = tolerance or CLOSE
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(
            dict(one.network.state_dict()), dict(other.network.state_dict()), **tolerance
        )
        torch.testing.assert_close(one.history.loss, other.history.loss, **tolerance)
        np.testing.assert_allclose(one.history.accuracy, other.history.accuracy, atol=0.1)


@pytest.mark.parametrize("architecture", ["inception", "fcn"])
def test_training_on_the_gpu_gives_a_model_that_predicts_the_same_on_the_cpu(
    architecture: str,
) -> None:
    toy_set = make_toy(40)
    recipe = Recipe(epochs=30, schedule="cosine")
    run = Run(device="auto", precision="auto")
    model = pretrain(toy_set, architecture=architecture, members=2, recipe=recipe, run=run)
    assert model.config.training.device != "cpu"
    assert model.config.results.train_accuracy is not None
    assert model.config.results.train_accuracy > 0.9
    on_gpu, on_cpu = (model.predict_proba(toy_set, device=device) for device in ("cuda", "cpu"))
    assert np.allclose(on_gpu, on_cpu, atol=2e-3)


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "sgd", "momentum": 0.5},
        {"head_epochs": 5, "epochs": 10},
        {"loss": "squared_error"},
    ],
)
def test_graphs_train_like_steps(members: int, changes: dict[str, Any]) -> None:
    recipe = Recipe(**{**FEW.to_dict(), **changes})
    recorder = Counting()
    ours = run([toy()], recipe, recorder=recorder, members=members, device="cuda")
    # two batches of 9 and one of 6 an epoch
    assert recorder.recorded == (4 if recipe.head_epochs else 2)
    assert_close(ours, run([toy()], recipe, members=members, device="cuda"))


def test_graphs_train_in_bfloat16_like_steps() -> None:
    recorder = Counting()
    ours = run([toy()], FEW, recorder=recorder, precision=torch.bfloat16, device="cuda")
    assert recorder.recorded == 2
    assert_close(
        ours, run([toy()], FEW, precision=torch.bfloat16, device="cuda"), rtol=0.1, atol=0.05
    )


def test_graphs_of_several_data_sets() -> None:
    sets = [toy(24, 32, n_outputs=2), toy(10, 20, first_output=2, n_outputs=2)]
    recorder = Counting()
    ours = run(sets, FEW, recorder=recorder, members=1, device="cuda")
    assert recorder.recorded >= 2
    assert_close(ours, run(sets, FEW, members=1, device="cuda"))


def test_a_mask_goes_without_graphs() -> None:
    data = toy()._replace(lengths=torch.arange(24) % 8 + 24)
    recorder = Counting()
    ours = run([data], FEW, recorder=recorder, members=1, device="cuda")
    assert recorder.recorded == 0
    assert_close(ours, run([data], FEW, members=1, device="cuda"))


def test_the_gpu_trains_like_the_cpu() -> None:
    ours = run([toy()], FEW, recorder=Counting(), device="cuda")
    for one, other in zip(ours, run([toy()], FEW), strict=True):
        np.testing.assert_allclose(one.history.loss, other.history.loss, rtol=0.1, atol=0.02)


def test_side_by_side_is_one_after_another() -> None:
    def losses(side_by_side: int) -> list[list[float]]:
        job = Job(FEW, 0, 3, torch.device("cuda"), run=Run(side_by_side=side_by_side))
        return [history.loss for _, history in train_members(lambda k, _: tiny(k), [toy()], job)]

    np.testing.assert_allclose(losses(3), losses(1), **CLOSE)


def test_a_run_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    def fit(*, stop: bool, checkpoint: Checkpoint | None) -> list[list[float]]:
        def watch(number: int, report: Any, network: Any) -> None:
            if stop and report.epoch == 4 and number == 1:
                raise KeyboardInterrupt

        networks = [tiny(k).to("cuda", memory_format=torch.channels_last) for k in range(2)]  # type: ignore[call-overload]
        sets = [toy().to(torch.device("cuda"))]
        histories = train(
            networks, sets, FEW, seeds=[0, 1], audience=Audience([watch]), checkpoint=checkpoint
        )
        return [history.loss for history in histories]

    whole = fit(stop=False, checkpoint=None)
    with pytest.raises(KeyboardInterrupt):
        fit(stop=True, checkpoint=Checkpoint(tmp_path / "run.safetensors", "this"))
    resumed = fit(
        stop=False, checkpoint=Checkpoint(tmp_path / "run.safetensors", "this", resume=True)
    )
    np.testing.assert_allclose(resumed, whole, **CLOSE)


def test_every_device_sees_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def orders(device: str) -> list[Tensor]:
        seen: list[Tensor] = []
        member, data = (
            Member.start(0, tiny().to(device), CONSTANT, seed=3),
            toy().to(torch.device(device)),
        )
        steps = steps_for([member], [data], "cross_entropy", torch.float32)
        monkeypatch.setattr(steps, "take", lambda data, chosen: seen.append(chosen.cpu()))
        for _ in range(2):
            epoch([member], steps, "all")
        return seen

    assert all(
        torch.equal(one, other) for one, other in zip(orders("cuda"), orders("cpu"), strict=True)
    )


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
@pytest.mark.parametrize("recorded", [True, False])
def test_no_step_waits_for_the_device(recorded: bool) -> None:
    networks = [tiny(k).to("cuda", memory_format=torch.channels_last) for k in range(2)]  # type: ignore[call-overload]
    members = [Member.start(k, network, FEW, seed=k) for k, network in enumerate(networks)]
    data: TrainingData = toy().to(torch.device("cuda"))
    optimizers = [member.optimizer for member in members]
    steps = Steps(networks, optimizers, [data], "cross_entropy", torch.bfloat16)
    if recorded:
        steps = RecordedSteps(
            networks, optimizers, [data], "cross_entropy", torch.bfloat16, Counting()
        )
    for _ in range(4):
        epoch(members, steps, "all")
    torch.cuda.set_sync_debug_mode("error")
    try:
        steps.begin_epoch(body=True)
        orders = torch.stack([torch.randperm(24), torch.randperm(24)])
        for i, chosen in enumerate(torch.split(steps.upload(orders), 9, dim=1)):
            steps.set_learning_rates([(0.001 / (i + 1), 0.001)] * 2)
            steps.take(0, chosen)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_episodes_from_graphs_train_like_steps() -> None:
    device = torch.device("cuda")
    recorder, notes = Counting(), []
    for kind in ("steps", "graphs"):
        mixture = Mixture(tiny_recipe(synthetic=0.5), Pool.of([make_toy()], device))
        body = tiny_body().to(device, memory_format=torch.channels_last)
        trainee = Trainee.start(body.train(), mixture.recipe, seed=5)
        steps = episodic.Steps(trainee, mixture, torch.float32)
        if kind == "graphs":
            steps = RecordedEpisodes(trainee, mixture, torch.float32, recorder)
        for _ in range(24):
            steps.take(1e-3)
        notes.append(torch.stack(list(trainee.notes)))
    assert recorder.recorded > 0
    # a step without real episodes, or without made-up ones, has no share of these to tell
    torch.testing.assert_close(*notes, **CLOSE, equal_nan=True)
