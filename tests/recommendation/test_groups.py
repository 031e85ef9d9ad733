"""Windows of one machine on both sides would be a lie: with groups, they never are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.sources import make_zoo
from tszoo.data import Dataset
from tszoo.recommendation.advice import advise
from tszoo.recommendation.probe import probe_random
from tszoo.training.run import Run
from tszoo.transfer.finetune import finetune

N_MACHINES, N_WINDOWS = 12, 8


@pytest.fixture(scope="module")
def machines() -> Dataset:
    """Each machine hums in its own way, and its state has nothing to do with that."""
    rng = np.random.default_rng(0)
    at = np.arange(48)
    series, labels, groups = [], [], []
    for machine in range(N_MACHINES):
        pitch, second = rng.uniform(0.2, 1.5, size=2)
        for _ in range(N_WINDOWS):
            hum = np.sin(pitch * at + rng.uniform(0, 6)) + np.sin(second * at + rng.uniform(0, 6))
            series.append(hum + 0.1 * rng.standard_normal(len(at)))
            labels.append("ab"[machine % 2])
            groups.append(f"m{machine}")
    dataset = Dataset.from_arrays(np.array(series), labels, name="Machines")
    return replace(dataset, groups=tuple(groups))


def test_left_out_windows_flatter_and_left_out_machines_do_not(machines: Dataset) -> None:
    alone = replace(machines, groups=None)
    lie, truth = probe_random(alone), probe_random(machines)
    assert lie.ridge is not None
    assert truth.ridge is not None
    assert lie.ridge > 0.95
    assert truth.ridge < 0.7
    assert truth.turn == f"each of {N_MACHINES} groups left out in turn"


def test_what_is_kept_of_a_probe_is_told_apart_by_groups(machines: Dataset, tmp_path: Path) -> None:
    run, alone = Run(cache=tmp_path), replace(machines, groups=None)
    for _ in range(2):
        assert probe_random(machines, run=run) == probe_random(machines)
        assert probe_random(alone, run=run) == probe_random(alone)


def test_a_model_says_what_it_reaches_on_other_machines(machines: Dataset) -> None:
    small = {"depth": 2, "filters": 4, "kernel_lengths": [8, 4]}
    reached = [
        finetune(target, "none", head="ridge", members=1, network=small).config.results
        for target in (replace(machines, groups=None), machines)
    ]
    lie, truth = [results.left_out_accuracy for results in reached]
    assert lie is not None
    assert truth is not None
    assert lie > 0.75
    assert truth < 0.6


def test_advice_says_that_groups_were_left_out(machines: Dataset, tmp_path: Path) -> None:
    zoo = make_zoo(tmp_path / "zoo")
    machines = machines.take(np.arange(0, machines.n_series, 2))
    advice = advise(machines, zoo)
    whys = [choice.why for choice in advice.choices if choice.measured]
    assert whys
    assert all("each of 12 groups left out in turn" in why for why in whys)
    one_each = replace(machines, groups=tuple("ab"[k] for k in machines.require_labels()))
    choices = advise(one_each, zoo).choices
    assert any(choice.why.startswith("a class comes from one group only") for choice in choices)
