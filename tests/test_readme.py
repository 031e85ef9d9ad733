"""What README shows is run here, as it stands, with the embedded zoo."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import make_toy
from tszoo.cli import app
from tszoo.data import Dataset, save_dataset

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that README speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TSZOO_ZOO", raising=False)
    for name, seed in (("my", 1), ("held-out", 2)):
        toy = make_toy(seed=seed)
        labelled = Dataset.from_arrays(toy.series, [("walk", "run")[k] for k in toy.labels], name=name)
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
    examples = [text for language, text in BLOCKS if language == "python"]
    assert len(examples) == 2
    for text in examples:
        exec(compile(text, "README.md", "exec"), names)


def test_the_options_that_readme_names_exist():
    helps = {
        command: CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
        for command in ("recommend", "finetune", "predict", "pretrain")
    }
    for option, command in (
        ("--plot", "recommend"), ("--label-column", "recommend"), ("--unequal", "finetune"), ("--source", "finetune"),
        ("--resume", "finetune"), ("--proba", "predict"), ("--archive", "pretrain"),
    ):  # fmt: skip
        assert option in README
        assert option in helps[command]


def test_readme_lists_the_embedded_zoo():
    zoo = {path.name.removeprefix("inception.") for path in (ROOT / "cards").iterdir() if path.is_dir()}
    table = README[README.index("## The embedded zoo") : README.index("## Does it help?")]
    assert zoo == set(re.findall(r"^\| (\w+) \| (?!one network)", table, flags=re.MULTILINE)) - {"source"}
