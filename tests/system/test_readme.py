"""What README shows is run here, as it stands, with the embedded zoo."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import tszoo
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.data import Dataset, save_dataset
from tszoo.zoo.local import add_model

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that README speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TSZOO_ZOO", raising=False)
    for name, seed in (("my", 1), ("held-out", 2)):
        toy = make_toy(seed=seed)
        labelled = Dataset.from_arrays(
            toy.series, [("walk", "run")[k] for k in toy.labels], name=name
        )
        save_dataset(labelled, tmp_path / f"{name}.csv")
    save_dataset(Dataset.from_arrays(make_toy(seed=3).series, name="new"), tmp_path / "new.csv")
    return tmp_path


def test_the_five_minute_tour(desk):
    block = next(text for _, text in BLOCKS if text.startswith("tszoo recommend my.csv"))
    commands = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert [command[1] for command in commands] == ["recommend", "finetune", "evaluate", "predict"]
    for _, *arguments in commands:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (arguments, result.output)
    assert (desk / "my-model" / "config.json").exists()


def test_the_python_examples(desk):
    toy = make_toy()
    names = {"X": toy.series, "y": [toy.classes[k] for k in toy.labels], "X_new": toy.series[:4]}
    examples = [text for language, text in BLOCKS if language == "python" and "hf://" not in text]
    assert len(examples) == 2
    for text in examples:
        exec(compile(text, "README.md", "exec"), names)


def test_the_hub_tour(desk, hub):
    """With the embedded GunPoint on the Hub, and a zoo and a model of one's own."""
    gunpoint = next(text for _, text in BLOCKS if text.startswith("tszoo list --zoo hf://ORG"))
    sharing = next(text for _, text in BLOCKS if text.startswith("tszoo publish my-model"))
    python = next(text for language, text in BLOCKS if language == "python" and "hf://" in text)
    for members in (1, 2):
        add_model("my-zoo", make_model(replace(make_toy(), name=f"Toy{members}"), members=members))
    setting_up = "tszoo publish inception.GunPoint ORG/inception.GunPoint --tag v1\n"
    commands = [
        shlex.split(line.replace("ORG", "zoo"), comments=True)
        for line in (setting_up + gunpoint + sharing).splitlines()
    ]
    assert [command[1] for command in commands] == [
        "publish",
        "list",
        "recommend",
        "finetune",
        "pull",
        "publish",
        "publish",
    ]
    for _, *arguments in commands:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (arguments, result.output)
    assert set(hub.repo_names()) == {
        "zoo/inception.GunPoint",
        "zoo/my-model",
        "zoo/inception.Toy1",
        "zoo/inception.Toy2",
        "zoo/tszoo-catalogue",
    }
    names = {"tszoo": tszoo, "target": tszoo.load_dataset("my.csv")}
    exec(compile(python.replace("ORG", "zoo"), "README.md", "exec"), names)
    assert names["model"].reference.revision == hub.tags("zoo/inception.GunPoint")["v1"]


def test_the_options_that_readme_names_exist():
    helps = {
        command: CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
        for command in ("recommend", "finetune", "predict", "pretrain")
    }
    for option, command in (
        ("--plot", "recommend"),
        ("--label-column", "recommend"),
        ("--unequal", "finetune"),
        ("--source", "finetune"),
        ("--resume", "finetune"),
        ("--proba", "predict"),
        ("--archive", "pretrain"),
    ):
        assert option in README
        assert option in helps[command]


def test_the_page_of_the_zoo_lists_every_model():
    assert "[docs/zoo.md](docs/zoo.md)" in README
    page = (ROOT / "docs" / "zoo.md").read_text(encoding="utf-8")
    for folder in (ROOT / "cards").iterdir():
        if folder.is_dir():
            assert f"[{folder.name}](../cards/{folder.name}/README.md)" in page
