"""The script that assembles the embedded zoo from complete ones, within a size."""

from __future__ import annotations

import runpy
import shutil
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.episodes import TINY_NETWORK, TINY_RECIPE
from tests.support.fits import RUN, quick_heads
from tests.support.places import ROOT
from tests.support.sources import TINY, tiny_model
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.figures.prototypes import draw_prototypes
from tszoo.models.config import ModelConfig
from tszoo.models.load import load_config, load_folder, load_prototypes, read_card
from tszoo.models.record import Results, TrainingRecord
from tszoo.models.weights import write_weights
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.recipe import Recipe
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.universal import pretrain_universal
from tszoo.transfer.universal_start import FreshBody
from tszoo.zoo.local import add_model
from tszoo.zoo.zoo import Zoo

pytest.importorskip("matplotlib")
SCRIPTS = ROOT / "scripts"
NAMES = ("One", "Two", "Three")
PLAN = """datasets,architecture,members,recipe,joint
Two,inception,3,fast,
Absent,inception,3,fast,
One Two,inception,1,fast,both
One,inception,3,fast,
"""


def named(name: str, seed: int, split: str) -> Dataset:
    toy = make_toy(24, length=24, seed=seed)
    return Dataset.from_arrays(
        toy.series, [toy.classes[k] for k in toy.labels], name=name, split=split
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """An archive, a plan, and two complete zoos.

    Of trained sources, and of a joint model and another One.
    """
    root = tmp_path_factory.mktemp("made")
    trains = {name: named(name, k, "train") for k, name in enumerate(NAMES)}
    for k, (name, train) in enumerate(trains.items()):
        (root / "archive" / name).mkdir(parents=True)
        save_dataset(train, root / "archive" / name / f"{name}_TRAIN.tsv")
        if name != "Three":
            save_dataset(named(name, k + 10, "test"), root / "archive" / name / f"{name}_TEST.tsv")
        train = Dataset.from_arrays(
            train.series.astype(np.float32),
            [train.classes[i] for i in train.labels],
            name=name,
            split="train",
        )
        test = named(name, k + 10, "test") if name != "Three" else None
        add_model(root / "full", tiny_model(train, test=test, members=3, epochs=2))
    one_epoch = Recipe(epochs=1, batch_size=8)
    ensemble = Ensemble.of("inception", TINY, n_frozen=0, n_trained=1, recipe=one_epoch)
    two = [trains["One"], trains["Two"]]
    with quick_heads():
        both = pretrain_joint(two, ensemble, name="both", run=RUN)
    add_model(root / "second", both)
    add_model(root / "second", make_model(members=1), "inception.One")
    (root / "plan.csv").write_text(PLAN, encoding="utf-8")
    return root


@lru_cache
def drawn(
    classes: tuple[str, ...], content: tuple[bytes, ...], shape: tuple[int, ...], name: str
) -> bytes:
    """Draw prototypes once: that takes most of the time of a run."""
    series = tuple(np.frombuffer(one, np.float32).reshape(shape) for one in content)
    return draw_prototypes(Prototypes(classes, series), name)


def drawn_once(prototypes: Prototypes, name: str) -> bytes:
    content = tuple(np.float32(one).tobytes() for one in prototypes.series)
    return drawn(prototypes.classes, content, prototypes.series[0].shape, name)


@pytest.fixture
def run(made, monkeypatch, capsys):
    """Run the script in this process, which has loaded PyTorch; what it says."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr("tszoo.figures.prototypes.draw_prototypes", drawn_once)

    def call(out: Path, *options: object, zoos=("full", "second"), status: int = 0) -> str:
        words = [*(made / zoo for zoo in zoos), "--out", out, "--plan", made / "plan.csv", *options]
        monkeypatch.setattr(sys, "argv", ["embed_zoo.py", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPTS / "embed_zoo.py"), run_name="__main__")
        said = capsys.readouterr()
        assert ended.value.code == status, said
        return said.out if status == 0 else said.err

    return call


@pytest.fixture
def room_for(made, monkeypatch):
    """How many bytes a zoo takes that has room for so many models and so many members more."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    script = runpy.run_path(str(SCRIPTS / "embed_zoo.py"), run_name="embed_zoo")

    def room(models: int, more: int, encoding: str = "int8") -> int:
        found = script["candidates"]([made / "full"], [], encoding)
        one = max(candidate.bytes(1) for candidate in found.values())
        member = max(candidate.member_bytes for candidate in found.values())
        return script["catalogue_bytes"](found) + models * one + more * member

    return room


def members(zoo: Path) -> dict[str, int]:
    catalogue = Zoo(zoo)
    assert not catalogue.broken
    return {entry.model: entry.members for entry in catalogue.models}


def size(zoo: Path) -> int:
    return sum(path.stat().st_size for path in zoo.rglob("*") if path.is_file())


def content(zoo: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in zoo.rglob("*") if path.is_file())
    return {
        str(path.relative_to(zoo)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files
    }


def licensed(config: ModelConfig) -> ModelConfig:
    """What the zoo's licence makes of a config that names none."""
    assert config.license is None
    return replace(config, license="apache-2.0")


@pytest.mark.slow
def test_everything_is_embedded_where_everything_fits(made, run, tmp_path):
    out = tmp_path / "cards"
    said = run(out, "--encoding", "float16")
    assert [line.split()[0] for line in said.splitlines()[1:-1]] == [
        "inception.Two",
        "inception.both",
        "inception.One",
        "inception.Three",
    ]
    assert members(out) == {
        "inception.One": 3,
        "inception.Three": 3,
        "inception.Two": 3,
        "inception.both": 1,
    }
    assert said.splitlines()[-1] == f"4 models, 10 members; {size(out) / 2**20:.1f} MiB of 64.0"
    for name in ("inception.One", "inception.Two", "inception.Three"):
        for file in ("model.safetensors", "prototypes.safetensors"):
            assert (out / name / file).read_bytes() == (
                made / "full" / name / file
            ).read_bytes()  # the first zoo's
        assert load_config(out / name) == licensed(load_config(made / "full" / name))
        assert "](prototypes.png)" in read_card(out / name)


@pytest.mark.slow
def test_fewer_members_are_measured_anew_and_a_second_run_changes_nothing(
    made, run, room_for, tmp_path
):
    out, full = tmp_path / "cards", made / "full"
    run(out, "--most", room_for(3, 1), "--archive", made / "archive", zoos=("full",))
    kept = members(out)
    assert kept == {"inception.One": 1, "inception.Three": 1, "inception.Two": 2}
    assert size(out) <= room_for(3, 1)
    for model, k in kept.items():
        config, whole = load_config(out / model), load_config(full / model)
        name = config.trained_on.dataset
        loaded = load_folder(out / model)
        train = named(name, NAMES.index(name), "train")
        labels = train.with_classes(loaded.classes).require_labels()
        probabilities = loaded.predict_proba(train)
        assert config.results.train_accuracy == np.mean(probabilities.argmax(axis=1) == labels)
        right = probabilities[np.arange(len(labels)), labels]
        assert config.results.train_loss == pytest.approx(-np.log(right).mean(), abs=1e-6)
        if name == "Three":
            assert config.results.accuracy is None
        else:
            test = named(name, NAMES.index(name) + 10, "test")
            reached = np.mean(
                loaded.predict(test) == np.array([test.classes[i] for i in test.labels])
            )
            assert config.results.accuracy == reached
            assert config.results.n_series == 24
            assert f"{reached:.4f}" in read_card(out / model)
            assert len(config.results.member_accuracy) == k
        assert config.training.epochs == whole.training.epochs[:k]
        assert config.training.seconds is None
        one, two = (load_prototypes(folder / model) for folder in (out, full))
        assert all(np.array_equal(a, b) for a, b in zip(one.series, two.series, strict=True))

    before = content(out / "inception.Two")
    again = run(out, "--most", room_for(3, 1), "--archive", made / "archive", zoos=("full",))
    assert again.count("as it was") == 3
    assert content(out / "inception.Two") == before

    run(
        out, "--encoding", "float16", zoos=("full",)
    )  # more room, weights as they were, and no archive
    assert members(out) == {"inception.One": 3, "inception.Three": 3, "inception.Two": 3}
    assert load_config(out / "inception.One") == licensed(load_config(full / "inception.One"))


def test_weights_are_whole_numbers_and_every_figure_is_theirs(made, run, room_for, tmp_path):
    out, full = tmp_path / "cards", made / "full"
    run(out, "--archive", made / "archive")
    assert size(out) <= room_for(3, 6) + size(out / "inception.both")
    for path in (*full.glob("inception.*"), made / "second" / "inception.both"):
        whole, loaded = load_folder(path), load_folder(out / path.name)
        weights = (out / path.name / "model.safetensors").read_bytes()
        assert weights == write_weights(whole.networks, whole.config, "int8")
        results, alone = (
            loaded.config.results,
            replace(loaded.config, members=1, results=Results(), training=TrainingRecord()),
        )
        each = [replace(loaded, config=alone, networks=(network,)) for network in loaded.networks]
        assert results.member_train_loss == whole.config.results.member_train_loss
        reached = {"train": [], "test": []}
        for i, name in enumerate(
            ("One", "Two") if path.name == "inception.both" else (loaded.config.trained_on.dataset,)
        ):
            for split, seed in (
                {"train": 0, "test": 10}.items() if name != "Three" else {"train": 0}.items()
            ):
                data = named(name, NAMES.index(name) + seed, split)
                own = [one.predict_proba(data)[:, 2 * i : 2 * i + 2] for one in each]
                own = [one / one.sum(axis=1, keepdims=True) for one in own]
                right = [(one.argmax(axis=1) == data.labels).mean() for one in (sum(own), *own)]
                reached[split].append(right)
                if path.name == "inception.both":
                    key = "accuracy" if split == "test" else "train_accuracy"
                    assert getattr(results.per_dataset[name], key) == right[0]
        assert results.train_accuracy == np.mean(reached["train"], axis=0)[0]
        if reached["test"]:
            accuracy, *members = np.mean(reached["test"], axis=0)
            assert (results.accuracy, results.member_accuracy) == (accuracy, tuple(members))
            assert results.n_series == 24 * len(reached["test"])
            assert f"{accuracy:.4f}" in read_card(out / path.name)
        else:
            assert results.accuracy is None
    before = content(out / "inception.both")
    assert run(out, "--archive", made / "archive").count("as it was") == 4
    assert run(out).count("as it was") == 4  # without the archive, too
    assert content(out / "inception.both") == before


@pytest.mark.slow
def test_what_is_whole_numbers_already_stays_and_keeps_its_figures(made, run, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    run(first, "--archive", made / "archive")
    run(again, zoos=(first,))
    assert {name: data for name, (data, _) in content(first).items()} == {
        name: data for name, (data, _) in content(again).items()
    }


def test_figures_of_other_weights_are_not_told(made, run, tmp_path):
    out = tmp_path / "cards"
    said = run(out)
    assert "4 models, 10 members" in said
    for line in said.splitlines()[1:-1]:
        assert line.split()[-2:] == ["–", "written"]
    for entry in Zoo(out).models:
        assert entry.accuracy is None
        config, card = load_config(out / entry.model), read_card(out / entry.model)
        assert set(config.results.to_dict()) <= {"member_train_loss", "published"}
        assert "## Results" not in card
        assert "type: accuracy" not in card
    run(out, "--archive", made / "archive")  # weights are there, figures are not
    assert "## Results" in read_card(out / "inception.One")
    assert "type: accuracy" in read_card(out / "inception.One")
    assert load_config(out / "inception.One").results.to_dict().keys() >= {
        "accuracy",
        "train_accuracy",
        "member_accuracy",
    }
    assert load_config(out / "inception.both").results.to_dict().keys() >= {
        "accuracy",
        "train_accuracy",
        "per_dataset",
    }
    said = run(out, "--encoding", "float16")
    assert said.count("written") == 4
    complete = load_config(made / "full" / "inception.One")
    assert load_config(out / "inception.One") == licensed(complete)


def test_a_licence_that_a_model_names_stays(made, run, tmp_path):
    zoo, out = tmp_path / "zoo", tmp_path / "cards"
    model = load_folder(made / "full" / "inception.One")
    add_model(zoo, replace(model, config=replace(model.config, license="cc-by-4.0")))
    run(out, zoos=(zoo,))
    assert load_config(out / "inception.One").license == "cc-by-4.0"


def test_other_series_than_those_learnt_are_refused(made, run, tmp_path):
    shutil.copytree(made / "archive", tmp_path / "archive")
    save_dataset(named("Two", 5, "train"), tmp_path / "archive" / "Two" / "Two_TRAIN.tsv")
    error = run(tmp_path / "cards", "--archive", tmp_path / "archive", status=1)
    assert "its Two is not the one that inception.Two learnt; the training series differ." in error
    assert not (tmp_path / "cards" / "inception.Two").exists()


def test_what_does_not_fit_is_left_out_and_removed(made, run, room_for, tmp_path):
    out = tmp_path / "cards"
    run(out, zoos=("full",))
    (out / "inception.Two" / "model.safetensors").write_bytes(b"damaged")
    said = run(out, "--most", room_for(2, 0), zoos=("full",))
    assert "inception.Three  does not fit: only the complete zoo has it" in said
    assert ", 1 left out; " in said
    assert members(out) == {"inception.One": 1, "inception.Two": 1}
    assert sorted(path.name for path in out.iterdir()) == [
        "catalogue.json",
        "catalogue.safetensors",
        "inception.One",
        "inception.Two",
    ]
    load_folder(out / "inception.Two")
    assert members(made / "full") == {"inception.One": 3, "inception.Three": 3, "inception.Two": 3}


def test_nothing_is_written_where_something_would_be_lost(made, run, room_for, tmp_path):
    out = tmp_path / "cards"
    assert "read from and written to" in run(made / "full", status=1)
    add_model(out, make_model(members=1), "inception.Mine")
    before = content(out)
    error = run(out, status=1)
    assert error == (
        f"error: {out}: inception.Mine in none of the zoos. Delete what is not wanted, or name its "
        "zoo too.\n"
    )
    assert "not one of 4 models fits" in run(tmp_path / "new", "--most", "10KiB", status=1)
    assert "expected a size such as 64MiB" in run(out, "--most", "much", status=2)
    assert content(out) == before
    shutil.rmtree(out)
    shutil.copytree(made / "full", out)
    (out / "inception.Three" / "notes.txt").write_text("mine")
    error = run(out, "--most", room_for(2, 0), zoos=("full",), status=1)
    assert "holds notes.txt, which is no part of a model, so it is not removed" in error


def test_a_universal_body_has_no_picture_and_is_not_measured(made, run, tmp_path):
    zoo, out = tmp_path / "zoo", tmp_path / "cards"
    body = pretrain_universal(
        [],
        name="made-up",
        start=FreshBody("inception", TINY_NETWORK),
        recipe={**TINY_RECIPE, "synthetic": 1},
        budget=1,
    )
    add_model(zoo, body)
    options = ("--archive", made / "archive")
    assert "universal          1 of 1         –  written" in run(out, *options, zoos=(zoo,))
    assert load_config(out / "inception.made-up") == licensed(body.config)
    assert not (out / "inception.made-up" / "prototypes.png").exists()
    assert "as it was" in run(out, *options, zoos=(zoo,))


def test_room_goes_to_one_member_each_and_then_to_the_most_useful(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    script = runpy.run_path(str(SCRIPTS / "embed_zoo.py"), run_name="embed_zoo")

    def candidate(n: int, fixed: int, a_member: int):
        return script["Candidate"](Path(), SimpleNamespace(members=n), fixed, a_member)

    found = {
        "a": candidate(5, 1, 10),
        "b": candidate(5, 1, 10),
        "big": candidate(1, 1, 100),
        "c": candidate(2, 1, 10),
    }
    for room in range(220):
        choice = script["choose"](found, ["a", "b", "big", "c"], room)
        used = sum(found[name].bytes(k) for name, k in choice.members.items())
        assert used <= room
        assert sorted((*choice.members, *choice.left_out)) == ["a", "b", "big", "c"]
        # nothing that would still fit is missing, and nobody has a second member while one before
        # could have more
        assert all(found[name].bytes(1) > room - used for name in choice.left_out)
        assert all(
            room - used < 10 for name, k in choice.members.items() if k < found[name].entry.members
        )
        if choice.members.get("b", 1) > 1:
            assert choice.members["a"] == 5
