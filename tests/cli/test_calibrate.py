from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.fits import trained
from tests.support.sources import make_zoo, source_models
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.data import save_dataset
from tszoo.models.load import load_folder
from tszoo.storage.layout import WEIGHTS


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def noisy(n_series: int, seed: int):
    toy = make_toy(n_series, n_classes=3, seed=seed)
    noise = np.random.default_rng(seed).normal(size=toy.series.shape)
    return replace(toy, series=(toy.series + 1.5 * noise).astype(np.float32))


@pytest.fixture(scope="module")
def fitted():
    recipe = {"epochs": 20, "learning_rate": 0.02}
    return trained(noisy(30, 0), source_models()[0], members=1, recipe=recipe)


@pytest.fixture
def desk(tmp_path, monkeypatch, fitted):
    monkeypatch.chdir(tmp_path)
    fitted.save("m")
    save_dataset(noisy(60, 1), "held-back.csv")
    save_dataset(noisy(30, 2), "new.csv")
    return tmp_path


def lines(output: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output)))


def test_a_model_is_calibrated_where_it_lies(desk):
    weights = (desk / "m" / WEIGHTS).read_bytes()
    before = json.loads(run("evaluate", "m", "held-back.csv", "--json").stdout)
    result = run("calibrate", "m", "held-back.csv", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    after = json.loads(run("evaluate", "m", "held-back.csv", "--json").stdout)
    for key in ("log_loss", "calibration_error"):
        assert document[key]["before"] == pytest.approx(before[key])
        assert document[key]["after"] == pytest.approx(after[key])
        assert after[key] < before[key]
    assert after["accuracy"] == before["accuracy"]
    assert (desk / "m" / WEIGHTS).read_bytes() == weights
    calibration = load_folder("m").config.calibration
    assert calibration.temperature == document["temperature"] != 1
    assert "to a temperature of" in (desk / "m" / "README.md").read_text(encoding="utf-8")
    printed = run("evaluate", "m", "held-back.csv").stdout
    assert f"calibration error  {after['calibration_error']:.4f}" in printed


def test_another_folder_and_models_of_a_zoo(desk):
    result = run("calibrate", "m", "held-back.csv", "--out", "n")
    assert result.exit_code == 0, result.output
    assert "temperature        " in result.stdout
    assert "saved              n" in result.stdout
    assert load_folder("m").config.calibration is None
    assert load_folder("n").config.calibration is not None
    again = run("calibrate", "m", "held-back.csv", "--out", "n")
    assert again.exit_code == 1
    assert "there is a model already" in again.output
    make_zoo(desk / "zoo")
    refused = run("calibrate", "inception.Bumps", "held-back.csv", "--zoo", "zoo")
    assert refused.exit_code == 1
    assert "a model of a zoo stays as it is. Say where the other is to go: --out DIR" in (
        refused.output
    )


def test_a_card_that_a_person_has_edited_stays(desk):
    card = desk / "m" / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "\nMine.\n", encoding="utf-8")
    text = card.read_text(encoding="utf-8")
    assert run("calibrate", "m", "held-back.csv").exit_code == 0
    assert card.read_text(encoding="utf-8") == text


def test_sets_and_what_is_rejected(desk):
    refused = run("predict", "m", "new.csv", "--coverage", "0.9")
    assert refused.exit_code == 1
    assert "no scores to make prediction sets by" in refused.output
    assert run("calibrate", "m", "held-back.csv").exit_code == 0
    model, data = load_folder("m"), noisy(30, 2)
    for coverage in (0.3, 0.9):
        result = run("predict", "m", "new.csv", "--coverage", str(coverage), "--reject")
        assert result.exit_code == 0, result.output
        expected = model.predict_set(data, coverage)
        for line, inside, label in zip(
            lines(result.stdout), expected, model.predict(data), strict=True
        ):
            labels = [str(model.classes[k]) for k in np.flatnonzero(inside)]
            assert line["set"] == "|".join(labels)
            assert line["label"] == (label if labels else "")
            assert line["rejected"] == ("" if labels else "rejected")
    result = run("predict", "m", "new.csv", "--coverage", "0.3", "--reject", "--json")
    for said, inside in zip(
        json.loads(result.stdout)["predictions"], model.predict_set(data, 0.3), strict=True
    ):
        assert said["set"] == [model.classes[k] for k in np.flatnonzero(inside)]
        assert said["rejected"] is not inside.any()
        assert (said["label"] is None) == said["rejected"]
    assert not model.predict_set(data, 0.3).any(axis=1).all()
    beyond = run("predict", "m", "new.csv", "--coverage", "0.999")
    assert "--coverage 0.999: 60 series vouch for 0.9836 at most" in beyond.output


def test_without_coverage_half_a_probability_is_needed(desk):
    model, data = load_folder("m"), noisy(30, 2)
    most = model.predict_proba(data).max(axis=1)
    said = lines(run("predict", "m", "new.csv", "--reject").stdout)
    assert [line["rejected"] == "rejected" for line in said] == (most < 0.5).tolist()
    assert [line["label"] == "" for line in said] == (most < 0.5).tolist()
    assert (most < 0.5).any()
    assert "rejected" not in lines(run("predict", "m", "new.csv").stdout)[0]


def test_labels_with_the_sign_between_them_go_to_json_alone(desk, fitted):
    config = replace(fitted.config, classes=("a|b", "c", "d"))
    prototypes = replace(fitted.prototypes, classes=("a|b", "c", "d"))
    replace(fitted, config=config, prototypes=prototypes).save("odd")
    names = np.array(["a|b", "c", "d"])
    data = noisy(60, 1)
    save_dataset(replace(data, classes=tuple(names)), "odd.csv")
    assert run("calibrate", "odd", "odd.csv").exit_code == 0
    refused = run("predict", "odd", "odd.csv", "--coverage", "0.9")
    assert refused.exit_code == 1
    assert "'a|b' has one. Take JSON" in refused.output
    assert run("predict", "odd", "odd.csv", "--coverage", "0.9", "--json").exit_code == 0
