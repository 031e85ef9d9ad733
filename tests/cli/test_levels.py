"""What commands say of levels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.levels import make_levels
from tests.support.sources import make_zoo


def write(path: Path, kind: str, move: float = 0, seed: int = 0) -> Path:
    target = make_levels(kind, seed=seed)
    lines = [
        f"{target.classes[label]}," + ",".join(f"{value + move:.4f}" for value in series[0])
        for series, label in zip(target.series, target.require_labels(), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("a zoo") / "zoo")


def test_a_model_of_levels_predicts_and_warns_of_others(tmp_path: Path, zoo: Path) -> None:
    mine, model = write(tmp_path / "mine.csv", "level"), tmp_path / "model"
    asked = ("--source", "inception.Bumps", "--head", "ridge", "--members", "1", "--zoo", zoo)
    result = run("finetune", mine, *asked, "--out", model)
    assert "level     each channel's mean" in result.stderr
    same = run("predict", model, write(tmp_path / "same.csv", "level", seed=1))
    assert "outside" not in same.stderr
    assert [line.split(",")[1] for line in same.stdout.splitlines()[1:]] == ["c0", "c1"] * 12
    hot = run("predict", model, write(tmp_path / "hot.csv", "level", move=500), "--json")
    _, warning = hot.stderr.splitlines()  # the first says how the table was read
    assert warning.startswith("24 of 24 series have levels outside those that the model was")
    assert json.loads(hot.stdout)["n_series"] == 24


def test_levels_are_left_out_where_that_is_asked(tmp_path: Path, zoo: Path) -> None:
    mine = write(tmp_path / "mine.csv", "level")
    asked = ("--source", "inception.Bumps", "--head", "ridge", "--zoo", zoo, "--dry-run")
    assert "level  " in run("finetune", mine, *asked).stdout
    assert "level  " not in run("finetune", mine, *asked, "--level", "no").stdout


def test_recommend_says_that_classes_differ_by_level(tmp_path: Path, zoo: Path) -> None:
    mine = write(tmp_path / "mine.csv", "level")
    text = run("recommend", mine, "--zoo", zoo).stdout
    assert "your classes differ by level: mean, deviation, least, greatest and slope" in text
    document = json.loads(run("recommend", mine, "--zoo", zoo, "--json").stdout)
    assert document["level"]["score"] == pytest.approx(1)
    other = write(tmp_path / "other.csv", "nothing")
    assert json.loads(run("recommend", other, "--zoo", zoo, "--json").stdout)["level"] is None
