"""The script that writes the cards of a zoo anew."""

from __future__ import annotations

import json
import runpy
import sys
from dataclasses import replace

import pytest

from tests.support import warm
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import load_dataset, save_dataset
from tszoo.evaluation.baselines import simplest
from tszoo.models.card.seal import is_as_written
from tszoo.models.load import load_config
from tszoo.models.record import PartResults
from tszoo.training.run import Run
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.pretrain import pretrain, scratch_ensemble
from tszoo.zoo.local import add_model

SCRIPT = ROOT / "scripts" / "write_cards.py"


def files_of(zoo):
    return {
        path.relative_to(zoo).as_posix(): path.read_bytes()
        for path in zoo.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def here(monkeypatch):
    """Run the script in this process."""

    def call(*options):
        monkeypatch.setattr(sys, "argv", list(map(str, (SCRIPT, *options))))
        runpy.run_path(str(SCRIPT), run_name="__main__")

    return call


@pytest.mark.slow
def test_cards_and_pictures_are_written_and_edited_cards_left_alone(here, tmp_path):
    pytest.importorskip("matplotlib")
    zoo = tmp_path / "zoo"
    for name in ("kept", "edited"):
        add_model(zoo, make_model(members=1), name)
    before = files_of(zoo)
    edited = zoo / "edited" / "README.md"
    edited.write_text(
        edited.read_text(encoding="utf-8").replace("# inception.Toy", "# Mine"), encoding="utf-8"
    )
    changed = files_of(zoo)

    command = [sys.executable, SCRIPT, zoo]
    done = warm.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    left, written = done.stdout.splitlines()
    assert left == "edited: edited, so left alone; --force replaces it"
    assert written.startswith("kept: card of ")
    after = files_of(zoo)
    assert after.keys() == changed.keys() | {"kept/prototypes.png"}
    assert {name for name in changed if after[name] != changed[name]} == {"kept/README.md"}
    text = after["kept/README.md"].decode()
    assert is_as_written(text)
    assert "](prototypes.png)" in text
    assert 'tszoo.Model.load("kept")' in text

    here(zoo, "--force")
    after = files_of(zoo)
    assert after["edited/README.md"].decode().startswith(before["edited/README.md"].decode()[:400])
    assert after.keys() == changed.keys() | {"kept/prototypes.png", "edited/prototypes.png"}
    assert {name for name in before if after[name] != before[name]} == {
        "kept/README.md",
        "edited/README.md",
    }


def test_a_config_of_version_1_is_written_as_version_2_and_the_weights_stay(here, tmp_path):
    pytest.importorskip("matplotlib")
    folder = add_model(tmp_path / "zoo", make_model(members=1))
    version2 = (folder / "config.json").read_bytes()
    (folder / "config.json").write_bytes(as_version1(json.loads(version2)))
    before = files_of(tmp_path)
    here(tmp_path / "zoo")
    assert (folder / "config.json").read_bytes() == version2
    for name, content in files_of(tmp_path).items():
        if name.endswith(("model.safetensors", "prototypes.safetensors")):
            assert content == before[name]


def as_version1(values):
    """Say a config of a trained model as version 1 did."""
    training = values["recipe"]["training"]
    recipe = {**training["recipe"], "seed": training["seed"], "trainable": training["trainable"]}
    values |= {"format_version": 1, "recipe": recipe}
    values["source"], values["parent"] = values.pop("trained_on"), values.pop("base")
    return json.dumps(values).encode()


def test_the_simplest_classifiers_are_measured_on_an_archive(here, tmp_path):
    """They stand beside a model's data set, and beside each of a joint model's."""
    pytest.importorskip("matplotlib")
    zoo, archive = tmp_path / "zoo", tmp_path / "archive"
    sets = [replace(make_toy(24, n_classes=k), name=name) for k, name in ((2, "Two"), (3, "Three"))]
    for train in sets:
        (archive / train.name).mkdir(parents=True)
        save_dataset(train, archive / train.name / f"{train.name}_TRAIN.tsv")
    read = [load_dataset(train.name, split="train", archive=archive) for train in sets]
    network = {"filters": 2, "kernel_lengths": [4], "bottleneck": 2, "depth": 1}
    ensemble = scratch_ensemble("inception", network, members=1, recipe={"epochs": 1})
    both = pretrain_joint(read, ensemble, name="both", run=Run(device="cpu"))
    none = {name: PartResults(1.0, 0.5) for name in ("Two", "Three")}
    results = replace(both.config.results, per_dataset=none)
    add_model(zoo, replace(both, config=replace(both.config, results=results)))
    alone = pretrain(read[0], network=network, members=1, recipe={"epochs": 1})
    results = replace(alone.config.results, simplest=None)
    add_model(zoo, replace(alone, config=replace(alone.config, results=results)))
    here(zoo, "--archive", archive)
    expected = {train.name: simplest(train) for train in read}
    joint = load_config(zoo / "inception.both").results.per_dataset
    assert joint == {name: PartResults(1.0, 0.5, found) for name, found in expected.items()}
    assert load_config(zoo / "inception.Two").results.simplest == expected["Two"]
    assert "*To beat:*" in (zoo / "inception.both" / "README.md").read_text()
