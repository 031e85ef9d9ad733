from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.fits import RUN, trained
from tests.support.levels import make_levels
from tests.support.sources import TINY, source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import znormalize
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.models.load import load_folder
from tszoo.models.model import Model
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.finetune import finetune
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan


def readout(target: Dataset, source: Model | str | None = None, **asked: object) -> Model:
    asked = {"head": "ridge", "members": 1, "run": RUN, **asked}
    return finetune(target, source or source_models()[0], **asked)


def right(model: Model, test: Dataset) -> float:
    """The share of series that are predicted right."""
    labels = [test.classes[k] for k in test.require_labels()]
    return float(np.mean(model.predict(test) == labels))


def reads_levels(model: Model) -> bool:
    return bool(model.config.architecture_args.get("level", False))


@pytest.mark.parametrize("kind", ["level", "scale", "slope"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_classes_that_differ_by_level_are_told_apart(kind: str, n_channels: int) -> None:
    model = readout(make_levels(kind, 36, 3, n_channels))
    assert reads_levels(model)
    assert model.networks[0].level
    assert right(model, make_levels(kind, 60, 3, n_channels, seed=1)) >= 0.95


def test_constant_series_are_told_apart_by_their_level() -> None:
    flat = np.repeat([[1.0], [2.0]] * 6, 9, axis=1)
    target = Dataset.from_arrays(flat, ["low", "high"] * 6, name="Flat")
    model = readout(target)
    assert right(model, target) == 1
    assert model.predict(flat[:2] * [[1.1], [0.9]]).tolist() == ["low", "high"]


def test_constant_series_whose_levels_say_nothing_are_refused() -> None:
    """A wrong order of axes gives such series, too."""
    flat = np.repeat(np.arange(12.0)[:, None], 9, axis=1)
    with pytest.raises(DataError, match="every series is constant"):
        readout(Dataset.from_arrays(flat, ["low", "high"] * 6, name="Flat"))


def test_series_of_unequal_lengths_and_gaps_have_levels() -> None:
    rng = np.random.default_rng(0)
    labels = [f"c{k % 2}" for k in range(24)]
    series = [rng.standard_normal(int(rng.integers(5, 30))) + 30 * (k % 2) for k in range(24)]
    for values in series:
        values[2] = np.nan
    target = Dataset.from_arrays(series, labels, name="Unequal", unequal=True)
    model = readout(target)
    assert reads_levels(model)
    assert right(model, target) == 1
    alone = [model.predict_proba(target.take(np.array([i])))[0] for i in range(4)]
    np.testing.assert_allclose(model.predict_proba(target)[:4], alone, atol=1e-6)


def test_levels_that_tell_nothing_are_not_read() -> None:
    toy = make_toy(24)
    moved = toy.series + 9 * np.random.default_rng(0).standard_normal((24, 1, 1))
    labels = [toy.classes[k] for k in toy.require_labels()]
    target = Dataset.from_arrays(moved, labels, name="Moved")
    plan = make_plan(target, source_models()[0], head="ridge", run=RUN)
    assert "level" not in plan.ensemble.architecture_args
    assert "level" not in plan.reasons


@pytest.mark.parametrize("head", ["ridge", "softmax"])
def test_normalised_series_give_the_same_model_bit_for_bit(head: str) -> None:
    toy = make_toy(16)
    labels = [toy.classes[k] for k in toy.require_labels()]
    target = Dataset.from_arrays(znormalize(toy.series), labels, name="Normalised")
    models = [
        trained(target, source_models()[0], head=head, recipe=None, members=1, level=level)
        if head == "ridge"
        else trained(target, source_models()[0], members=1, level=level)
        for level in ("auto", "no")
    ]
    states = [model.networks[0].state_dict() for model in models]
    assert states[0].keys() == states[1].keys()
    assert "level_knots" not in states[0]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_levels_are_read_or_not_as_is_asked() -> None:
    levels, nothing = make_levels("level"), make_levels("nothing")
    assert not reads_levels(readout(levels, level="no"))
    assert reads_levels(readout(nothing, level="yes"))


def test_a_model_that_reads_levels_is_saved_and_loaded(tmp_path: Path) -> None:
    target = make_levels("level", n_channels=2)
    model = readout(target)
    for dtype in ("float16", "int8"):
        model.save(tmp_path / dtype, dtype=dtype)
        loaded = load_folder(tmp_path / dtype)
        assert torch.equal(loaded.networks[0].level_knots, model.networks[0].level_knots)
        np.testing.assert_allclose(
            loaded.predict_proba(target), model.predict_proba(target), atol=0.02
        )
    assert model.embed(target).shape == (24, model.networks[0].head.in_features)


@pytest.mark.parametrize("source", [None, "none"])
def test_trained_networks_read_levels_beside_their_features(source: str | None) -> None:
    target = make_levels("level")
    recipe = {"epochs": 20, "learning_rate": 0.02, "batch_size": 8}
    network = TINY if source else {}
    model = finetune(
        target, source or source_models()[0], recipe=recipe, members=1, network=network, run=RUN
    )
    assert reads_levels(model)
    assert model.networks[0].readout == "mean"
    assert right(model, make_levels("level", seed=1)) == 1


def test_readouts_and_trained_networks_read_levels_together() -> None:
    target = make_levels("level", n_channels=1)
    model = finetune(target, source_models()[0], head="both", members=2, run=RUN)
    assert reads_levels(model)
    assert [network.level for network in model.networks] == [True, True]
    assert model.config.results.train_accuracy == 1
    assert right(model, make_levels("level", seed=1)) == 1


def test_a_source_that_reads_levels_gives_its_body_alone() -> None:
    source = readout(make_levels("level"))
    plain = readout(make_toy(16), source, level="no")
    assert not reads_levels(plain)
    assert "level_knots" not in plain.networks[0].state_dict()
    again = readout(make_levels("level", seed=2), source)
    knots = [model.networks[0].level_knots for model in (source, again)]
    assert not torch.equal(*knots)


def test_a_plan_with_levels_says_so_and_is_kept_as_json() -> None:
    target = make_levels("level")
    reference = "inception.GunPoint"
    plan = make_plan(target, reference, head="ridge", members=1, run=RUN)
    assert "level     each channel's mean, deviation, least, greatest, slope" in str(plan)
    assert "left-out error of a ridge readout is" in plan.reasons["level"]
    read = Plan.from_json(plan.to_json())
    assert read == plan
    assert reads_levels(read.fit(target))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"level": "maybe"}, "level must be one of auto, yes, no, not 'maybe'"),
        ({"source": "none", "network": {"level": True}}, 'say level="yes" or level="no"'),
    ],
)
def test_what_cannot_be_asked_for_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make_plan(make_levels("level"), **asked)


def test_a_joint_model_reads_no_levels() -> None:
    sets = [make_levels("level"), make_toy(16)]
    ensemble = Ensemble.of(
        "inception",
        {**TINY, "level": True},
        n_frozen=0,
        n_trained=1,
        recipe=source_models()[0].config.recipe.training.recipe,
    )
    with pytest.raises(ModelError, match="level=True: a joint model reads no levels"):
        pretrain_joint(sets, ensemble, name="Both")


def test_series_of_other_channels_are_still_refused() -> None:
    model = readout(make_levels("level", n_channels=2))
    with pytest.raises(DataError, match="1 channel"):
        model.predict(make_levels("level"))
