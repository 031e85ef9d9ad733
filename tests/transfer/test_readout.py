from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import log_loss

from tests.support.command_line import run
from tests.support.fits import RECIPE, RUN, kept, ridge, same, trained, weights
from tests.support.small import SMALL
from tests.support.sources import TINY, make_zoo, source_models, tiny_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, choose_preprocessing, save_dataset
from tszoo.errors import DataError, ModelError, OptionError, TrainingError
from tszoo.models.load import load_folder
from tszoo.nets.network import Network
from tszoo.nets.registry import ARCHITECTURES
from tszoo.readout.features import extract
from tszoo.readout.ridge import CONSTANT
from tszoo.readout.spread import feature_kinds, shared_variances
from tszoo.readout.temperature import TEMPERATURES, choose_temperature, softmax
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.transfer import readout as module
from tszoo.transfer.finetune import finetune
from tszoo.transfer.planning import make_plan
from tszoo.transfer.pretrain import pretrain


def named(data: Dataset, name: str, split: str) -> Dataset:
    return replace(data, name=name, split=split)


def spreads(stages: NDArray[np.float32], network: Network) -> NDArray[np.float64]:
    """What the head divides features by; infinity for a constant one."""
    variances = stages.var(axis=0, dtype=np.float64)
    constant = np.sqrt(variances) <= CONSTANT * np.abs(stages.mean(axis=0, dtype=np.float64))
    shared = shared_variances(variances, len(stages), feature_kinds(network, 1))
    return np.where(constant, np.inf, np.sqrt(shared))


@pytest.mark.parametrize("from_source", [False, True])
def test_a_member_is_scikit_learns_ridge_classifier_on_its_own_features(from_source: bool) -> None:
    toy, unseen = make_toy(n_classes=3), make_toy(n_classes=3, seed=5)
    model = ridge(toy, source_models()[0] if from_source else "none")
    recipe = model.config.recipe.readout
    assert recipe is not None
    for k, network in enumerate(model.networks):
        train, test = (extract(network, data, choose_preprocessing(toy)) for data in (toy, unseen))
        spread = spreads(train.stages, network)
        theirs = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10)).fit(
            train.stages / spread, toy.labels
        )
        assert recipe.penalty[k] == pytest.approx(theirs.alpha_)
        decisions = theirs.decision_function(test.stages / spread) / recipe.temperature[k]
        np.testing.assert_allclose(test.logits, decisions, atol=2e-3)


def test_bodies_are_the_sources_in_turn_and_stay_as_they_are() -> None:
    toy, source = make_toy(), source_models()[1]
    before = [tensor.clone() for tensor in weights(source)]
    model = ridge(toy, source, members=3)
    for k, network in enumerate(model.networks):
        start = source.networks[k % 2].body.state_dict()
        for name, tensor in network.body.state_dict().items():
            # filters are what they will be when the model is loaded again
            expected = start[name].half().float() if start[name].ndim > 1 else start[name]
            assert torch.equal(tensor, expected), name
    assert all(torch.equal(a, b) for a, b in zip(weights(source), before, strict=True))
    assert model.config.base is not None
    assert model.config.base.model == source.config.name


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_saved_and_loaded_it_predicts_the_same(tmp_path: Path, n_channels: int, dtype: str) -> None:
    toy, unseen = make_toy(n_channels=n_channels), make_toy(n_channels=n_channels, seed=4)
    for source in ("none", source_models()[0]):
        model = ridge(toy, source)
        model.save(tmp_path / "m", dtype=dtype, overwrite=True)
        loaded = load_folder(tmp_path / "m")
        assert loaded.config == model.config
        np.testing.assert_allclose(
            loaded.predict_proba(unseen), model.predict_proba(unseen), atol=1e-3
        )
        assert np.array_equal(loaded.predict(unseen), model.predict(unseen))
        assert loaded.embed(unseen).shape == (24, 2 * model.networks[0].head.in_features)


def test_the_papers_network_in_float16_on_real_data(archive: Path, tmp_path: Path) -> None:
    from tszoo.data.load import load_dataset, load_test_split

    train = load_dataset("Coffee", archive=archive)
    model = finetune(train, "none", head="ridge", members=1)
    model.save(tmp_path / "m")
    seen = load_test_split("Coffee", archive=archive)
    assert seen is not None
    np.testing.assert_allclose(
        load_folder(tmp_path / "m").predict_proba(seen), model.predict_proba(seen), atol=1e-2
    )
    assert model.config.results.left_out_accuracy > 0.9


def test_what_it_reaches_is_told() -> None:
    toy, unseen = make_toy(), make_toy(seed=4)
    test = Dataset.from_arrays(
        unseen.series, [unseen.classes[k] for k in unseen.labels], name="Toy", split="test"
    )
    model, blind = (ridge(toy, members=3, test=seen) for seen in (test, None))
    results, found = model.config.results, model.predict_proba(test)
    assert results.split == "test"
    assert results.n_series == 24
    assert results.accuracy == (found.argmax(axis=1) == test.labels).mean()
    assert len(results.member_accuracy) == len(results.member_left_out_accuracy) == 3
    fitted = model.predict_proba(toy)
    assert results.train_accuracy == (fitted.argmax(axis=1) == toy.labels).mean()
    assert results.train_loss == pytest.approx(log_loss(toy.labels, fitted), rel=1e-3)
    assert blind.config.results.accuracy is None
    assert same(model, blind)
    assert model.config.training.epochs == (0, 0, 0)


def test_the_left_out_accuracy_is_that_of_series_not_fitted_to() -> None:
    """Labels that mean nothing are fitted, but not foretold."""
    rng = np.random.default_rng(0)
    noise = Dataset.from_arrays(
        rng.normal(size=(40, 30)), rng.permutation([0, 1] * 20), name="Noise"
    )
    results = ridge(noise).config.results
    assert results.train_accuracy - results.left_out_accuracy > 0.1
    assert 0.2 < results.left_out_accuracy < 0.75
    assert results.left_out_loss < 0.8  # where nothing is known, nothing is claimed: log 2 is 0.69


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_network_may_be_the_body(architecture: str, tmp_path: Path) -> None:
    toy = make_toy()
    model = ridge(toy, architecture=architecture, network=SMALL[architecture])
    assert model.config.architecture_args["readout"] == "stages"
    model.save(tmp_path / "m")
    loaded = load_folder(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-2)


def test_series_of_unequal_lengths() -> None:
    toy = make_toy()
    ragged = [row[0, : 20 + i % 12] for i, row in enumerate(toy.series)]
    target = Dataset.from_arrays(ragged, [toy.classes[k] for k in toy.labels], name="Ragged")
    model = ridge(target)
    alone = np.concatenate([model.predict_proba([row]) for row in ragged])
    np.testing.assert_allclose(model.predict_proba(ragged), alone, atol=1e-4)
    assert model.predict_proba([np.arange(1.0)]).shape == (1, 2)


def test_hard_little_sets_are_fitted_all_the_same() -> None:
    rng = np.random.default_rng(0)
    constant = np.ones((6, 1, 10)) * np.arange(6)[:, None, None]
    constant[0, 0, 3] = 9  # one that is not
    for series in (rng.normal(size=(6, 1, 2)), rng.normal(size=(6, 2, 2)), constant):
        for labels in ([0, 1] * 3, [0, 0, 0, 0, 0, 1], list(range(6))):
            model = ridge(Dataset.from_arrays(series, labels, name="Odd"))
            assert np.isfinite(model.predict_proba(series)).all()


def test_the_same_seed_gives_the_same_model_and_another_another() -> None:
    toy = make_toy()
    first, again, other = (ridge(toy, members=2, seed=seed) for seed in (3, 3, 4))
    assert same(first, again)
    # member 1 of seed 3 is member 0 of seed 4
    for a, b in zip(first.networks[1].parameters(), other.networks[0].parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first.networks[0].head.weight, other.networks[0].head.weight)


def test_the_callers_random_state_is_left_where_it_is() -> None:
    toy = make_toy()
    for source in ("none", source_models()[0]):
        torch.manual_seed(5)
        before = torch.random.get_rng_state()
        model = ridge(toy, source)
        assert torch.equal(torch.random.get_rng_state(), before)
        model.networks[0].set_head(3, "mean")
        assert torch.equal(torch.random.get_rng_state(), before)


def test_the_temperature_has_the_least_log_loss_with_a_grain_of_doubt() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    logits = 2.0 * np.eye(3)[labels] + rng.gumbel(size=(200, 3))
    for scale in (0.3, 1.0, 5.0):  # of decision values that are sure, or not, by that much
        chosen = choose_temperature(scale * logits, labels)
        losses = [log_loss(labels, softmax(scale * logits / one)) for one in TEMPERATURES]
        assert chosen == pytest.approx(TEMPERATURES[int(np.argmin(losses))], rel=0.15)
    perfect = 2.0 * np.eye(2)[[0, 1] * 5] - 1
    least = softmax(perfect / choose_temperature(perfect, np.array([0, 1] * 5))).min()
    assert least == pytest.approx(1 / 12, rel=0.2)  # ten series without an error: eleven of twelve


def test_a_trained_head_may_follow_a_ridge_head_and_the_reverse() -> None:
    toy = make_toy()
    frozen = ridge(toy)
    tuned = trained(toy, frozen)
    assert "readout" not in tuned.config.architecture_args
    assert tuned.networks[0].head.in_features == frozen.networks[0].body.n_features
    again = finetune(toy, tuned, head="ridge")
    assert again.config.architecture_args == frozen.config.architecture_args


def test_finetune_reads_the_head() -> None:
    toy = make_toy()
    model = finetune(toy, "none", head="ridge", network=TINY)
    assert model.config.members == 5
    assert model.config.recipe.readout is not None
    assert model.config.recipe.readout.body == "untrained"
    assert finetune(toy, source_models()[0], head="ridge").config.members == 2
    with pytest.raises(
        OptionError, match=r"^head must be one of softmax, ridge, both, not 'tree'\.$"
    ):
        finetune(toy, "none", head="tree")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"recipe": {"epochs": 3}}, r"recipe=\{'epochs': \.\.\.\}"),
        ({"recipe": {"batch_size": 8}}, r"recipe=\{'batch_size': \.\.\.\}"),
        ({"recipe": {"learning_rate": 0.1}}, r"recipe=\{'learning_rate': \.\.\.\}"),
        ({"recipe": "fast"}, r"recipe=\.\.\."),
        ({"freeze": True}, "freeze=True"),
    ],
)
def test_what_training_is_told_does_not_go_with_it(asked: dict[str, Any], said: str) -> None:
    text = (
        rf'^{said} does not go with head="ridge", which is computed, not trained\. Leave it out\.$'
    )
    with pytest.raises(OptionError, match=text):
        finetune(make_toy(), "none", head="ridge", **asked)


def test_what_watches_training_has_nothing_to_do() -> None:
    """A run decides nothing: what it has for training is not used where nothing is trained."""
    toy, seen = make_toy(), []
    watched = kept(side_by_side=1, watchers=[lambda *given: seen.append(given)], validation=toy)
    assert same(ridge(toy, run=watched), ridge(toy))
    assert seen == []


def test_what_cannot_be_fitted_is_refused() -> None:
    toy = make_toy()
    with pytest.raises(
        OptionError,
        match=r'^a ridge head is fitted in float32: leave precision="bfloat16" out\.$',
    ):
        ridge(toy, run=kept(precision="bfloat16"))
    with pytest.raises(
        OptionError, match=r"^members must be a whole number from 1 to 1000, not 0\.$"
    ):
        ridge(toy, members=0)
    with pytest.raises(DataError, match="Toy: only one class"):
        ridge(Dataset.from_arrays(toy.series, ["a"] * 24, name="Toy"))
    with pytest.raises(TrainingError, match=r"^Toy: one series is not enough to train on\.$"):
        ridge(toy.take([0]))
    with pytest.raises(DataError, match=r"2 channel\(s\), the training series have 1"):
        ridge(toy, test=make_toy(n_channels=2))
    ragged = Dataset.from_arrays(
        [row[0, : 31 + i % 2] for i, row in enumerate(toy.series)], toy.labels, name="Ragged"
    )
    with pytest.raises(
        ModelError, match=r"^mlp takes series of one length, those of Ragged have 31 to 32 points\."
    ):
        ridge(ragged, architecture="mlp", network=None)
    with pytest.raises(
        OptionError, match=r"^a source's network stays as it is, so filters can be set only from"
    ):
        finetune(toy, source_models()[0], head="ridge", network={"filters": 3})


def test_what_the_head_reads_is_not_asked_for() -> None:
    """A softmax head reads means, a ridge head all stages: ``readout`` says no other."""
    model = pretrain(
        make_toy(), network={**TINY, "readout": "stages"}, members=1, recipe=RECIPE, run=RUN
    )
    assert "readout" not in model.config.architecture_args
    assert model.networks[0].readout == "mean"


def test_a_hostile_folder_is_refused(tmp_path: Path) -> None:
    ridge(make_toy()).save(tmp_path / "m")
    path = tmp_path / "m" / "config.json"
    config = json.loads(path.read_text())
    for changes, text in (
        ({"readout": "all"}, "readout = 'all' is not one of mean, stages"),
        ({"readout": "mean"}, "config.json implies"),
        ({"channels_apart": True, "filters": 4000}, r"config.json implies|100,000,000 is the most"),
    ):
        path.write_text(
            json.dumps({**config, "architecture_args": {**config["architecture_args"], **changes}})
        )
        with pytest.raises(ModelError, match=text):
            load_folder(tmp_path / "m")


@pytest.mark.parametrize("head", ["softmax", "ridge"])
def test_members_may_start_from_several_sources(head: str) -> None:
    toy, sources = make_toy(), source_models()[:2]
    asked: dict[str, Any] = {"head": head, "run": RUN}
    if head == "softmax":
        asked["recipe"] = Recipe(1, learning_rate=1e-30, schedule="constant")
    model = finetune(toy, sources, members=5, **asked)
    for k, network in enumerate(model.networks):
        start = sources[k % 2].networks[k // 2 % 2]
        for tensor, before in zip(network.body.parameters(), start.body.parameters(), strict=True):
            torch.testing.assert_close(tensor, before, rtol=1e-3, atol=1e-6)
    assert model.config.base is not None
    assert model.config.base.model == "inception.Bumps"
    assert model.config.recipe.bases == ("inception.Bumps", "inception.Steps")
    alone = finetune(toy, sources[:1], **asked)
    assert alone.config.members == (5 if head == "softmax" else 2)
    assert alone.config.recipe.bases == ()


def test_a_source_that_no_member_starts_from_is_not_named() -> None:
    toy, sources = make_toy(), source_models()
    for model in (ridge(toy, sources), trained(toy, sources)):
        assert model.config.recipe.bases == ("inception.Bumps", "inception.Steps")
    alone = ridge(toy, sources, members=1)
    assert alone.config.recipe.bases == ()
    assert alone.config.base is not None
    assert alone.config.base.model == "inception.Bumps"


def test_several_sources_by_name(tmp_path: Path) -> None:
    zoo = make_zoo(tmp_path / "zoo")
    model = finetune(make_toy(), ["inception.Steps", zoo / "inception.Long"], zoo=zoo, head="ridge")
    assert model.config.recipe.bases == ("inception.Steps", "inception.Long")
    assert model.config.members == 4


def test_sources_of_different_shapes_are_refused() -> None:
    toy, source = make_toy(), source_models()[0]
    other = pretrain(
        toy, architecture="fcn", network=SMALL["fcn"], members=1, recipe=RECIPE, run=RUN
    )
    text = r"^inception\.Bumps and fcn\.Toy are networks of different shapes, which members"
    for head in ("softmax", "ridge"):
        with pytest.raises(OptionError, match=text):
            finetune(toy, [source, other], head=head)
    with pytest.raises(OptionError, match="networks of different shapes"):
        finetune(toy, [source, tiny_model(make_toy(n_channels=2), epochs=1)])
    with pytest.raises(OptionError, match=r"^no source is named\.$"):
        finetune(toy, [])
    with pytest.raises(
        OptionError, match=r"^'none' cannot be one of several sources; name models\.$"
    ):
        finetune(toy, [source, "none"])


def test_another_second_source_is_another_run(tmp_path: Path) -> None:
    toy, (first, second, third) = make_toy(), source_models()
    trained(toy, [first, second], run=kept(folder=tmp_path))
    with pytest.raises(TrainingError, match="another run"):
        trained(toy, [first, third], run=kept(folder=tmp_path, resume=True))


def test_its_card_says_what_it_is(tmp_path: Path) -> None:
    toy = named(make_toy(), "Mine", "train")
    ridge(toy).save(tmp_path / "random")
    text = (tmp_path / "random" / "README.md").read_text()
    assert "that classifies time series of Mine: random filters under a ridge classifier." in text
    assert "Made to classify series recorded" in text
    assert "It was fitted on 24 series" in text
    assert "| On each training series, by a fit to the others |" in text
    assert "Epochs of each member" not in text
    assert "not calibrated" not in text
    ridge(toy, source_models()[:2]).save(tmp_path / "sources")
    text = (tmp_path / "sources" / "README.md").read_text()
    assert (
        "a ridge classifier on the filters of inception.Bumps and other sources, which the recipe "
        "names." in text
    )
    assert '| Recipe: bases | \\["inception.Bumps", "inception.Steps"\\] |' in text


def test_with_one_series_a_class_nothing_is_told_of_those_left_out(tmp_path: Path) -> None:
    toy = make_toy(12, n_classes=3)
    each = toy.take([int((toy.require_labels() == k).argmax()) for k in range(3)])
    results = finetune(each, source="none", head="ridge").config.results
    assert results.train_accuracy == 1.0
    assert results.left_out_accuracy is None
    assert results.member_left_out_accuracy == ()
    save_dataset(each, tmp_path / "each.tsv")
    fit = ("--source", "none", "--head", "ridge", "--out", tmp_path / "m")
    said = run("finetune", tmp_path / "each.tsv", *fit).output
    assert "left out  – (one series a class: nothing is left of it)" in said


def test_progress_says_how_many_series_bodies_have_read_and_ends_with_the_heads(monkeypatch):
    seen, plain = [], module.fit_head

    def watched(*args, **options):
        head = plain(*args, **options)
        assert seen[-1][0] < seen[-1][1]  # not done while a head is still fitted
        return head

    monkeypatch.setattr(module, "fit_head", watched)
    toy = make_toy(24)
    plan = make_plan(toy, "none", head="ridge", members=2)
    plan.fit(toy, run=Run(device="cpu", jobs=1, progress=lambda *now: seen.append(now)))
    of_bodies = [now for now in seen if now[1] == 48]
    assert seen[-1] == of_bodies[-1] == (48, 48)
    assert of_bodies == sorted(of_bodies)
    assert len(of_bodies) >= 4
