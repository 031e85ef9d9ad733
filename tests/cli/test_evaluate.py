"""``tszoo evaluate``: figures, errors, members, several data sets, a table of results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import fresh_process, run, write_folder
from tests.support.pictures import PNG
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.data.load import load_dataset
from tszoo.evaluation.baselines import baselines, left_out_baselines
from tszoo.evaluation.metrics import evaluate
from tszoo.models.model import Model
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "zoo"
    add_model(folder, make_model(make_toy()))
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Toy", "Toy")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Other", "Other", test_seed=9)


def test_figures_errors_and_members(zoo: Path, toy: Path, tmp_path: Path) -> None:
    plot, sure = tmp_path / "new/confusion.png", tmp_path / "sure.png"
    figures = ("--plot", plot, "--reliability", sure)
    result = fresh_process("evaluate", "inception.Toy", toy, "--zoo", zoo, "--by-member", *figures)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(f"wrote {plot}\nwrote {sure}\n")
    assert plot.read_bytes().startswith(PNG)
    assert sure.read_bytes().startswith(PNG)
    assert "surest errors (series count from 0):" in result.stdout
    options = ("--zoo", zoo, "--by-member", "--json")
    document = json.loads(run("evaluate", "inception.Toy", toy, *options).stdout)
    data = load_dataset(toy, split="test")
    wanted = evaluate(Model.load(zoo / "inception.Toy"), data)
    assert document["accuracy"] == wanted.accuracy
    assert document["by_member"][-1]["together"] == wanted.accuracy
    assert [score["member"] for score in document["by_member"]] == [1, 2]
    assert sum(found["n_series"] for found in document["reliability"]) == 24
    for error in document["surest_errors"]:
        k = error["index"]
        assert error["label"] == data.classes[data.require_labels()[k]] != error["predicted"]
        assert error["probability"] == pytest.approx(wanted.probabilities[k].max(), rel=1e-4)
    mistakes = sum(found["n_series"] for found in document["frequent_mistakes"])
    assert mistakes == 24 - np.trace(wanted.confusion)
    assert "labels" not in document
    assert "probabilities" not in document


def test_series_that_were_learnt_are_told(toy: Path, other: Path, tmp_path: Path) -> None:
    """Accuracy on them says nothing of others."""
    told = "The model has learnt these series: on others it will be less good"
    make_model(load_dataset(toy, split="train")).save(tmp_path / "m")
    ask = ("evaluate", tmp_path / "m")
    assert told in run(*ask, toy, "--split", "train").output
    assert told not in run(*ask, toy).output
    learnt = [
        json.loads(run(*ask, toy, "--split", split, "--json").stdout)["is_learnt"]
        for split in ("train", "test")
    ]
    assert learnt == [True, False]
    assert f"Toy: {told}." in run(*ask, toy, other, "--split", "train").output


def test_test_series_that_are_copies_of_training_series_are_told(
    zoo: Path, toy: Path, tmp_path: Path
) -> None:
    train, test = (load_dataset(toy, split=split) for split in ("train", "test"))
    mixed = np.concatenate([test.series[:5], train.series])
    labels = [part.classes[k] for part in (test, train) for k in part.require_labels().tolist()]
    names = [*labels[:5], *labels[test.n_series :]]
    save_dataset(Dataset.from_arrays(mixed, names, layout="NCT"), tmp_path / "mixed.tsv")
    ask = ("evaluate", "inception.Toy", toy, "--zoo", zoo, "--train", tmp_path / "mixed.tsv")
    assert "24 series. 5 of them are copies of training series" in run(*ask).output
    assert json.loads(run(*ask, "--json").stdout)["n_known"] == 5


def test_many_classes_have_their_mistakes_listed(tmp_path: Path) -> None:
    data = make_toy(66, n_classes=22)
    add_model(tmp_path / "zoo", make_model(data))
    lines = [
        f"c{label}," + ",".join(map(repr, series[0].tolist()))
        for label, series in zip(np.arange(66) % 22, data.series, strict=True)
    ]
    path = tmp_path / "new.csv"
    path.write_text("\n".join(lines) + "\n")
    text = run("evaluate", "inception.Toy", path, "--zoo", tmp_path / "zoo").stdout
    assert "most frequent mistakes among 22 classes" in text
    assert "true \\ predicted" not in text


def test_several_data_sets_and_a_table_for_compare(
    zoo: Path, toy: Path, other: Path, tmp_path: Path
) -> None:
    table = tmp_path / "new/results.csv"
    options = ("--zoo", zoo, "--append", table)
    text = run("evaluate", "inception.Toy", toy, other, *options).stdout
    assert "data   2 data sets" in text
    assert f"added to {table}: 2 row(s)" in text
    run("evaluate", zoo / "inception.Toy", toy, other, *options, "--as", "again")
    rows = [line.split(",")[:2] for line in table.read_text().splitlines()]
    # the name of a model without that of its data set, as one classifier of many data sets
    assert rows == [
        ["classifier", "dataset"],
        ["inception", "Toy"],
        ["inception.Toy", "Other"],
        ["again", "Toy"],
        ["again", "Other"],
    ]
    document = json.loads(run("evaluate", "inception.Toy", toy, other, *options, "--json").stdout)
    assert [each["dataset"] for each in document["evaluations"]] == ["Toy", "Other"]
    compared = run("compare", table, "--exclude", "inception.Toy").stderr
    assert compared == ""


def test_what_was_judged_is_kept_when_a_later_data_set_goes_wrong(
    zoo: Path, toy: Path, tmp_path: Path
) -> None:
    table = tmp_path / "results.csv"
    options = ("--zoo", zoo, "--append", table)
    run("evaluate", "inception.Toy", toy, tmp_path / "missing.csv", *options, status=1)
    assert len(table.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--plot", "a.gif"), "a.gif: figures are saved as .png, .svg, .pdf"),
        (("--as", "mine"), "--as mine: the name in a table; say which by --append FILE.csv."),
        (("--append", "wide.csv"), "wide.csv: no column classifier; results are added to a table"),
    ],
)
def test_bad_input_is_one_line(
    options: tuple[str, ...],
    message: str,
    zoo: Path,
    toy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wide.csv").write_text("dataset,A,B\n")
    error = run("evaluate", "inception.Toy", toy, "--zoo", zoo, *options, status=1).stderr
    assert error.startswith("error: " + message)
    assert error.count("\n") == 1


def test_of_several_data_sets_each_has_a_figure(
    zoo: Path, toy: Path, other: Path, tmp_path: Path
) -> None:
    plot, sure = tmp_path / "new/a.png", tmp_path / "s.png"
    options = ("--zoo", zoo, "--plot", plot, "--reliability", sure)
    text = run("evaluate", "inception.Toy", toy, other, toy, *options).stdout
    drawn = [tmp_path / f"new/a-{name}.png" for name in ("Toy", "Other", "Toy-3")]
    assert text.endswith(f"wrote {drawn[2]}\nwrote {tmp_path / 's-Toy-3.png'}\n")
    assert sorted((tmp_path / "new").iterdir()) == sorted(drawn)
    assert all(path.read_bytes().startswith(PNG) for path in drawn)
    alone = run("evaluate", "inception.Toy", toy, "--zoo", zoo, "--plot", plot, "--json").stdout
    assert json.loads(alone)["plot"] == str(plot)
    assert drawn[0].read_bytes() == plot.read_bytes()
    several = run("evaluate", "inception.Toy", toy, other, *options, "--json").stdout
    places = [(each["plot"], each["reliability"]) for each in json.loads(several)["evaluations"]]
    assert places[1] == (str(drawn[1]), str(tmp_path / "s-Other.png"))


def test_the_simplest_classifiers_stand_beside_it(zoo: Path, toy: Path, other: Path) -> None:
    options = ("--zoo", zoo)
    text = run("evaluate", "inception.Toy", toy, *options).stdout
    assert "largest class      0.500 (c0, of these series)" in text
    assert "1-NN DTW           – (needs training series: --train DATA)" in text
    text = run("evaluate", "inception.Toy", toy, *options, "--train", toy).stdout
    found = baselines(load_dataset(toy, split="test"), load_dataset(toy, split="train"))
    assert "largest class      0.500 (c0, of the training series)" in text
    window = found.neighbour.window
    assert f"1-NN DTW           {found.neighbour.accuracy:.3f} (window {window.share:.0%}" in text
    document = json.loads(
        run("evaluate", "inception.Toy", toy, *options, "--train", toy, "--json").stdout
    )
    assert document["baselines"]["neighbour"]["accuracy"] == found.neighbour.accuracy
    assert document["baselines"]["majority"]["label"] == "c0"


def test_the_simplest_classifiers_stand_beside_several_data_sets(
    zoo: Path, toy: Path, other: Path
) -> None:
    """Training series go with all data sets, or each data set has its own."""
    train, tests = load_dataset(toy, split="train"), (toy, other)
    ask = ("evaluate", "inception.Toy", *tests, "--zoo", zoo)
    shared = [baselines(load_dataset(path, split="test"), train) for path in tests]
    found = json.loads(run(*ask, "--train", toy, "--json").stdout)["evaluations"]
    nearest = [each["baselines"]["neighbour"]["accuracy"] for each in found]
    assert nearest == [each.neighbour.accuracy for each in shared]
    text = run(*ask, "--train", toy).stdout
    lines = [line.split() for line in text.splitlines()]
    assert next(line for line in lines if "split" in line)[-4:] == [
        "largest",
        "class",
        "1-NN",
        "DTW",
    ]
    assert next(line for line in lines if line[:1] == ["mean"])[-1] == f"{np.mean(nearest):.3f}"
    own = baselines(load_dataset(other, split="test"), load_dataset(other, split="train"))
    each = run(*ask, "--train", toy, "--train", other, "--json").stdout
    second = json.loads(each)["evaluations"][1]["baselines"]
    assert second["neighbour"]["accuracy"] == own.neighbour.accuracy
    without = [line.split() for line in run(*ask).stdout.splitlines()]
    assert next(line for line in without if line[:1] == ["mean"])[-1] == "–"
    error = run(*ask, *("--train", toy) * 3, status=1).stderr
    assert "--train is there 3 times, and DATA 2 times: say it once for all, or once for" in error


def test_recommend_tells_what_the_simplest_reach(zoo: Path, toy: Path) -> None:
    text = run("recommend", toy, "--zoo", zoo, "--exclude", "nothing").stdout
    found = left_out_baselines(load_dataset(toy, split="train"))
    told = f"the largest class 0.500, 1-NN DTW {found.window.left_out_accuracy:.3f} (window"
    assert f"the simplest, left out: {told}" in text
    document = json.loads(run("recommend", toy, "--zoo", zoo, "--json").stdout)
    assert document["baselines"]["window"]["n_series"] == 24
    at_once = json.loads(run("recommend", toy, "--zoo", zoo, "--method", "dtw", "--json").stdout)
    assert at_once["baselines"] is None
