"""Frozen readouts and trained networks as one ensemble."""

import json
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.support.fits import RUN
from tests.support.sources import TINY, make_zoo, source_models
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.data import Dataset, save_dataset
from tszoo.errors import OptionError
from tszoo.models.card.page import card
from tszoo.models.load import load_folder
from tszoo.models.member_subset import first_members
from tszoo.training.recipe import Recipe
from tszoo.transfer.combined import SHARPER, join, reading_stages
from tszoo.transfer.finetune import finetune
from tszoo.transfer.planning import make_plan

ASKED = {"recipe": Recipe(epochs=2, batch_size=8), "run": RUN}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("combined") / "zoo")


def fit_both(target, source, members=4, **changes):
    return finetune(target, source, head="both", members=members, **(ASKED | changes))


def unequal() -> Dataset:
    toy = make_toy(20, seed=4)
    rng = np.random.default_rng(0)
    series = [one[:, : rng.integers(20, 33)] for one in toy.series]
    return Dataset.from_arrays(series, [toy.classes[k] for k in toy.labels], name="Ragged")


@pytest.mark.parametrize(
    "data", [make_toy(), unequal(), make_toy(n_channels=2)], ids=["equal", "unequal", "channels"]
)
def test_together_they_are_the_mean_of_all_members(data):
    readout = finetune(data, "none", head="ridge", members=2, network=TINY, run=RUN)
    trained = finetune(data, "none", head="softmax", members=2, network=TINY, **ASKED)
    both = fit_both(data, "none", network=TINY)
    together = join(readout.networks, trained.networks)
    for network, other in zip(both.networks, together, strict=True):
        ours, theirs = network.state_dict(), other.state_dict()
        assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())
    alone = first_members(readout, 1).config
    frozen = [replace(readout, config=alone, networks=(network,)) for network in readout.networks]
    powers = [model.predict_proba(data) ** SHARPER for model in frozen]
    sharper = np.mean([power / power.sum(axis=1, keepdims=True) for power in powers], axis=0)
    expected = (sharper + trained.predict_proba(data)) / 2
    np.testing.assert_allclose(both.predict_proba(data), expected, atol=2e-6)
    assert both.config.members == 4
    assert both.config.training.epochs == (0, 0, 2, 2)


def test_a_head_that_reads_all_stages_gives_the_same_logits():
    network = deepcopy(source_models()[0].networks[0]).double()
    x = torch.randn(5, 1, 40, dtype=torch.float64)
    own = reading_stages(network)
    assert own.readout == "stages"
    torch.testing.assert_close(own(x), network(x))
    assert network.readout == "mean"


def test_half_of_the_members_are_frozen_and_the_model_comes_back(tmp_path):
    toy, test = make_toy(), make_toy(seed=7)
    both = fit_both(toy, source_models()[:2], members=5, test=test)
    recipe = both.config.recipe
    assert (recipe.head, recipe.n_frozen) == ("both", 3)
    assert recipe.bases == ("inception.Bumps", "inception.Steps")
    assert both.config.base.model == "inception.Bumps"
    for k, network in enumerate(
        both.networks[:3]
    ):  # the sources' own filters, to the half precision they are kept in
        start = source_models()[k % 2].networks[k // 2]
        torch.testing.assert_close(
            network.body.state_dict(),
            start.body.state_dict(),
            rtol=1e-3,
            atol=1e-6,
            check_stride=False,
        )
    agree = (both.predict(test) == np.array([test.classes[k] for k in test.labels])).mean()
    assert both.config.results.accuracy == pytest.approx(agree)
    assert len(both.config.results.member_accuracy) == 5
    both.save(tmp_path / "both")
    again = load_folder(tmp_path / "both")
    np.testing.assert_allclose(again.predict_proba(test), both.predict_proba(test), atol=0.02)
    text = card(both.config, both.prototypes, "both")
    assert (
        "3 of them a ridge classifier on the filters of inception.Bumps and other sources" in text
    )
    assert "2 trained from scratch" in text
    tuned = finetune(toy, again, recipe={"epochs": 1}, members=1, run=RUN)
    assert tuned.networks[0].readout == "mean"


NAMES = ["inception.Bumps", "inception.Steps", "inception.Long"]


@pytest.mark.parametrize(("members", "used"), [(2, 1), (4, 2), (5, 3), (6, 3)])
def test_sources_are_those_of_the_frozen_half(zoo, members, used):
    plan = make_plan(make_toy(), NAMES, zoo=zoo, head="both", members=members)
    assert [source.name for source in plan.sources] == NAMES[:used]
    softmax = make_plan(make_toy(), NAMES, zoo=zoo, head="softmax", members=members)
    assert [source.name for source in softmax.sources] == NAMES[:members]


@pytest.mark.parametrize(("members", "used"), [(2, 1), (5, 3)])
def test_the_sources_of_the_frozen_half_are_recorded(members, used):
    toy = make_toy()
    model = fit_both(toy, source_models(), members=members, recipe={"epochs": 1})
    assert model.config.base.model == NAMES[0]
    assert (model.config.recipe.bases or (NAMES[0],)) == tuple(NAMES[:used])


def test_the_first_of_its_members_are_described_by_what_made_them(tmp_path):
    toy = make_toy()
    both = fit_both(toy, source_models(), members=5)
    recipe, training = both.config.recipe, both.config.training
    best = training.best_epoch
    assert best[:3] == (0, 0, 0)
    assert all(1 <= epoch <= 2 for epoch in best[3:])
    for k in range(1, 5):
        fewer = first_members(both, k)
        first = fewer.config.recipe
        assert first.readout.penalty == recipe.readout.penalty[:k][:3]
        assert first.readout.temperature == recipe.readout.temperature[:k][:3]
        names = ("inception.Bumps", "inception.Steps", "inception.Long")[:k]
        assert (first.bases or names[:1]) == names
        assert first.readout.sharper == SHARPER
        assert fewer.config.training.best_epoch == best[:k]
        if k > 3:
            assert (first.head, first.n_frozen) == ("both", 3)
            assert first.training == recipe.training
        else:  # nothing that was trained is left
            assert (first.head, first.n_frozen) == ("ridge", k)
            assert "a ridge classifier on the filters of inception.Bumps" in card(
                fewer.config, both.prototypes, "m"
            )
        fewer.save(tmp_path / str(k))
        assert load_folder(tmp_path / str(k)).config == fewer.config


def test_a_plan_trains_too_where_that_takes_minutes(zoo, monkeypatch):
    toy = make_toy(mislabelled=2)
    plan = make_plan(toy, "auto", zoo=zoo)
    frozen = make_plan(toy, "auto", zoo=zoo, head="ridge")
    assert (plan.head, frozen.head) == ("both", "ridge")
    assert plan.ensemble.members == 2 * frozen.ensemble.members
    assert plan.sources == frozen.sources
    assert make_plan(toy, "auto", zoo=zoo, members=1).head == "ridge"
    monkeypatch.setattr("tszoo.transfer.planning.MOST_POINTS_TRAINED", 100)
    assert make_plan(toy, "auto", zoo=zoo).head == "ridge"


def test_what_does_not_go_together_is_refused():
    toy, source = make_toy(), source_models()[0]
    with pytest.raises(OptionError, match='members=1 does not go with head="both"'):
        finetune(toy, source, head="both", members=1)
    with pytest.raises(OptionError, match='freeze=True does not go with head="both"'):
        finetune(toy, source, head="both", freeze=True)
    with pytest.raises(
        OptionError, match=r"has 2 channels, the source one; only head=\"ridge\" or"
    ):
        finetune(make_toy(n_channels=2), source, head="both")


def test_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_zoo(tmp_path / "zoo")
    save_dataset(replace(make_toy(), name="Mine"), tmp_path / "mine.csv")
    command = [
        "finetune",
        "mine.csv",
        "--out",
        "out",
        "--zoo",
        "zoo",
        "--epochs",
        "2",
        "--head",
        "both",
        "--members",
    ]
    result = CliRunner().invoke(app, [*command, "4"])
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "2 inception networks, frozen, each under a ridge head" in output
    assert "2 inception networks, trained whole from scratch" in output
    assert "4 members, a ridge head on 2 and 2 epochs of the others" in output
    assert not (tmp_path / "out.training").exists()
    document = json.loads(CliRunner().invoke(app, [*command, "2", "--overwrite", "--json"]).stdout)
    assert document["head"] == "both"
    assert load_folder("out").config.recipe.training.recipe.epochs == 2
