"""One body for many data sets at once: learnt, kept, described, found again and fine-tuned from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.fits import RUN, kept, quick_heads, same, trained
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import DataError, ModelError, OptionError, TrainingError, ZooError
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_folder, read_card
from tszoo.models.record import PartResults, TrainedOn, Validation
from tszoo.nets.registry import ARCHITECTURES, network_class
from tszoo.recommendation.advice import advise
from tszoo.similarity import compute_prototypes
from tszoo.training.recipe import Recipe
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.joint import HEADS, class_names, pretrain_joint
from tszoo.transfer.pretrain import pretrain
from tszoo.zoo.local import add_model
from tszoo.zoo.zoo import Zoo

TINY = {"depth": 2, "filters": 2, "kernel_lengths": [8, 4]}
RECIPE = Recipe(epochs=25, schedule="cosine", batch_size=8, learning_rate=1e-2)


def waves(name, seed, split="train", **shape):
    toy = make_toy(seed=seed, **shape)
    return Dataset.from_arrays(
        toy.series, [toy.classes[k] for k in toy.labels], name=name, split=split
    )


def steps(name, seed, split="train"):
    """A step up, whose place is the class, in series of 20 to 29 points."""
    rng = np.random.default_rng(seed)
    series = [0.2 * rng.standard_normal(20 + i % 10) for i in range(30)]
    for i, one in enumerate(series):
        one[5 + 9 * (i % 2) :] += 2
    return Dataset.from_arrays(series, [i % 2 for i in range(30)], name=name, split=split)


def trio(seed=0, split="train"):
    return [
        waves("Two", seed, split, length=32),
        waves("Three", seed + 1, split, length=24, n_classes=3, n_series=42),
        steps("Steps", seed + 2, split),
    ]


def ensemble(recipe=RECIPE, *, members=1, architecture="convtimenet", network=TINY):
    return Ensemble.of(architecture, network, n_frozen=0, n_trained=members, recipe=recipe)


def joint(sets, asked=None, *, name="trio", run=RUN, tests=None):
    return pretrain_joint(sets, asked or ensemble(), name=name, run=run, tests=tests)


@pytest.fixture(scope="module")
def model():
    return joint(trio(), tests=[*trio(50, "test")[:2], None])


@pytest.fixture(name="heads")
def _heads():
    with quick_heads() as heads:
        yield heads


def same_body(a, b):
    states = (model.networks[0].body.state_dict() for model in (a, b))
    return all(
        torch.equal(x, y) for x, y in zip(*(state.values() for state in states), strict=True)
    )


def test_every_data_set_is_learnt(model):
    reached = model.config.results.per_dataset
    assert list(reached) == ["Two", "Three", "Steps"]
    assert min(part.train_accuracy for part in reached.values()) > 0.9
    assert min(reached[name].accuracy for name in ("Two", "Three")) > 0.9
    assert reached["Steps"].accuracy is None
    assert model.config.training.epochs == (25,)


def test_the_heads_are_fitted_to_the_finished_body(model, monkeypatch):
    """One statistic of batch norm for all data sets is not what the heads saw in training."""
    monkeypatch.setattr("tszoo.transfer.joint.HEADS", replace(HEADS, epochs=1, learning_rate=1e-30))
    left = joint(trio())
    assert same_body(model, left)
    assert model.config.results.train_loss < 0.5 * left.config.results.train_loss
    assert model.config.recipe.training.heads == HEADS
    assert (HEADS.epochs, HEADS.learning_rate) == (100, 0.01)


def test_losses_and_seconds_are_of_the_heads_that_are_kept(heads, monkeypatch):
    from tszoo.transfer import joint as module

    runs = []
    real = module.train_members
    monkeypatch.setattr(
        module, "train_members", lambda *given: runs.append(real(*given)) or runs[-1]
    )
    config = joint(trio(), ensemble(replace(RECIPE, epochs=3), members=2)).config
    body, fitted = ([history for _, history in run] for run in runs)
    assert [len(history.loss) for history in fitted] == [heads.epochs] * 2
    assert config.results.member_train_loss == tuple(history.best_loss for history in fitted)
    seconds = sum(history.seconds for history in (*body, *fitted))
    assert config.training.seconds == pytest.approx(seconds, abs=0.002)
    assert config.training.epochs == (3, 3)


def test_accuracies_are_those_among_a_data_sets_own_classes(model):
    results, first = model.config.results, 0
    for one in trio():
        x = torch.from_numpy(prepare(one, Preprocessing(unequal=True)))
        with torch.inference_mode():
            logits = torch.cat(
                [model.networks[0](x[i : i + 1, :, :n]) for i, n in enumerate(one.lengths.tolist())]
            )
        own = logits[:, first : first + one.n_classes].argmax(dim=1).numpy()
        assert results.per_dataset[one.name].train_accuracy == pytest.approx(
            (own == one.labels).mean()
        )
        first += one.n_classes
    parts = results.per_dataset.values()
    assert results.train_accuracy == pytest.approx(np.mean([part.train_accuracy for part in parts]))
    tested = [part.accuracy for part in parts if part.accuracy is not None]
    assert results.accuracy == pytest.approx(np.mean(tested))
    assert results.member_accuracy == (pytest.approx(results.accuracy),)
    assert (results.split, results.n_series) == ("test", 24 + 42)


def test_the_config_says_what_was_learnt(model):
    config, sets = model.config, trio()
    assert config.name == "convtimenet.trio"
    assert config.classes == (
        "Two: c0",
        "Two: c1",
        "Three: c0",
        "Three: c1",
        "Three: c2",
        "Steps: 0",
        "Steps: 1",
    )
    assert (config.length, config.preprocessing.unequal) == (32, True)
    source = config.trained_on
    assert (source.dataset, source.split, source.n_series) == ("trio", "train", 24 + 42 + 30)
    assert source.sha256 == hashlib.sha256("".join(one.sha256 for one in sets).encode()).hexdigest()
    assert [(p.dataset, p.n_series, p.n_classes, p.length, p.sha256) for p in source.parts] == [
        (one.name, one.n_series, one.n_classes, one.length, one.sha256) for one in sets
    ]
    own = [series for one in sets for series in compute_prototypes(one).series]
    assert all(np.array_equal(a, b) for a, b in zip(model.prototypes.series, own, strict=True))
    assert ModelConfig.from_json(config.to_json()) == config
    json.dumps(config.to_dict(), allow_nan=False)


def test_it_is_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    assert loaded.config == model.config
    x = [np.sin(np.arange(n)) for n in (32, 24, 29, 11)]
    assert np.array_equal(loaded.predict_proba(x), model.predict_proba(x))


def test_its_card_lists_the_data_sets(model, tmp_path):
    model.save(tmp_path / "m")
    text = read_card(tmp_path / "m")
    reached = model.config.results.per_dataset
    assert "trained from scratch on 3 data sets at once" in text
    assert "| Data sets | 3, called trio together |" in text
    two, steps_ = reached["Two"], reached["Steps"]
    assert f"| Two | 24 | 2 | 32 | {two.accuracy:.4f} | {two.train_accuracy:.4f} |" in text
    assert f"| Steps | 30 | 2 | 29 |  | {steps_.train_accuracy:.4f} |" in text
    assert "datasets:\n" not in text  # they are none of the Hub
    assert text.count("  - task:\n") == 2
    assert "those of different data sets were never told apart" in text
    assert "arXiv:1904.12546" in text


def test_a_model_is_fine_tuned_from_it_with_a_fresh_head(model):
    target = waves("Mine", 9, length=40, n_classes=3)
    tuned = trained(target, model, recipe={"epochs": 1, "learning_rate": 1e-30}, members=5)
    assert tuned.config.base.model == "convtimenet.trio"
    assert tuned.config.trained_on == TrainedOn.of(target)
    assert tuned.classes == ("c0", "c1", "c2")
    start = dict(model.networks[0].body.named_parameters())
    assert all(
        torch.equal(tensor, start[name])
        for name, tensor in tuned.networks[0].body.named_parameters()
    )


def test_its_own_data_sets_do_not_start_from_it(model, tmp_path):
    add_model(tmp_path / "zoo", model)
    far = waves("Far", 77, length=16)
    add_model(
        tmp_path / "zoo",
        pretrain(far, network={"filters": 2}, members=1, recipe=replace(RECIPE, epochs=1), run=RUN),
    )
    assert [part.dataset for part in Zoo(tmp_path / "zoo").entry("convtimenet.trio").parts] == [
        "Two",
        "Three",
        "Steps",
    ]
    copy = Dataset.from_arrays(trio()[0].series, [f"c{k}" for k in trio()[0].labels], name="Copy")
    for target in (copy, waves("three", 31, length=24, n_classes=3)):
        for method in ("dtw", "auto"):
            advice = advise(target, tmp_path / "zoo", method=method)
            trio_too = next(one for one in advice.sources if one.model == "convtimenet.trio")
            assert (trio_too.is_target, trio_too.n_datasets) == (True, 3)
            assert {choice.source for choice in advice.choices} <= {"inception.Far", None}
    other = waves("Other", 0, length=32, n_series=20)
    assert advise(other, tmp_path / "zoo", method="dtw").best().source == "convtimenet.trio"


def test_every_data_set_gives_as_many_steps(heads, monkeypatch):
    from tszoo.training import loop

    drawn = []
    draw = loop.draw_epoch
    monkeypatch.setattr(loop, "draw_epoch", lambda *given: drawn.append(draw(*given)) or drawn[-1])
    large = waves("Large", 3, length=16, n_series=80)
    joint([trio()[0], large], ensemble(replace(RECIPE, epochs=3)))
    assert len(drawn) == 3 + heads.epochs
    for epoch in drawn:
        counts = np.bincount([batch.data for batch in epoch])
        assert counts[0] == counts[1] > 0


@pytest.mark.usefixtures("heads")
def test_interrupted_it_goes_on_to_the_same_weights(tmp_path):
    few = replace(RECIPE, epochs=4)

    def interrupt(_member, report, _network):
        if report.epoch == 2:
            raise KeyboardInterrupt

    two = ensemble(few, members=2)
    whole = joint(trio(), two)
    with pytest.raises(KeyboardInterrupt):
        joint(trio(), two, run=kept(folder=tmp_path, watchers=[interrupt]))
    seen = []
    resumed = kept(
        folder=tmp_path,
        resume=True,
        watchers=[lambda member, report, _: seen.append((member, report.epoch))],
    )
    assert same(joint(trio(), two, run=resumed), whole)
    assert seen == [(0, 3), (0, 4), (1, 1), (1, 2), (1, 3), (1, 4)]
    with pytest.raises(TrainingError, match="belongs to another run"):
        joint(trio(seed=5), two, run=resumed)


@pytest.mark.usefixtures("heads")
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_network_of_any_length_can_learn_jointly(architecture):
    few = ensemble(replace(RECIPE, epochs=1), architecture=architecture, network=None)
    sets = [waves("A", 0, length=12, n_series=8), waves("B", 1, length=20, n_series=8)]
    if not network_class(architecture).any_length:
        with pytest.raises(
            ModelError, match=f"{architecture} takes series of one length only, so it cannot learn"
        ):
            joint(sets, few)
        return
    model = joint(sets, few)
    assert model.predict([np.arange(15.0)]).shape == (1,)


@pytest.mark.usefixtures("heads")
def test_series_of_one_length_need_no_mask():
    few = ensemble(replace(RECIPE, epochs=1))
    model = joint([waves("A", 0), waves("B", 1)], few)
    assert not model.config.preprocessing.unequal
    with pytest.raises(DataError, match="expected 32"):
        model.predict([np.arange(15.0)])


def test_classes_are_told_apart_and_printable():
    a = Dataset.from_arrays(make_toy(4).series, ["B: c", "d"] * 2, name="A")
    b = Dataset.from_arrays(make_toy(4).series, ["c", "\x1b"] * 2, name="A: B")
    assert sorted(class_names([a, b])) == ["A: B: c", "A: B: c (2)", "A: B: \ufffd", "A: d"]
    long = Dataset.from_arrays(make_toy(4).series, ["x" * 300, "x" * 301] * 2, name="Long")
    first, second = class_names([long])
    assert second == first + " (2)"


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            {"sets": [waves("A", 0)]},
            OptionError,
            "a joint model learns two data sets or more, not 1",
        ),
        ({"sets": [waves("A", 0), waves("A", 1)]}, DataError, "two data sets are called 'A'"),
        (
            {"sets": [waves("A", 0), waves("B", 1, n_channels=2)]},
            ModelError,
            r"B has 2 channel\(s\), A has 1: a joint model's data sets have the same number",
        ),
        (
            {"sets": [waves("A", 0), waves("B", 1).take([0])]},
            TrainingError,
            "B: one series is not enough",
        ),
        (
            {"sets": [waves("A", 0), Dataset.from_arrays([[1.0, 2]] * 3, name="B")]},
            DataError,
            "B: no labels",
        ),
        ({"name": "two"}, OptionError, "a joint model needs a name of its own, not 'two'"),
        ({"name": "a/b"}, ZooError, "'a/b' cannot name a model"),
        (
            {"run": kept(validation=waves("A", 0))},
            OptionError,
            "a joint model has no validation while",
        ),
        (
            {"tests": [None, waves("Three", 3, n_channels=2), None]},
            DataError,
            r"2 channel\(s\), the training series",
        ),
        (
            {"tests": [waves("Two", 3, n_classes=3), None, None]},
            DataError,
            "class c2 occurs only here",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(change, error, text):
    with pytest.raises(error, match=text):
        joint(**({"sets": trio()} | change))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"parts": "all"}, "parts must be a list, not 'all'"),
        ({"parts": [{"dataset": "A"}]}, "a part lacks 'length'"),
        ({"n_series": 5}, "trained_on.n_series is 5, but its classes have 96"),
        (
            {"parts": slice(1), "n_series": 24, "class_series": []},
            "7 classes, but trained_on.parts have 2",
        ),
        ({"parts": [0, 0]}, "trained_on.parts must be data sets of different names"),
        (
            {"parts": slice(2), "n_series": 66, "class_series": []},
            "7 classes, but trained_on.parts have 5",
        ),
    ],
)
def test_a_broken_list_of_parts_is_named(model, change, text):
    values = model.config.to_dict()
    parts = values["trained_on"]["parts"]
    change = dict(change)
    if isinstance(change.get("parts"), slice):
        change["parts"] = parts[change["parts"]]
    elif change.get("parts") == [0, 0]:
        change["parts"] = [parts[0], parts[0]]
    values["trained_on"] |= change
    with pytest.raises(ModelError, match=text):
        ModelConfig.from_dict(values)


@pytest.mark.parametrize(
    ("part", "value", "text"),
    [
        ("results", {"per_dataset": [0.5]}, r"results.per_dataset must be an object, not \[0.5\]"),
        (
            "results",
            {"per_dataset": {"A": 0.5}},
            "results.per_dataset.'A' must be an object, not 0.5",
        ),
        (
            "results",
            {"per_dataset": {"A": {"accuracy": 2}}},
            "results.per_dataset.'A'.accuracy must be a number from",
        ),
        ("training", {"stopped": "yes"}, "training.stopped must be an object, not 'yes'"),
        ("training", {"stopped": {"0": 1}}, "training.stopped"),
        ("training", {"stopped": {"member 0": "x"}}, "'member 0' is not the number of a member"),
        ("training", {"stopped": {"1": "x"}}, "a member in training.stopped must be"),
        (
            "training",
            {"validation": {"dataset": "A"}},
            "training.validation lacks 'n_series', 'split'",
        ),
        (
            "training",
            {"validation": {"dataset": "A", "split": 1, "n_series": 3}},
            "training.validation.split must be",
        ),
    ],
)
def test_what_cards_show_is_checked(model, part, value, text):
    with pytest.raises(ModelError, match=text):
        ModelConfig.from_dict({**model.config.to_dict(), part: value})


def test_records_check_themselves(model):
    with pytest.raises(ModelError, match=r"results\.per_dataset\.'A'\.accuracy must be"):
        replace(model.config.results, per_dataset={"A": PartResults(accuracy=2)})
    with pytest.raises(ModelError, match=r"training\.validation\.n_series must be a whole number"):
        Validation("A", None, 0)
