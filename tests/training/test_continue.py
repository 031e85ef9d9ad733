"""A ridge readout of a body is trained on: from its own logits, with statistics that stay."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.support.ensembles import JOB, assert_same, running
from tests.support.loops import tiny
from tests.support.toys import make_toy
from tszoo.data import Preprocessing, prepare
from tszoo.errors import OptionError, TrainingError
from tszoo.nets.layers import BatchNorm
from tszoo.nets.network import Network
from tszoo.readout.head import fit_head
from tszoo.training.data import TrainingData
from tszoo.training.epoch import EpochReport
from tszoo.training.members import train_members
from tszoo.training.recipe import RECIPES, Recipe

CONTINUE = replace(
    RECIPES["continue"], epochs=3, learning_rate=3e-3, head_rate=1 / 3, start_share=0.0
)
TOY = make_toy(18, 20, 3)
DATA = TrainingData(
    torch.from_numpy(prepare(TOY, Preprocessing())), torch.from_numpy(TOY.require_labels().copy())
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums over threads are added in the order of their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def readout(_: int = 0, __: torch.Generator | None = None) -> Network:
    """A body with statistics of some data, under a ridge head."""
    network = tiny(n_classes=3)
    noise = torch.Generator().manual_seed(1)
    for norm in network.modules():
        if isinstance(norm, BatchNorm):
            norm.running_mean.normal_(0, 0.1, generator=noise)
            norm.running_var.uniform_(0.5, 2, generator=noise)
    fit_head(network, TOY, Preprocessing())
    return network.eval()


def trained(recipe: Recipe, data: TrainingData = DATA) -> Network:
    ((network, _),) = train_members(readout, [data], replace(JOB, recipe=recipe, members=1))
    return network


def statistics(network: Network) -> dict[str, Tensor]:
    kept = ("running_mean", "running_var", "centre", "spread")
    return {name: t for name, t in network.state_dict().items() if name.endswith(kept)}


def test_a_step_is_adams_on_the_readouts_logits() -> None:
    recipe = replace(CONTINUE, epochs=1, least_steps=1, schedule="constant", warmup=0.0)
    wrong = DATA._replace(y=0 * DATA.y)  # what is learnt already has no gradient
    ours, slow = trained(recipe, wrong).state_dict(), readout().double()
    logits = slow.head(slow.standardize(slow.stage_features(DATA.x.double())))
    F.cross_entropy(logits, wrong.y).backward()
    torch.optim.Adam(slow.body.parameters(), 3e-3).step()
    torch.optim.Adam(slow.head.parameters(), 1e-3).step()
    for name, parameter in slow.named_parameters():
        assert parameter.grad is not None
        # Adam's first step is the gradient's sign: rounding decides it where it is nearly zero
        clear = parameter.grad.abs() > 1e-2 * parameter.grad.abs().max()
        assert clear.any()
        np.testing.assert_allclose(
            ours[name][clear], parameter.detach()[clear], atol=1e-4, err_msg=name
        )


def test_what_is_trained_on_is_the_ridge_readout() -> None:
    first = readout()
    with torch.no_grad():
        expected = F.cross_entropy(first(DATA.x), DATA.y).item()
    recipe = replace(CONTINUE, epochs=1, least_steps=1)
    ((_, history),) = train_members(readout, [DATA], replace(JOB, recipe=recipe, members=1))
    assert history.loss[0] == pytest.approx(expected, rel=1e-4)


def test_statistics_stay_and_weights_move() -> None:
    before, after = readout(), trained(CONTINUE)
    for name, tensor in statistics(before).items():
        assert torch.equal(tensor, statistics(after)[name]), name
    moved = [
        not torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True)
    ]
    assert all(moved)
    assert not after.training


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_weights_are_the_mean_of_start_and_end(share: float) -> None:
    start, end = readout().state_dict(), trained(CONTINUE).state_dict()
    mean = trained(replace(CONTINUE, start_share=share)).state_dict()
    for name, tensor in mean.items():
        expected = share * start[name].double() + (1 - share) * end[name].double()
        np.testing.assert_allclose(tensor, expected, atol=1e-6, err_msg=name)


def test_a_run_that_was_interrupted_ends_the_same(tmp_path: Path) -> None:
    def interrupt(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == 2:
            raise KeyboardInterrupt

    recipe = replace(CONTINUE, start_share=0.5)
    job = replace(JOB, recipe=recipe, members=2)
    whole = train_members(readout, [DATA], job)
    kept = running(job, folder=tmp_path / "run", watchers=[interrupt])
    with pytest.raises(KeyboardInterrupt):
        train_members(readout, [DATA], kept)
    resumed = running(job, folder=tmp_path / "run", resume=True)
    assert_same(train_members(readout, [DATA], resumed), whole)


def test_watchers_see_the_network_with_its_statistics() -> None:
    seen: list[float | None] = []
    first = readout()
    with torch.no_grad():
        expected = F.cross_entropy(first(DATA.x), DATA.y).item()
    recipe = replace(CONTINUE, epochs=1, learning_rate=1e-9)
    job = running(
        replace(JOB, recipe=recipe, members=1),
        watchers=[lambda _, report, __: seen.append(report.validation_loss)],
    )
    train_members(readout, [DATA], job, DATA)
    assert seen == [pytest.approx(expected, rel=1e-4)]


def test_heads_and_recipes_that_do_not_go_together() -> None:
    fresh = replace(JOB, members=1)
    with pytest.raises(TrainingError, match="reads all stages"):
        train_members(readout, [DATA], fresh)
    with pytest.raises(TrainingError, match="reads all stages"):
        train_members(
            lambda *_: deepcopy(tiny(n_classes=3)), [DATA], replace(fresh, recipe=CONTINUE)
        )
    with pytest.raises(OptionError, match="batch_norm"):
        replace(CONTINUE, batch_norm="learnt")
    with pytest.raises(OptionError, match="start_share"):
        replace(CONTINUE, start_share=1.5)


def test_a_recipe_says_nothing_of_what_it_leaves_alone() -> None:
    for recipe in RECIPES.values():
        assert Recipe(**recipe.to_dict()) == recipe
    assert "head" not in RECIPES["fast"].to_dict()
    assert RECIPES["continue"].to_dict()["start_share"] == 0.5
