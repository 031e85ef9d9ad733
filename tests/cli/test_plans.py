"""``tszoo finetune``: the plan comes first, says what is done, and watching does not change it."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tszoo
from tests.support.command_line import process, run, write_folder
from tests.support.sources import make_zoo

# a plan of both heads that trains in a second
BOTH = ("--head", "both", "--members", "2", "--epochs", "2")
STRICT = ("--device", "cpu", "--precision", "float32")
READ = "Mine: no header; label: column 1; values: columns 2 to 33\n"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo")


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Other", name="Other", seed=9)


def planned(*command: object) -> dict[str, Any]:
    """Give the plan of a command, without the time, which is measured anew."""
    document = json.loads(run("finetune", *command, "--dry-run", "--json").stdout)
    del document["seconds"]
    return document


def test_a_dry_run_prints_the_plan_and_writes_nothing(
    zoo: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(mine.rglob("*"))
    done = process("finetune", mine, "--zoo", zoo, *BOTH, "--out", "m", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stderr == READ
    lines = done.stdout.splitlines()
    assert lines[0] == "Plan for Mine: 24 series, 2 classes, length 32"
    labels = [line.split()[0] for line in lines if not line.startswith(" ")][1:]
    assert labels[:4] == ["source", "members", "recipe", "time"]
    assert '="' not in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert set(mine.rglob("*")) == before


def test_a_dry_run_in_json_is_the_plan(zoo: Path, mine: Path) -> None:
    text = run("finetune", mine, "--zoo", zoo, *BOTH, "--dry-run", "--json").stdout
    plan = tszoo.Plan.from_json(text)
    assert plan.head == "both"
    assert plan.target.name == "Mine"
    assert json.loads(plan.to_json()) == json.loads(text)
    model = plan.fit(tszoo.load_dataset(mine), run=tszoo.Run(device="cpu"))
    assert model.config.members == 2


def test_without_a_place_for_the_model_nothing_is_begun(zoo: Path, mine: Path) -> None:
    done = run("finetune", mine, "--zoo", zoo, status=2)
    assert done.stdout == ""
    assert "--out" in done.stderr


def test_watching_does_not_change_the_plan(
    zoo: Path, mine: Path, other: Path, tmp_path: Path
) -> None:
    command = (mine, "--zoo", zoo, "--source", "auto")
    plan = planned(*command)
    watching = [
        ("--log", tmp_path / "run.jsonl"),
        ("--record", tmp_path / "nodes"),
        ("--snapshots", 1),
        ("--side-by-side", 2),
        ("--jobs", 2),
        ("--validation", other),
    ]
    if importlib.util.find_spec("tensorboard") is not None:
        watching.append(("--tensorboard", tmp_path / "curves"))
    for option in watching:
        assert planned(*command, *option) == plan, option
    smaller = planned(*command, "--validation", "0.25")
    assert smaller["target"]["n_series"] == 18
    for heads in ("n_frozen", "n_trained", "trainable", "recipe"):
        assert smaller["ensemble"][heads] == plan["ensemble"][heads]
    assert list(tmp_path.iterdir()) == []


def test_a_log_does_not_change_the_model(zoo: Path, mine: Path, tmp_path: Path) -> None:
    command = ("finetune", mine, "--zoo", zoo, *BOTH, *STRICT)
    run(*command, "--out", tmp_path / "plain")
    watched = ("--log", tmp_path / "run.jsonl", "--record", tmp_path / "nodes", "--snapshots", 1)
    run(*command, "--out", tmp_path / "logged", *watched)
    assert (tmp_path / "run.jsonl").exists()
    models = [tmp_path / name / "model.safetensors" for name in ("plain", "logged")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_nothing_trained_leaves_nothing_to_watch(zoo: Path, mine: Path, tmp_path: Path) -> None:
    ridge = ("--source", "inception.Long", "--head", "ridge")
    watched = ("--log", tmp_path / "run.jsonl", "--validation", "0.25")
    done = run("finetune", mine, "--zoo", zoo, *ridge, "--out", tmp_path / "m", *watched)
    assert "nothing is trained, so nothing of it is written down." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    config = json.loads(run("info", tmp_path / "m", "--json").stdout)
    assert config["trained_on"]["n_series"] == 18
    assert config["results"]["validation"]["best_epoch"] == [0] * config["members"]


def test_nearest_is_the_nearest_that_has_not_learnt_the_target(
    zoo: Path, mine: Path, tmp_path: Path
) -> None:
    def ranked(data: Path) -> list[dict[str, Any]]:
        ranking = run("recommend", data, "--zoo", zoo, "--method", "dtw", "--json")
        return json.loads(ranking.stdout)["sources"]

    names = [source["model"] for source in ranked(mine)]
    for source, name in (("nearest", names[0]), ("nearest:2", names[1])):
        plan = planned(mine, "--zoo", zoo, "--source", source)
        assert [start["name"] for start in plan["sources"]] == [name]
        assert plan["ensemble"]["n_frozen"] == 0  # trained on, as published
        assert "Skipped" not in plan["reasons"]["source"]
    learnt = write_folder(tmp_path / "Bumps", name="Bumps")
    strangers = [source["model"] for source in ranked(learnt) if not source["is_target"]]
    assert len(strangers) == 2
    for source, name in (("nearest", strangers[0]), ("nearest:2", strangers[1])):
        plan = planned(learnt, "--zoo", zoo, "--source", source)
        assert [start["name"] for start in plan["sources"]] == [name]
    assert "Skipped: inception.Bumps, which learnt these very data." in plan["reasons"]["source"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("nearest:9", "nearest:9: the zoo has 3 sources that have not learnt Mine."),
        ("nearest:0", "nearest:0: write nearest, or nearest:2 for the second nearest."),
        ("nearest:far", "nearest:far: write nearest, or nearest:2 for the second nearest."),
    ],
)
def test_a_rank_that_there_is_not(
    zoo: Path, mine: Path, tmp_path: Path, source: str, text: str
) -> None:
    out = tmp_path / "m"
    done = run("finetune", mine, "--zoo", zoo, "--source", source, "--out", out, status=1)
    read, line = done.stderr.splitlines(keepends=True)
    assert read == READ
    assert line.startswith("error: ")
    assert text in line.replace("'", "")
    assert not out.exists()


def test_the_librarys_errors_name_options(zoo: Path, mine: Path, tmp_path: Path) -> None:
    common = ("finetune", mine, "--zoo", zoo, "--out", tmp_path / "m")
    unlabelled = run(*common, "--label-column", "nothing", status=1).stderr
    assert "label_column" not in unlabelled
    ridge = run(*common, "--head", "ridge", "--epochs", "3", status=1).stderr
    assert ridge.startswith(f"{READ}error: --epochs does not go with --head ridge")
    network = run(*common, "--source", "inception.Long", "--set", "depth=2", status=1).stderr
    assert "start from scratch: --source none." in network
    (tmp_path / "m").mkdir()
    shutil.copytree(zoo / "inception.Long", tmp_path / "m", dirs_exist_ok=True)
    taken = run(*common, "--epochs", "1", status=1).stderr
    assert "--overwrite" in taken
    assert "overwrite=" not in taken


def test_help_fits_on_four_screens() -> None:
    lines = run("finetune", "--help", env={"COLUMNS": "80"}).output
    assert len(lines.splitlines()) <= 140
    panels = [line.split()[1] for line in lines.splitlines() if line.startswith("╭")]
    assert panels == ["Arguments", "What", "Training", "Watching", "Data", "Other"]
    assert max(map(len, lines.splitlines())) <= 80
