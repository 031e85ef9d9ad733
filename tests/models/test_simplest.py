"""The simplest classifiers stand beside a model, in its record and on its card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cards import make_card
from tests.support.tiny import make_config
from tests.support.toys import make_toy
from tszoo.errors import ModelError
from tszoo.evaluation.baselines import left_out_baselines, simplest
from tszoo.models.config import ModelConfig
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.record import Results, Simplest
from tszoo.training.run import Run
from tszoo.transfer.finetune import finetune
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.pretrain import pretrain, scratch_ensemble

KNOWN = Simplest(0.5, 0.875, 0.04, 40)


def recorded(found: Simplest | None) -> ModelConfig:
    return make_config(results=replace(make_config().results, simplest=found))


@pytest.mark.parametrize("found", [KNOWN, Simplest(0.5), None])
def test_the_record_is_read_as_it_was_written(found: Simplest | None) -> None:
    config = recorded(found)
    assert ModelConfig.from_json(config.to_json()) == config
    assert (b"simplest" in config.to_json()) is (found is not None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"majority": 2}, r"results\.simplest\.majority must be a number from 0 to 1"),
        ({"majority": 0.5, "neighbour": 0.5}, "known together, or none is"),
        ({"majority": 0.5, "n_series": 0, "window": 0.1, "neighbour": 1}, "n_series must be"),
        ({"majority": 0.5, "guess": 1}, "guess"),
        ({"neighbour": 0.5}, "majority"),
    ],
)
def test_a_record_that_cannot_be_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Results.from_dict({"simplest": values})


def test_a_card_shows_them_beside_the_accuracy() -> None:
    text = make_card(recorded(KNOWN))
    assert "| *To beat:* guessing the largest class of the training series | 0.5000 |" in text
    neighbour = "1-NN DTW, each of 40 training series left out (window 4% of the length) | 0.8750 |"
    assert neighbour in text
    assert "1-NN DTW" not in make_card(recorded(Simplest(0.5)))


def test_a_joint_model_has_them_of_each_data_set(tmp_path: Path) -> None:
    """Beside each data set stand the simplest classifiers of its own training series."""
    sets = [replace(make_toy(n_classes=k), name=name) for k, name in ((2, "Two"), (3, "Three"))]
    network = {"filters": 2, "kernel_lengths": [4], "bottleneck": 2, "depth": 1}
    ensemble = scratch_ensemble("inception", network, members=1, recipe={"epochs": 1})
    model = pretrain_joint(sets, ensemble, name="both", run=Run(device="cpu"))
    expected = {one.name: simplest(one) for one in sets}
    reached = model.config.results.per_dataset
    assert {name: part.simplest for name, part in reached.items()} == expected
    assert len({found.majority for found in expected.values()}) == 2
    model.save(tmp_path / "m")
    assert Model.load(tmp_path / "m").config.results.per_dataset == reached
    rows = (tmp_path / "m" / "README.md").read_text().splitlines()
    row = next(line for line in rows if line.startswith("| Three | "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    found = expected["Three"]
    assert cells[-2:] == [f"{found.majority:.4f}", f"{found.neighbour:.4f}"]
    header = next(line for line in rows if line.startswith("| Data set |"))
    assert header.endswith("| *To beat:* the largest class | *To beat:* 1-NN DTW |")
    assert header.count("|") == row.count("|")


def test_a_card_without_them_is_as_before() -> None:
    assert "To beat" not in make_card(recorded(None))


def test_a_model_that_is_made_has_them_of_its_training_series(tmp_path: Path) -> None:
    toy, test = make_toy(), make_toy(seed=1)
    found = left_out_baselines(toy)
    assert found.window is not None
    expected = Simplest(
        found.majority.accuracy,
        found.window.left_out_accuracy,
        found.window.share,
        found.window.n_series,
    )
    network = {"filters": 2, "kernel_lengths": [4], "bottleneck": 2, "depth": 1}
    model = pretrain(toy, test=test, network=network, members=2, recipe={"epochs": 1})
    assert model.config.results.simplest == expected
    assert first_members(model, 1).config.results.simplest == expected
    tuned = finetune(toy, model, head="ridge", members=1, run=Run(device="cpu"))
    assert tuned.config.results.simplest == expected
    tuned.save(tmp_path / "m")
    assert Model.load(tmp_path / "m").config.results.simplest == expected
    assert "*To beat:* 1-NN DTW" in (tmp_path / "m" / "README.md").read_text()
