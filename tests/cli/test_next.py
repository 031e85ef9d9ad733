"""What commands say to do next, and options that decide how data are read."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import run, write_folder
from tests.support.sources import make_zoo
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.recommendation.weigh import Choice

RIDGE = ("--source", "none", "--head", "ridge", "--members", "1")
TINY = (
    "--set",
    "depth=3",
    "--set",
    "filters=2",
    "--set",
    "kernel_lengths=[8,4]",
    "--set",
    "bottleneck=2",
)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("a zoo") / "zoo")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "Mine")


def next_command(text: str) -> list[str]:
    found = re.search(r"^next: tszoo (.*)$", text, flags=re.MULTILINE)
    assert found is not None, text
    return shlex.split(found[1])


def labels_last(path: Path, n_series: int = 12) -> Path:
    """Series of two lengths, their labels behind them."""
    toy = make_toy(n_series)
    lines = [
        ",".join(
            [*(f"{value:.4f}" for value in series[0, : 32 - 4 * (k % 3 == 0)]), toy.classes[label]]
        )
        for k, (series, label) in enumerate(zip(toy.series, toy.labels, strict=True))
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_comes_next_can_be_pasted(
    zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = labels_last(tmp_path / "my data; rm -r x.csv")
    reading = ("--label-column", "last", "--unequal")
    advised = next_command(run("recommend", data, *reading, "--zoo", zoo, "--method", "dtw").stdout)
    assert advised[:2] == ["finetune", str(data)]
    assert advised[advised.index("--source") + 1] == "nearest"
    run(*advised, "--members", "1", "--epochs", "1")
    made = run("finetune", data, *reading, *RIDGE, *TINY, "--out", "a model").stdout
    predict, evaluate = re.fullmatch(
        r"next: tszoo (.*)   or   tszoo (.*)", made.splitlines()[-1]
    ).groups()
    for command, placeholder in ((predict, "NEW_DATA"), (evaluate, "TEST_DATA")):
        run(*[str(data) if word == placeholder else word for word in shlex.split(command)])


def test_labels_of_other_series_are_no_part_of_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of labels belongs to the series that were learnt, and has as many of them."""
    monkeypatch.chdir(tmp_path)
    for name, n_series in (("learnt", 12), ("new", 5)):
        toy = make_toy(n_series)
        np.save(f"{name}.npy", toy.series)
        np.save(f"{name}-labels.npy", [toy.classes[label] for label in toy.labels])
    made = run(
        "finetune", "learnt.npy", "--labels", "learnt-labels.npy", *RIDGE, *TINY, "--out", "m"
    ).stdout
    assert "1 member, a ridge head, " in made
    predict, evaluate = re.fullmatch(
        r"next: tszoo (.*)   or   tszoo (.*)", made.splitlines()[-1]
    ).groups()
    assert predict == "predict m NEW_DATA"
    assert evaluate == "evaluate m TEST_DATA --labels TEST_LABELS"
    run(*predict.replace("NEW_DATA", "new.npy").split())
    run(*evaluate.replace("TEST_DATA", "new.npy").replace("TEST_LABELS", "new-labels.npy").split())


def test_the_plain_command_is_named_where_it_does_what_was_advised(zoo: Path, mine: Path) -> None:
    asked = ("recommend", mine, "--zoo", zoo, "--split", "test")
    plain = ["finetune", str(mine), "--zoo", str(zoo), "--split", "test", "--out", "my-model"]
    assert next_command(run(*asked).stdout) == plain
    others = (("--method", "probe"), ("--exclude", "inception.Long"), ("--warping-window", "3"))
    for option in others:
        assert "--source" in next_command(run(*asked, *option).stdout), option


def test_a_split_can_be_asked_for(mine: Path, tmp_path: Path) -> None:
    for split, tested in (("train", True), ("test", False)):
        out = tmp_path / split
        document = json.loads(
            run("finetune", mine, *RIDGE, *TINY, "--split", split, "--out", out, "--json").stdout
        )
        assert json.loads(run("info", out, "--json").stdout)["trained_on"]["split"] == split
        assert ("test" in document) == tested
    few = ("--members", "1", "--epochs", "1", *TINY, "--split", "test")
    run("pretrain", mine, "--out", tmp_path / "zoo", *few)
    config = json.loads(run("info", tmp_path / "zoo" / "inception.Mine", "--json").stdout)
    assert config["trained_on"]["split"] == "test"
    assert "accuracy" not in config["results"]


def test_options_that_would_be_passed_over_are_refused_or_named(
    zoo: Path, mine: Path, tmp_path: Path
) -> None:
    command = (
        "finetune",
        mine,
        "--zoo",
        zoo,
        "--source",
        "inception.Long",
        "--epochs",
        "1",
        "--members",
        "1",
    )
    error = run(*command, "--arch", "fcn", "--out", tmp_path / "m", status=1).stderr
    assert (
        "error: --arch fcn: a source's network stays as it is, and inception.Long is inception."
        in error
    )
    assert not (tmp_path / "m").exists()
    run(*command, "--arch", "inception", "--out", tmp_path / "m")
    ranked = ("recommend", mine, "--zoo", zoo, "--method", "dtw", "--exclude")
    done = run(*ranked, "nonesuch", "--exclude", "LONG", "--exclude", "inception.B*")
    reading, note = done.stderr.splitlines()
    assert reading.startswith("Mine: no header; label: column 1; values: columns 2 to ")
    assert note == f"--exclude nonesuch: no model or data set of {zoo} is called so"
    assert "inception.Steps" in done.stdout


def test_predictions_and_distances_as_json(mine: Path, tmp_path: Path) -> None:
    make_model().save(tmp_path / "m")
    command = ("predict", tmp_path / "m", mine, "--json")
    document = json.loads(run(*command, "--proba").stdout)
    assert (document["classes"], document["n_series"]) == (["c0", "c1"], 24)
    rows = [
        line.split(",") for line in run("predict", tmp_path / "m", mine).stdout.splitlines()[1:]
    ]
    assert [[str(one["index"]), one["label"]] for one in document["predictions"]] == rows
    assert all(
        sum(one["probabilities"]) == pytest.approx(1, abs=1e-4) for one in document["predictions"]
    )
    document = json.loads(run(*command, "--out", tmp_path / "p.csv").stdout)
    assert document["out"] == str(tmp_path / "p.csv")
    assert "predictions" not in document
    other = write_folder(tmp_path / "Other", name="Other", seed=9)
    document = json.loads(
        run("similarity", mine, other, "--out", tmp_path / "d.csv", "--json").stdout
    )
    assert document["datasets"] == ["Mine", "Other"]
    assert document["distances"][0][1] == document["distances"][1][0] > 0


def test_classes_are_text_everywhere_in_json(tmp_path: Path) -> None:
    toy = make_toy()
    lines = [
        f"{label}," + ",".join(f"{value:.4f}" for value in series[0])
        for series, label in zip(toy.series, toy.labels, strict=True)
    ]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    run("finetune", tmp_path / "d.csv", *RIDGE, *TINY, "--out", tmp_path / "m")
    document = json.loads(run("evaluate", tmp_path / "m", tmp_path / "d.csv", "--json").stdout)
    assert document["classes"] == [one["label"] for one in document["per_class"]] == ["0", "1"]


def test_what_is_no_better_than_guessing_is_not_recommended(
    zoo: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    useless = Choice("inception.Long", "ridge", 0.5, True, "it gets 50% of your series right.")
    monkeypatch.setattr("tszoo.recommendation.advice.weigh_choices", lambda *_, **__: [useless])
    text = run("recommend", mine, "--zoo", zoo).stdout
    assert "start from" not in text
    assert (
        "nothing tried is better than guessing (50%): inception.Long, frozen, with a ridge head: "
        "it gets" in text
    )


def test_one_series_a_class_tells_nothing(zoo: Path, tmp_path: Path) -> None:
    data = labels_last(tmp_path / "two.csv", n_series=2)
    text = run("recommend", data, "--label-column", "last", "--unequal", "--zoo", zoo).stdout
    assert re.search(r"1 +inception\.\w+ +– +\d", text)
    assert "0.000" not in text


def test_a_model_of_the_target_is_named_as_it_can_be_used(zoo: Path, tmp_path: Path) -> None:
    own = write_folder(tmp_path / "Bumps", name="Bumps")
    copy = shutil.copytree(zoo, tmp_path / "my zoo")
    text = run("recommend", own, "--zoo", copy, "--exclude", "Long", "--exclude", "Steps").stdout
    found = re.search(r"to use its model: tszoo (.*)$", text, flags=re.MULTILINE)
    assert found is not None, text
    assert shlex.split(found[1]) == ["predict", "inception.Bumps", "NEW_DATA", "--zoo", str(copy)]
