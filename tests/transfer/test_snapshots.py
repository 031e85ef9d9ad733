"""Models of epochs: whole folders, which other commands take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.support.command_line import run, write_folder
from tests.support.fits import RECIPE, kept, quick_heads, same, trained
from tests.support.sources import TINY, source_models
from tests.support.toys import make_toy
from tszoo.errors import OptionError
from tszoo.models.load import load_folder
from tszoo.training.epoch import EpochReport
from tszoo.training.run import KeptEpochs
from tszoo.transfer.joint import pretrain_joint
from tszoo.transfer.pretrain import pretrain, scratch_ensemble


def test_every_second_epoch_is_a_model_as_if_training_had_ended(tmp_path: Path) -> None:
    toy, weights, accuracies = make_toy(), {}, {}

    def watch(member: int, report: EpochReport, network: torch.nn.Module) -> None:
        state = network.state_dict()
        weights[member, report.epoch] = {name: state[name].clone() for name in state}
        accuracies[member, report.epoch] = report.validation_accuracy

    held_out, asked = make_toy(seed=5), KeptEpochs(tmp_path / "kept", 2)
    options = {"members": 2, "network": TINY, "recipe": {"epochs": 4}}
    watched = kept(snapshots=asked, watchers=[watch], validation=held_out)
    model = pretrain(toy, **options, run=watched)
    names = {f"member-{k}.epoch-{n}" for k in (0, 1) for n in (2, 4)}
    assert {path.name for path in (tmp_path / "kept").iterdir()} == names
    for (member, epoch), state in weights.items():
        if epoch % 2:
            continue
        snapshot = load_folder(tmp_path / "kept" / f"member-{member}.epoch-{epoch}")
        (network,) = snapshot.networks
        found = network.state_dict()
        for name, tensor in state.items():
            if "running" not in name and "num_batches" not in name:
                torch.testing.assert_close(found[name], tensor, rtol=0, atol=0, msg=name)
        right = snapshot.predict(held_out) == [held_out.classes[k] for k in held_out.labels]
        assert right.mean() == pytest.approx(accuracies[member, epoch])
        assert snapshot.config.training.epochs == (epoch,)
        assert snapshot.config.recipe.training.seed == member
        assert snapshot.prototypes.classes == model.prototypes.classes
    assert same(model, pretrain(toy, **options, run=kept()))


def test_a_snapshot_names_the_source_of_its_member(tmp_path: Path) -> None:
    asked = KeptEpochs(tmp_path / "kept", 2)
    trained(make_toy(), source_models()[0], run=kept(snapshots=asked), recipe=RECIPE)
    snapshot = load_folder(tmp_path / "kept" / "member-1.epoch-2")
    assert snapshot.config.base is not None
    assert snapshot.config.base.model == source_models()[0].config.name


def test_joint_models_have_snapshots_too(tmp_path: Path) -> None:
    sets = [make_toy(seed=1), make_toy(seed=2, length=20, n_classes=3)]
    sets = [type(data)(**{**vars(data), "name": f"Set{k}"}) for k, data in enumerate(sets)]
    ensemble = scratch_ensemble("inception", TINY, 1, {"epochs": 2})
    with quick_heads():
        asked = kept(snapshots=KeptEpochs(tmp_path / "kept", 1))
        model = pretrain_joint(sets, ensemble, name="pair", run=asked)
    snapshot = load_folder(tmp_path / "kept" / "member-0.epoch-1")
    assert snapshot.config.classes == model.config.classes


def test_the_commands_take_snapshots(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "Mine")
    settings = [f"--set={key}={json.dumps(value)}" for key, value in TINY.items()]
    few = ("--members", 1, "--epochs", 2, *settings)
    run("pretrain", data, "--out", tmp_path / "zoo", *few, "--snapshots", 1)
    snapshot = tmp_path / "zoo" / "inception.Mine.snapshots" / "member-0.epoch-1"
    judged = json.loads(run("evaluate", snapshot, data, "--json").stdout)
    assert 0 <= judged["accuracy"] <= 1
    out = tmp_path / "m"
    run("finetune", data, "--source", snapshot, "--head", "softmax", "--out", out, *few[:4])
    assert json.loads(run("info", out, "--json").stdout)["base"]["model"] == "inception.Mine"
    assert len(json.loads(run("list", "--zoo", tmp_path / "zoo", "--json").stdout)["models"]) == 1


def test_bad_numbers_and_places_are_one_line(tmp_path: Path, caplog) -> None:
    with pytest.raises(OptionError, match="snapshots every 0 epochs: expected a whole number"):
        KeptEpochs(tmp_path, 0)
    (tmp_path / "file").write_text("")
    asked = kept(snapshots=KeptEpochs(tmp_path / "file", 1))
    pretrain(make_toy(), members=1, network=TINY, recipe={"epochs": 2}, run=asked)
    (said,) = caplog.messages
    assert "member-0.epoch-1: cannot write the snapshot (" in said
