from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.support.digests import forget_digests
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.errors import DataError, ModelError, OptionError, ZooError
from tszoo.models.record import ModelRecipe, Results, TrainingRecipe, TrainingRecord
from tszoo.readout.features import extract
from tszoo.readout.score import ridge_leave_one_out
from tszoo.readout.spread import prior_of
from tszoo.recommendation import cache as cache_module
from tszoo.recommendation import probe as probe_module
from tszoo.recommendation.cache import prune_cache, read_cached, write_cached
from tszoo.recommendation.probe import RANDOM, Probe, probe_random, probe_sources
from tszoo.recommendation.sample import sample_series
from tszoo.training.recipe import Recipe
from tszoo.training.run import Run
from tszoo.zoo.find import load_model, open_zoo
from tszoo.zoo.local import add_model

SCORES = ("ridge", "ridge_error")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    root = tmp_path_factory.mktemp("probe") / "zoo"
    for seed, name in enumerate(("Coffee", "GunPoint", "ECG200")):
        add_model(root, make_model(replace(make_toy(seed=seed), name=name), members=2, seed=seed))
    mlp = {"widths": [5, 4]}
    add_model(
        root,
        make_model(
            replace(make_toy(), name="Coffee"), 1, architecture="mlp", architecture_args=mlp
        ),
    )
    return root


@pytest.fixture
def target():
    return make_toy(30, length=40, n_classes=3, seed=9)


def kept(folder):
    """A run whose results are kept in a folder."""
    return Run(device="cpu", cache=folder)


def trained_with(seed):
    return ModelRecipe(TrainingRecipe(Recipe(epochs=3), seed))


def scores_of(probe):
    return {name: getattr(probe, name) for name in SCORES}


def computed(monkeypatch):
    """The models that are run from here on, instead of being found in a cache."""
    run: list[str] = []
    whole = probe_module._probe_model

    def counted(series, name, *rest):
        run.append(name)
        return whole(series, name, *rest)

    monkeypatch.setattr(probe_module, "_probe_model", counted)
    return run


def test_scores_are_those_of_the_extracted_features(zoo, target):
    (found,) = probe_sources(target, ["inception.Coffee"], zoo)
    network = load_model("inception.Coffee", zoo).networks[0]
    extracted = extract(network, target, choose_preprocessing(target))
    labels = target.require_labels()
    ridge = ridge_leave_one_out(extracted.stages, labels, 3, prior=prior_of(network, 1))
    expected = {"ridge": ridge.accuracy, "ridge_error": ridge.error}
    assert scores_of(found) == pytest.approx(expected)
    assert (found.model, found.n_series, found.problem) == ("inception.Coffee", 30, None)
    assert found.ridge > 0.5


def test_models_come_in_the_order_asked_for_by_name_entry_or_folder(zoo, target):
    names = ["inception.GunPoint", "inception.Coffee"]
    by_name = probe_sources(target, names, zoo)
    catalogue = open_zoo(zoo)
    seen = []
    by_entry = probe_sources(
        target,
        [catalogue.entry(name) for name in names],
        catalogue,
        run=Run(progress=lambda *now: seen.append(now)),
    )
    by_folder = probe_sources(target, [zoo / name for name in names])
    assert [probe.model for probe in by_name] == names
    assert by_entry == by_name
    assert [scores_of(probe) for probe in by_folder] == [scores_of(probe) for probe in by_name]
    assert by_name[0].ridge_error != by_name[1].ridge_error
    assert seen == [(1, 2), (2, 2)]


def test_the_score_of_several_members_is_their_mean(zoo, target, tmp_path):
    model = load_model("inception.Coffee", zoo)
    both = probe_sources(target, ["inception.Coffee"], zoo, n_members=7)[0]
    alone = []
    for k in range(2):
        config = replace(model.config, members=1, results=Results(), training=TrainingRecord())
        path = tmp_path / f"member{k}"
        replace(model, config=config, networks=(model.networks[k],)).save(path)
        alone.append(probe_sources(target, [path])[0])
    assert scores_of(both) == pytest.approx(
        {name: np.mean([getattr(p, name) for p in alone]) for name in SCORES}
    )
    assert alone[0].ridge_error != alone[1].ridge_error


def test_channels_may_go_through_a_network_one_by_one(zoo):
    (found,) = probe_sources(make_toy(20, n_channels=2), ["inception.Coffee"], zoo)
    assert None not in scores_of(found).values()
    assert found.ridge > 0.5


def test_a_network_that_cannot_take_the_series_says_why(zoo, target, tmp_path):
    narrow, wide = probe_sources(target, ["mlp.Coffee", "inception.Coffee"], zoo)
    assert "40" in narrow.problem
    assert not any(score is not None for score in scores_of(narrow).values())
    assert wide.problem is None
    add_model(tmp_path, make_model(replace(make_toy(n_channels=3), name="Three"), 1))
    (found,) = probe_sources(target, ["inception.Three"], tmp_path)
    assert found.problem == "Toy: 1 channel(s); the network sees 3 together, and takes no others."
    (fitting,) = probe_sources(make_toy(20, n_channels=3), ["inception.Three"], tmp_path)
    assert (fitting.problem, fitting.ridge is None) == (None, False)


def test_weights_that_overflow_are_a_problem_of_their_source_alone(zoo, target, tmp_path):
    model = make_model(replace(make_toy(), name="Loud"), 1)
    for key, value in model.networks[0].state_dict().items():
        if key.endswith("weight") and value.ndim == 4:
            value.mul_(1e30)
    add_model(tmp_path, model, dtype="float32")
    (found,) = probe_sources(target, ["inception.Loud"], tmp_path)
    assert "not finite" in found.problem
    assert found.ridge is None


def test_series_may_differ_in_length(zoo):
    toy = make_toy(20)
    ragged = Dataset.from_arrays(
        [s[:, : 32 - i % 9] for i, s in enumerate(toy.series)], toy.labels.tolist()
    )
    (found,) = probe_sources(ragged, ["inception.Coffee"], zoo)
    assert None not in scores_of(found).values()


def test_networks_of_a_damaged_model_are_refused(zoo, target, tmp_path):
    folder = add_model(tmp_path, make_model(replace(make_toy(), name="Bad"), 1))
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        probe_sources(target, ["inception.Bad"], tmp_path)


def test_what_cannot_be_probed_is_refused(zoo, target):
    names = ["inception.Coffee"]
    with pytest.raises(DataError, match=r"^Toy: no labels"):
        probe_sources(replace(target, labels=None, classes=()), names, zoo)
    alike = replace(target, labels=np.zeros(30, dtype=np.int64))
    with pytest.raises(
        DataError, match=r"^Toy: all series are of class c0; classification needs two classes\.$"
    ):
        probe_sources(alike, names, zoo)
    with pytest.raises(DataError, match=r"^Toy: all series are of class c0"):
        probe_random(alike)
    with pytest.raises(OptionError, match=r"^n_members must be 1 or more, not 0"):
        probe_sources(target, names, zoo, n_members=0)
    with pytest.raises(
        OptionError, match=r"^most_series and most_points must be 1 or more, not 0 and 5"
    ):
        probe_sources(target, names, zoo, most_series=0, most_points=5)
    with pytest.raises(
        ZooError, match=r"no model 'inception\.Cofee'.*Did you mean inception\.Coffee"
    ):
        probe_sources(target, ["inception.Cofee"], zoo)


# --- the untrained body


def test_an_untrained_body_has_the_scores_of_features(target):
    first, again, other = probe_random(target), probe_random(target), probe_random(target, seed=1)
    assert first == again
    assert first.ridge_error != other.ridge_error
    assert None not in scores_of(first).values()
    assert (first.model, first.ridge > 0.8) == (RANDOM, True)


def test_an_untrained_body_takes_channels_and_lengths_as_they_come():
    assert probe_random(make_toy(12, n_channels=3)).problem is None
    toy = make_toy(12)
    ragged = Dataset.from_arrays(
        [s[:, : 32 - i % 9] for i, s in enumerate(toy.series)], toy.labels.tolist()
    )
    assert probe_random(ragged).problem is None


def test_random_states_of_the_caller_are_left_alone(zoo, target):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    probe_random(target)
    probe_sources(make_toy(20, n_channels=2), ["inception.Coffee"], zoo)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002


# --- samples


def test_a_sample_keeps_the_classes_and_their_proportions():
    labels = np.repeat([0, 1, 2], [600, 300, 1])
    big = Dataset.from_arrays(
        np.random.default_rng(0).standard_normal((901, 10)), labels.tolist(), name="Big"
    )
    sample = sample_series(big, 100, 10**9)
    assert sample.n_series == 100
    assert np.abs(np.bincount(sample.labels) - [67, 33, 1]).max() <= 1
    assert sample.classes == big.classes
    assert sample.sha256 == sample_series(big, 100, 10**9).sha256
    assert sample_series(big, 901, 10**9) is big


def test_long_series_are_sampled_but_not_below_what_says_something():
    big = Dataset.from_arrays(
        np.random.default_rng(0).standard_normal((60, 100)), (np.arange(60) % 3).tolist()
    )
    assert sample_series(big, 500, 4000).n_series == 40
    assert sample_series(big, 500, 10).n_series == 20
    many = Dataset.from_arrays(big.series, (np.arange(60) % 15).tolist())
    assert sample_series(many, 500, 10).n_series == 30
    assert sample_series(many, 12, 10).n_series == 15  # one a class at least
    alone = Dataset.from_arrays(big.series, [0, *range(59)])
    assert sample_series(alone, 12, 10).n_series == 59
    assert sample_series(Dataset.from_arrays(big.series, list(range(60))), 12, 10).n_series == 60


def test_a_probe_says_how_many_series_it_looked_at(zoo, target):
    sample = sample_series(target, 12, 10**9)
    (found,) = probe_sources(target, ["inception.Coffee"], zoo, most_series=12)
    assert found.n_series == 12
    assert found == probe_sources(sample, ["inception.Coffee"], zoo)[0]
    assert probe_random(target, most_series=12) == probe_random(sample)


# --- the cache


def test_a_second_time_nothing_is_computed(zoo, target, tmp_path, monkeypatch):
    names, folder = (
        ["inception.Coffee", "mlp.Coffee", "inception.GunPoint"],
        tmp_path / "deep" / "cache",
    )
    first = probe_sources(target, names, zoo, run=kept(folder))
    random = probe_random(target, run=kept(folder))
    assert len(list(folder.iterdir())) == 4
    monkeypatch.setattr(probe_module, "_probe_model", None)
    monkeypatch.setattr(probe_module, "random_network", None)
    assert probe_sources(target, names, zoo, run=kept(folder)) == first
    assert probe_sources(target, names[::-1], zoo, run=kept(folder)) == first[::-1]
    assert probe_random(target, run=kept(folder)) == random


def test_whatever_a_result_depends_on_is_part_of_its_name(zoo, target, tmp_path, monkeypatch):
    name = "inception.Coffee"
    run = computed(monkeypatch)
    variants = [
        (target, {}),
        (replace(target, labels=np.roll(target.labels, 1)), {}),
        (Dataset.from_arrays(2 * target.series, target.labels.tolist()), {}),
        (target, {"n_members": 2}),
        (target, {"most_series": 20}),
    ]
    for data, options in variants:
        probe_sources(data, [name], zoo, run=kept(tmp_path), **options)
    assert run == [name] * len(variants)
    probe_sources(
        replace(target, name="Renamed"), [name], zoo, run=kept(tmp_path), most_points=10**8
    )
    assert len(run) == len(variants)
    monkeypatch.setattr(probe_module, "VERSION", probe_module.VERSION + 1)
    probe_sources(target, [name], zoo, run=kept(tmp_path))
    assert len(run) == len(variants) + 1
    assert probe_random(target, run=kept(tmp_path)) != probe_random(
        target, run=kept(tmp_path), seed=1
    )


def test_a_model_that_was_replaced_is_run_again(target, tmp_path, monkeypatch):
    run = computed(monkeypatch)
    toy = replace(make_toy(), name="Mine")
    add_model(tmp_path / "zoo", make_model(toy, 1, recipe=trained_with(0)))
    options = {"zoo": tmp_path / "zoo", "run": kept(tmp_path / "cache")}
    old = probe_sources(target, ["inception.Mine"], **options)
    add_model(
        tmp_path / "zoo",
        make_model(toy, 1, seed=1, recipe=trained_with(1)),
        overwrite=True,
    )
    new = probe_sources(target, ["inception.Mine"], **options)
    assert len(run) == 2
    assert old != new


def test_other_weights_of_the_same_size_are_run_again(target, tmp_path, monkeypatch):
    run = computed(monkeypatch)
    folder = tmp_path / "inception.Mine"
    make_model(make_toy(), 1).save(folder)
    forget_digests(folder)
    old = probe_sources(target, [folder], run=kept(tmp_path / "cache"))
    weights = folder / "model.safetensors"
    tensors = {
        key: value.flip(0) if value.ndim > 1 else value for key, value in load_file(weights).items()
    }
    with safe_open(weights, "pt") as file:
        save_file(tensors, weights, file.metadata())
    new = probe_sources(target, [folder], run=kept(tmp_path / "cache"))
    assert len(run) == 2
    assert old != new


def spoiled(content, how):
    """A cache file's content with something wrong."""
    if isinstance(how, bytes):
        return how
    document = json.loads(content)
    document = how(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "how",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"key": 1, "key": 2}',
        b" " * (cache_module.MOST_BYTES + 1),
        lambda d: {**d, "more": 1},
        lambda d: {**d, "key": {**d["key"], "target": "0" * 64}},
        lambda d: {**d, "result": None},
        lambda d: {**d, "result": [1, 2]},
        lambda d: {**d, "result": {**d["result"], "ridge": "much"}},
        lambda d: {**d, "result": {**d["result"], "ridge": True}},
        lambda d: {**d, "result": {**d["result"], "ridge_error": float("nan")}},
        lambda d: {**d, "result": {**d["result"], "ridge": None}},
        lambda d: {**d, "result": {**d["result"], "ridge_error": None}},
        lambda d: {**d, "result": {**d["result"], "problem": 3}},
        lambda d: {**d, "result": {**d["result"], "model": "other"}},
        lambda d: {
            **d,
            "result": {name: d["result"][name] for name in ("ridge", "problem")},
        },
    ],
)
def test_a_file_that_cannot_be_trusted_is_written_again(zoo, target, tmp_path, monkeypatch, how):
    expected = probe_sources(target, ["inception.Coffee"], zoo, run=kept(tmp_path))
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    file.write_bytes(spoiled(content, how))
    run = computed(monkeypatch)
    assert probe_sources(target, ["inception.Coffee"], zoo, run=kept(tmp_path)) == expected
    assert run == ["inception.Coffee"]
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_a_warning(zoo, target, tmp_path, caplog):
    names = ["inception.Coffee", "inception.GunPoint"]
    expected = probe_sources(target, names, zoo)
    (tmp_path / "file").write_text("no folder")
    assert probe_sources(target, names, zoo, run=kept(tmp_path / "file")) == expected
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "file: results are not kept (" in record.message


def test_a_full_disk_is_a_warning(zoo, target, tmp_path, caplog, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache_module, "write_file", full)
    names = ["inception.Coffee", "inception.GunPoint"]
    assert [probe.problem for probe in probe_sources(target, names, zoo, run=kept(tmp_path))] == [
        None,
        None,
    ]
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == [
        f"{tmp_path}: results are not kept (No space left on device); they will be computed again."
    ]
    assert probe_random(target, run=kept(tmp_path)).problem is None


def test_a_folder_in_place_of_a_result_is_none(tmp_path):
    key = {"version": 1, "target": "t"}
    assert write_cached(tmp_path, key, {"a": 1.5})
    assert read_cached(tmp_path, key) == {"a": 1.5}
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert read_cached(tmp_path, key) is None
    assert read_cached(tmp_path / "nowhere", key) is None


def test_the_oldest_results_go_and_nothing_else(tmp_path):
    (tmp_path / "probe-notes.json").write_text("mine")
    known = set(tmp_path.iterdir())
    for k in range(21):
        assert write_cached(tmp_path, {"k": k}, k)
        (new,) = set(tmp_path.iterdir()) - known
        known.add(new)
        os.utime(new, (1000 + k, 1000 + k))
    prune_cache(tmp_path, most=21)
    assert [read_cached(tmp_path, {"k": k}) for k in range(21)] == list(range(21))
    prune_cache(tmp_path, most=20)
    assert [read_cached(tmp_path, {"k": k}) for k in range(21)] == [None] * 6 + list(range(6, 21))
    assert (tmp_path / "probe-notes.json").read_text() == "mine"
    prune_cache(tmp_path / "nowhere")


def test_the_cache_is_bounded(target, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_module, "MOST_FILES", 4)
    for seed in range(7):
        probe_random(make_toy(4, length=8, seed=seed), run=kept(tmp_path))
        assert len(list(tmp_path.iterdir())) <= 4


def test_a_probe_holds_what_sources_are_ranked_by_and_no_more():
    fields = asdict(Probe("m", 3))
    assert list(fields) == ["model", "n_series", *SCORES, "problem", "n_groups"]


def test_probing_is_imported_without_anything_slow():
    code = (
        "import sys, tszoo.recommendation.probe; print([name for name in ('torch', 'numba', "
        "'sklearn', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
