"""The release gate: what it checks in the environment that it makes, and, slow, all of it."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.fits import RUN, quick_heads
from tests.support.places import ROOT
from tests.support.sources import TINY, tiny_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.models.load import load_config
from tszoo.storage.files import write_file
from tszoo.training.recipe import Recipe
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.joint import pretrain_joint
from tszoo.zoo.folder import rebuild_catalogue
from tszoo.zoo.local import add_model

SCRIPTS = ROOT / "scripts"


def split(root: Path, name: str, split: str, seed: int, n_classes: int = 2) -> Dataset:
    toy = make_toy(24, length=24, n_classes=n_classes, seed=seed)
    labels = [toy.classes[k] for k in toy.labels]
    (root / name).mkdir(parents=True, exist_ok=True)
    path = root / name / f"{name}_{split.upper()}.tsv"
    save_dataset(Dataset.from_arrays(toy.series, labels, name=name), path)
    from tszoo.data.load import load_dataset

    return load_dataset(path)


@pytest.fixture
def made(sound, tmp_path) -> Path:
    """A copy to change."""
    return shutil.copytree(sound, tmp_path / "made")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """An archive, and a zoo of two sources and a joint model of both, that are what they say."""
    root = tmp_path_factory.mktemp("sound")
    archive = root / "archive"
    trains = [split(archive, "One", "train", 1), split(archive, "Two", "train", 2, n_classes=3)]
    tests = [split(archive, "One", "test", 3), split(archive, "Two", "test", 4, n_classes=3)]
    add_model(root / "zoo", tiny_model(trains[0], test=tests[0], epochs=3))
    add_model(root / "zoo", tiny_model(trains[1], epochs=1))
    recipe = Recipe(epochs=3, batch_size=8)
    ensemble = Ensemble.of("inception", TINY, n_frozen=0, n_trained=2, recipe=recipe)
    with quick_heads():
        both = pretrain_joint(trains, ensemble, tests=tests, name="both", run=RUN)
    add_model(root / "zoo", both)
    return root


def checks(monkeypatch, capsys, *options: object) -> tuple[int, list[str]]:
    monkeypatch.setattr(sys, "argv", ["release_checks.py", *map(str, options)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPTS / "release_checks.py"), run_name="__main__")
    lines = [
        re.sub(r"  +\d+\.\d(?=  |$)", "", line) for line in capsys.readouterr().out.splitlines()
    ]
    return ended.value.code, lines[2:]  # without the seconds, and without where it runs


def three_apart(accuracy: float) -> float:
    """An accuracy on 24 series that differs by one more series than is allowed."""
    return accuracy + 3 / 24 * (1 if accuracy < 0.5 else -1)


def rewritten(zoo: Path, model: str, **results: object) -> None:
    """Let a model's config, and its card, claim something else."""
    from tszoo.models.card.page import card
    from tszoo.models.config import ModelConfig
    from tszoo.models.load import load_prototypes

    values = json.loads((zoo / model / "config.json").read_text(encoding="utf-8"))
    values["results"] |= results
    write_file(zoo / model / "config.json", json.dumps(values).encode())
    text = card(ModelConfig.from_dict(values), load_prototypes(zoo / model), model)
    write_file(zoo / model / "README.md", text.encode())
    rebuild_catalogue(zoo)


def test_models_that_are_what_their_cards_say_pass(made, monkeypatch, capsys):
    zoo, archive = made / "zoo", made / "archive"
    status, lines = checks(
        monkeypatch, capsys, "--zoo", zoo, "--archive", archive, "--expected", zoo
    )
    one = load_config(zoo / "inception.One").results.accuracy
    parts = load_config(zoo / "inception.both").results.per_dataset
    a, b = parts["One"].accuracy, parts["Two"].accuracy
    assert status == 0
    assert [line.split() for line in lines] == [
        ["model", "on", "card", "reached", "series", "seconds"],
        ["inception.both", "on", "One", f"{a:.4f}", f"{a:.4f}", "24"],
        ["inception.both", "on", "Two", f"{b:.4f}", f"{b:.4f}", "24"],
        ["inception.One", f"{one:.4f}", f"{one:.4f}", "24"],
        ["inception.Two", "–", "–", "–", "no", "accuracy", "is", "claimed"],
        [],
        ["3", "models,", "3", "accuracies", "reproduced,", "0", "failed"],
    ]
    status, lines = checks(monkeypatch, capsys, "--zoo", zoo)
    assert status == 0
    assert lines[-1] == "3 models, 0 accuracies reproduced, 0 failed"


def test_models_that_are_not_what_their_cards_say_fail(made, monkeypatch, capsys):
    zoo, archive = made / "zoo", made / "archive"
    (made / "more" / "inception.Gone").mkdir(parents=True)
    (made / "more" / "inception.Gone" / "config.json").write_text("{}")
    reached = load_config(zoo / "inception.One").results.accuracy
    claimed = three_apart(reached)
    rewritten(zoo, "inception.One", accuracy=claimed)
    per_dataset = load_config(zoo / "inception.both").results.to_dict()["per_dataset"]
    per_dataset["Two"]["accuracy"] = three_apart(per_dataset["Two"]["accuracy"])
    rewritten(zoo, "inception.both", per_dataset=per_dataset)
    (zoo / "inception.Two" / "model.safetensors").write_bytes(b"x" * 9000)
    rebuild_catalogue(zoo)
    status, lines = checks(
        monkeypatch, capsys, "--zoo", zoo, "--archive", archive, "--expected", made / "more"
    )
    assert status == 1
    found = {line.split("  ")[0]: line for line in lines}
    assert found["inception.Gone"].endswith("  missing")
    assert (
        f"reaches an accuracy of {reached:.4f} on One (test split), its card claims {claimed:.4f}"
        in "".join(lines)
    )
    assert found["inception.both on Two"].endswith("  FAILED: 3 series apart")
    assert "FAILED" not in found["inception.both on One"]
    assert "model.safetensors" in found["inception.Two"]
    assert lines[-1] == "3 models, 1 accuracies reproduced, 4 failed"


def test_a_card_that_was_changed_and_an_archive_that_is_another(made, monkeypatch, capsys):
    zoo, archive = made / "zoo", made / "archive"
    card = zoo / "inception.One" / "README.md"
    accuracy = load_config(zoo / "inception.One").results.accuracy
    card.write_text(
        card.read_text(encoding="utf-8").replace(f"value: {accuracy}", "value: 0.123"),
        encoding="utf-8",
    )
    split(archive, "Two", "train", 99, n_classes=3)
    status, lines = checks(monkeypatch, capsys, "--zoo", zoo, "--archive", archive)
    assert status == 1
    assert "FAILED: inception.One: claims an accuracy of 0.123 on 'One'" in "".join(lines)
    assert "FAILED: the training series are not those that it learnt" in "".join(lines)
    assert lines[-1] == "3 models, 1 accuracies reproduced, 2 failed"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_of_this_checkout_passes():
    done = warm.run(
        [sys.executable, str(SCRIPTS / "release_gate.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(
        r"tszoo-\S+-py3-none-any\.whl: \d+\.\d MB, built in \d+ s\ninstalled in \d+ s\n",
        done.stdout,
    )
    assert re.search(
        r"tszoo of \S*tszoo-release-\S+/site-packages/tszoo, zoo \S+/site-packages/tszoo/cards",
        done.stdout,
    )
    cards = [
        path.name
        for path in (SCRIPTS.parent / "cards").iterdir()
        if (path / "config.json").exists()
    ]
    assert f"\n{len(cards)} models, 0 accuracies reproduced, 0 failed\npassed after " in done.stdout
    assert "next: tszoo finetune " in done.stdout
