from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support import warm
from tests.support.fits import RUN, kept, ridge, same, trained, weights
from tests.support.sources import TINY, make_zoo, source_models, tiny_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.data.load import load_dataset
from tszoo.errors import DataError, ModelError, OptionError, TrainingError
from tszoo.models.model import Model
from tszoo.models.prototypes import write_prototypes
from tszoo.recommendation.advice import advise
from tszoo.similarity import compute_prototypes
from tszoo.training.recipe import Recipe, adjusted_recipe, recipe_for
from tszoo.training.run import Run
from tszoo.transfer import sources as sources_module
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.finetune import finetune
from tszoo.transfer.fit import fit_ensemble
from tszoo.transfer.published import read_published
from tszoo.transfer.request import Request
from tszoo.transfer.sources import _of_one_shape


@pytest.fixture
def zoo(tmp_path):
    return make_zoo(tmp_path / "zoo")


def test_members_start_from_the_sources_members_with_fresh_heads(toy):
    source = source_models()[1]
    model = trained(
        toy,
        source,
        recipe=Recipe(epochs=1, learning_rate=1e-30, schedule="constant"),
        members=3,
    )
    for k, network in enumerate(model.networks):
        start = source.networks[k % 2]
        assert network.head.out_features == toy.n_classes
        for (name, tensor), (_, before) in zip(
            network.body.named_parameters(), start.body.named_parameters(), strict=True
        ):
            assert torch.equal(tensor, before), name
    assert not torch.equal(model.networks[0].head.weight, model.networks[2].head.weight)


def test_the_source_itself_is_left_alone(toy):
    source = source_models()[0]
    before = [tensor.clone() for tensor in weights(source)]
    trained(toy, source)
    assert all(torch.equal(a, b) for a, b in zip(weights(source), before, strict=True))


def test_freezing_trains_the_head_alone(toy):
    source = source_models()[0]
    model = trained(
        toy,
        source,
        recipe=Recipe(epochs=5, learning_rate=0.1, schedule="constant"),
        freeze=True,
    )
    for network, start in zip(model.networks, source.networks, strict=True):
        changed = [
            name
            for name, tensor in network.state_dict().items()
            if name.startswith("body") and not torch.equal(tensor, start.state_dict()[name])
        ]
        assert changed == []
    assert model.config.recipe.training.trainable == "head"


def test_a_good_start_learns_faster_than_none(toy):
    few = Recipe(epochs=8, schedule="cosine", batch_size=8, learning_rate=5e-3)
    warm, cold = (
        trained(
            toy, tiny_model(make_toy(48, seed=5), epochs=n, members=1), recipe=few, members=2
        ).config.results
        for n in (30, 1)
    )
    assert warm.train_loss < 0.9 * cold.train_loss


def test_auto_does_what_the_advice_says(zoo, toy):
    advice = advise(toy, zoo)
    model = finetune(toy, "auto", zoo=zoo, members=1)
    assert model.config.recipe.head == advice.best().head == "ridge"
    assert (model.config.base and model.config.base.model) == advice.best().source


def test_whatever_is_said_of_the_training_asks_for_training(zoo, toy):
    best = advise(toy, zoo).best("softmax")
    model = finetune(toy, "auto", zoo=zoo, recipe={"epochs": 1}, members=1)
    assert model.config.recipe.head == "softmax"
    assert (model.config.base and model.config.base.model) == best.source


def test_sources_are_probed_where_the_model_is_fitted_and_once(zoo, toy, tmp_path, monkeypatch):
    def files():
        return {path: path.stat().st_mtime_ns for path in cache.iterdir()}

    asked, cache = [], tmp_path / "kept"
    monkeypatch.setattr(
        sources_module,
        "advise",
        lambda *given, **more: asked.append(more["run"].device) or advise(*given, **more),
    )
    first = finetune(toy, "auto", zoo=zoo, members=1, run=kept(device="cpu", cache=cache))
    written = files()
    assert len(written) == 4  # three sources and the untrained body
    again = finetune(toy, "auto", zoo=zoo, members=1, run=kept(device="auto", cache=cache))
    assert same(again, first)
    assert files() == written
    assert asked == ["cpu", "auto"]


@pytest.mark.parametrize(
    ("source", "head"),
    [("auto", None), ("auto", "softmax"), ("none", "ridge"), ("none", "softmax")],
)
def test_prototypes_are_computed_once(zoo, toy, head, source, monkeypatch):
    from tszoo.similarity import prototypes

    calls = []
    real = prototypes.medoids
    own = write_prototypes(compute_prototypes(toy))
    monkeypatch.setattr(prototypes, "medoids", lambda *given: calls.append(given) or real(*given))
    asked = {"recipe": Recipe(epochs=1)} if head == "softmax" else {}
    if source == "none":
        asked["network"] = TINY
    model = finetune(toy, source, zoo=zoo, head=head, members=2, run=RUN, **asked)
    assert len(calls) == 1
    assert write_prototypes(model.prototypes) == own
    one_epoch = Ensemble.of(
        "inception", TINY, n_frozen=0, n_trained=1, recipe=recipe_for({"epochs": 1}, "inception")
    )
    again = fit_ensemble(one_epoch, None, toy, prototypes=model.prototypes, run=RUN)
    assert len(calls) == 1
    assert again.prototypes is model.prototypes


def test_half_precision_is_for_training_alone(zoo, toy):
    half = kept(precision="bfloat16")
    source = "inception.Bumps"
    model = finetune(
        toy, source, zoo=zoo, head="softmax", recipe={"epochs": 1}, members=1, run=half
    )
    assert model.config.training.precision == "bfloat16"
    with pytest.raises(
        OptionError, match=r'^a ridge head is fitted in float32: leave precision="b'
    ):
        finetune(toy, "auto", zoo=zoo, members=1, run=half)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, None),
        ({"recipe": {}}, None),
        ({"recipe": {"epochs": None}}, None),
        ({"recipe": {"epochs": 0}}, "recipe={'epochs': ...}"),
        ({"recipe": {"batch_size": 8}}, "recipe={'batch_size': ...}"),
        ({"recipe": {"learning_rate": 0.0}}, "recipe={'learning_rate': ...}"),
        ({"recipe": {"name": "fast"}}, "recipe={'name': ...}"),
        ({"recipe": "fast"}, "recipe=..."),
        ({"recipe": Recipe(epochs=1)}, "recipe=..."),
        ({"freeze": True}, "freeze=True"),
    ],
)
def test_which_parameters_ask_for_training(asked, said):
    assert Request(**asked).asks_for_training == said


def test_auto_does_not_take_the_target_itself(zoo):
    own = Dataset.from_arrays(make_toy(seed=9).series, make_toy(seed=9).labels, name="Bumps")
    for asked in ({"head": "ridge"}, {"head": "softmax", "recipe": {"epochs": 1}}):
        model = finetune(own, "auto", zoo=zoo, members=1, **asked)
        assert model.config.base is None or model.config.base.model != "inception.Bumps"


def test_five_members_also_from_a_source_of_two(zoo, toy):
    assert finetune(toy, "inception.Bumps", zoo=zoo, recipe={"epochs": 1}).config.members == 5


def test_from_scratch(toy):
    model = finetune(toy, "none", recipe={"epochs": 1}, members=1, architecture="fcn")
    assert model.config.base is None
    assert model.config.architecture == "fcn"


def test_the_same_seed_gives_the_same_model_and_another_another(toy):
    source = source_models()[0]
    first, again, other = (trained(toy, source, seed=seed) for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_the_test_split_changes_nothing_but_the_report(toy):
    source = source_models()[0]
    unseen = make_toy(seed=77)
    test = Dataset.from_arrays(
        unseen.series, [unseen.classes[k] for k in unseen.labels], name="Toy", split="test"
    )
    blind, reported = trained(toy, source), trained(toy, source, test=test)
    assert same(blind, reported)
    results = reported.config.results
    right = reported.predict(test) == np.array([unseen.classes[k] for k in unseen.labels])
    assert results.accuracy == pytest.approx(right.mean())
    assert len(results.member_accuracy) == 2
    assert blind.config.results.accuracy is None


def test_series_of_unequal_lengths(toy):
    ragged = [row[0, : 20 + i % 12] for i, row in enumerate(toy.series)]
    target = Dataset.from_arrays(ragged, [toy.classes[k] for k in toy.labels], name="Ragged")
    model = trained(target, source_models()[0])
    together = model.predict_proba(ragged)
    alone = np.concatenate([model.predict_proba([row]) for row in ragged])
    assert np.allclose(together, alone, atol=1e-6)
    assert model.predict_proba([np.arange(7.0)]).shape == (1, 2)


@pytest.mark.parametrize("head", ["softmax", "ridge", "both"])
@pytest.mark.parametrize("source", ["none", source_models])
def test_a_model_may_be_asked_to_take_any_length(toy, head, source):
    asked = {"head": head, "members": 2, "run": RUN}
    if head != "ridge":
        asked["recipe"] = {"epochs": 1}
    if source == "none":
        asked["network"] = TINY
    start = source if source == "none" else source()[0]
    equal, unequal = (finetune(told(toy, unequal), start, **asked) for unequal in (False, True))
    assert same(equal, unequal)
    with pytest.raises(DataError, match="expected 32"):
        equal.predict([np.arange(7.0)])
    assert unequal.predict([np.arange(7.0), np.arange(40.0)]).shape == (2,)


def told(toy, unequal):
    """The toy, said to be of series of one length or of any."""
    labels = [toy.classes[k] for k in toy.labels]
    return Dataset.from_arrays(toy.series, labels, name=toy.name, unequal=unequal)


def test_a_network_of_one_length_is_not_asked_for_others(toy):
    text = (
        r"^mlp takes series of one length, those of Toy have any number of points\. "
        r"Choose another architecture\.$"
    )
    for head in ("softmax", "ridge"):
        with pytest.raises(ModelError, match=text):
            finetune(told(toy, True), "none", head=head, architecture="mlp")


def test_one_shape_is_what_members_can_start_from(toy, tmp_path):
    """What the head reads, and arguments that are left out or spelled, make no other shape."""
    source = source_models()[0]
    assert source.config.architecture_args.keys() > TINY.keys()
    short = replace(source, config=replace(source.config, architecture_args=TINY))
    several = {"spelled": source, "short": short, "ridge": ridge(toy, source, members=1)}
    for name, model in several.items():
        model.save(tmp_path / name)
    models = _of_one_shape([str(tmp_path / name) for name in several], 3, None)
    assert len(models) == 3
    assert trained(toy, [model for _, model in models], members=3).config.members == 3


@pytest.mark.parametrize("length", [2, 5])
def test_series_shorter_than_a_filter(length):
    rng = np.random.default_rng(0)
    target = Dataset.from_arrays(rng.normal(size=(10, length)), [0, 1] * 5, name="Short")
    assert finetune(target, "none", recipe={"epochs": 1}, members=1).predict(target).shape == (10,)


def test_what_cannot_be_trained_on_is_refused(toy):
    source = source_models()[0]
    one_class = Dataset.from_arrays(toy.series, ["a"] * toy.n_series, name="Flat")
    with pytest.raises(
        DataError, match=r"Flat: only one class \(a\); classification needs at least two"
    ):
        trained(one_class, source)
    with pytest.raises(DataError, match="Blank: no labels"):
        trained(Dataset.from_arrays(toy.series, name="Blank"), source)
    other = Dataset.from_arrays(
        toy.series, ["x", "c0"] * (toy.n_series // 2), name="Toy", split="test"
    )
    with pytest.raises(DataError, match="series 0: class x occurs only here"):
        trained(toy, source, test=other)
    longer = make_toy(length=33)
    with pytest.raises(DataError, match="33 values, expected 32"):
        trained(toy, source, test=longer)
    with pytest.raises(OptionError, match="freeze=True needs a source"):
        finetune(toy, "none", freeze=True)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"members": 0}, "members must be a whole number from 1 to 1000, not 0"),
        ({"members": 1001}, "members must be"),
        ({"seed": -1}, "seed must be a whole number from 0 up, not -1"),
        ({"recipe": {"epochs": 0}}, "epochs must be a whole number from 1 up, not 0"),
        ({"recipe": {"batch_size": 0}}, "batch_size must be"),
        ({"recipe": {"learning_rate": 0.0}}, "learning_rate must be above 0"),
        ({"recipe": {"learning_rate": float("nan")}}, "learning_rate must be a finite number"),
        ({"recipe": {"speed": 3}}, "a recipe has no 'speed'; it has epochs,"),
        ({"recipe": "secret"}, "unknown recipe 'secret'; there are"),
        ({"run": Run(device="tpu")}, "device must be auto, cpu, cuda or cuda:N, not 'tpu'"),
        ({"run": Run(precision="int8"), "recipe": {"epochs": 1}}, "precision must be one of"),
        ({"architecture": "lstm"}, "unknown architecture 'lstm'"),
    ],
)
def test_options_that_make_no_sense_are_refused(toy, change, text):
    with pytest.raises((OptionError, ModelError), match=text):
        finetune(toy, "none", **change)


def test_a_given_batch_size_is_taken_as_it_is():
    assert adjusted_recipe("fast").batch(20) == 5
    assert adjusted_recipe("fast", batch_size=16).batch(20) == 16


def test_the_model_says_how_it_was_made(toy):
    source = source_models()[0]
    config = trained(toy, source, seed=5).config
    assert config.recipe.training.seed == 5
    assert config.recipe.training.recipe.epochs == 2
    assert config.training.epochs == (2, 2)
    assert config.training.versions["torch"] == torch.__version__
    assert config.trained_on.sha256 == toy.sha256
    assert config.base.model == "inception.Bumps"
    json.dumps(config.to_dict(), allow_nan=False)


def test_resuming_with_other_data_is_refused(toy, tmp_path):
    source = source_models()[0]
    trained(toy, source, run=kept(folder=tmp_path))
    with pytest.raises(TrainingError, match="belongs to another run"):
        trained(make_toy(seed=8), source, run=kept(folder=tmp_path, resume=True))


KILLED_AT = """
import os
import signal
import sys
from pathlib import Path
from tests.support.sources import tiny_model
from tests.support.toys import make_toy

folder = Path(sys.argv[1])
kept = {"folder": folder, "resume": True, "checkpoint_seconds": 0.0, "side_by_side": 1}

def train_until(moment):
    def die(member, report, _):
        if (member, report.epoch) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    tiny_model(make_toy(), epochs=8, watchers=[die], **kept)

for moment in ((0, 5), (1, 3)):
    child = os.fork()
    if child == 0:
        train_until(moment)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, status
    assert (folder / f"member-{moment[0]}.partial.safetensors").exists()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    folder = tmp_path / "killed"
    command = [sys.executable, "-W", "ignore", "-c", KILLED_AT, str(folder)]
    killed = warm.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == 0, killed.stderr
    seen = []
    resumed = tiny_model(
        make_toy(),
        epochs=8,
        side_by_side=1,
        folder=folder,
        resume=True,
        watchers=[lambda member, report, _: seen.append((member, report.epoch))],
    )
    assert seen in ([(1, epoch) for epoch in range(first, 9)] for first in (3, 4))
    whole = tiny_model(make_toy(), epochs=8, side_by_side=1)
    assert same(resumed, whole)
    assert resumed.config.results == whole.config.results


def test_published_figures_are_checked(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("dataset,name,accuracy,url\nGunPoint,InceptionTime,1.0,somewhere\n")
    assert read_published(path)["GunPoint"].accuracy == 1.0
    for text, message in (
        (
            "dataset,name,accuracy,url\nGunPoint,x,97,y\n",
            "line 2: accuracy 97 is not a share from 0 to 1",
        ),
        ("dataset,accuracy\nGunPoint,0.9\n", "line 2: no name; the columns are"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_published(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_published(tmp_path / "none.csv")


def test_real_data(archive, tmp_path):
    """From the archive to a model: a tiny source helps on a real target."""
    train = load_dataset("GunPoint", archive=archive)
    test = load_dataset("GunPoint", archive=archive, split="test")
    model = tiny_model(train, test=test, epochs=30, members=1)
    assert model.config.results.accuracy > 0.8
    model.save(tmp_path / "m")
    assert (Model.load(tmp_path / "m").predict(test) == model.predict(test)).mean() > 0.98


def test_a_target_may_be_a_file(toy, tmp_path):
    save_dataset(toy, tmp_path / "mine.csv")
    options = {"members": 1, "recipe": {"epochs": 1}, "seed": 3}
    model = finetune(tmp_path / "mine.csv", "none", **options)
    assert model.config.trained_on.dataset == "mine"
    assert finetune(str(tmp_path / "mine.csv"), "none", **options).config.classes == toy.classes
