"""``tszoo compare``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import process, run
from tests.support.pictures import PNG
from tests.support.results import random_table
from tszoo.evaluation.published import published_results
from tszoo.evaluation.results import ResultTable, tabulate
from tszoo.evaluation.standings import stand


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return random_table(30, 4)


@pytest.fixture(scope="module")
def results(table: ResultTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "results.csv"
    rows = zip(table.datasets, table.accuracy.tolist(), strict=True)
    lines = [f"{name}," + ",".join(map(str, row)) for name, row in rows]
    path.write_text("dataset,A,B,C,D\n" + "\n".join(lines) + "\nlacking,1,1,1,\n")
    return path


def test_who_is_better(results: Path, table: ResultTable) -> None:
    result = process("compare", results)
    assert result.returncode == 0, result.stderr
    text = result.stdout
    assert text.startswith("30 data sets, 4 classifiers\n")
    assert "left out, as some classifier lacks it: lacking (D)" in text
    standings = stand(table)
    for standing in standings.classifiers:
        assert f"{standing.mean:.3f}       {standing.mean_rank:.3f}" in text
    assert f"Friedman: chi-square {standings.friedman.statistic:.2f}" in text
    for clique in standings.cliques:
        assert f"not told apart: {', '.join(clique)}\n" in text


def test_a_document(results: Path, table: ResultTable, tmp_path: Path) -> None:
    plot = tmp_path / "new/cd.png"
    document = json.loads(run("compare", results, "--plot", plot, "--json").stdout)
    assert plot.read_bytes().startswith(PNG)
    assert document["plot"] == str(plot)
    assert document["left_out"] == {"lacking": ["D"]}
    standings = stand(table)
    assert document["friedman"]["p"] == pytest.approx(standings.friedman.p)
    assert [row["classifier"] for row in document["classifiers"]] == ["D", "C", "B", "A"]
    assert [pair["holm_p"] for pair in document["pairs"]] == pytest.approx(
        [pair.corrected for pair in standings.pairs]
    )
    assert document["cliques"] == [list(clique) for clique in standings.cliques]


def test_two_of_them(results: Path, tmp_path: Path) -> None:
    pair = ("--pairs", "D", "A")
    text = run("compare", results, *pair, "--plot", tmp_path / "pair.png").stdout
    assert text.startswith("30 data sets, 2 classifiers\n")
    assert "D against A: mean" in text
    assert f"wrote {tmp_path / 'pair.png'}" in text
    document = json.loads(run("compare", results, *pair, "--json").stdout)
    assert document["wins"] + document["ties"] + document["losses"] == document["n"] == 30


def test_published_figures_name_their_source(tmp_path: Path) -> None:
    released = tabulate(published_results("ucr"))
    path = tmp_path / "mine.csv"
    lines = [f"{name},1.0" for name in released.datasets[:6]]
    path.write_text("dataset,accuracy\n" + "\n".join(lines) + "\n")
    text = run("compare", path, "--published", "ucr", "--only", "mine", "--only", "*ROCKET").stdout
    assert text.startswith("6 data sets, 3 classifiers")
    assert "published: accuracies on the archive's own test splits" in text
    options = ("--published", "ucr", "--only", "F*", "--only", "R*", "--json")
    document = json.loads(run("compare", *options).stdout)
    assert "https://github.com/MSD-IRIMAS/LITE" in document["published"]
    assert len(document["datasets"]) == 128
    nothing = run("compare", status=1).stderr
    assert nothing == "error: no results: name tables of accuracies, or --published ucr.\n"


def test_few_data_sets_and_two_classifiers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("dataset,A,B\nCoffee,0.5,0.5\n")
    text = run("compare", path).stdout
    assert "too few data sets to tell anything by a test" in text
    assert "Friedman: needs three classifiers" in text
    path.write_text("dataset,A,B,C\nCoffee,0.5,0.5,0.5\nWine,0.5,0.5,0.5\n")
    assert "Friedman: all are alike on every data set" in run("compare", path).stdout
    path.write_text("dataset,A,B,C\nCoffee,0.5,0.5,0.5\n")
    assert "Friedman: needs two data sets" in run("compare", path).stdout
    assert "alike everywhere" in run("compare", path, "--pairs", "A", "B").stdout


def test_many_classifiers_are_shown_beside_the_best(tmp_path: Path) -> None:
    table = random_table(10, 11)
    path = tmp_path / "a.csv"
    lines = [
        f"{name}," + ",".join(map(str, row))
        for name, row in zip(table.datasets, table.accuracy.tolist(), strict=True)
    ]
    path.write_text("dataset," + ",".join(table.classifiers) + "\n" + "\n".join(lines) + "\n")
    assert "45 more pairs; --json has them all" in run("compare", path).stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pairs", "A", "A"), "--pairs A A: two different classifiers are needed."),
        (("--pairs", "A", "E"), "no results of E; a classifier is named as in the tables."),
        (("--plot", "a.gif"), "a.gif: figures are saved as .png, .svg, .pdf"),
        (
            ("--only", "A"),
            "1 classifier(s) in the results; two or more can be compared. Another table, or "
            "--published ucr, has more.",
        ),
        (("--exclude", "*"), "0 classifier(s) in the results; two or more can be compared. "),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, results: Path) -> None:
    error = run("compare", results, *options, status=1).stderr
    assert error.startswith("error: " + message)
    assert error.count("\n") == 1


def test_a_number_that_is_no_accuracy_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("dataset,A,B,seconds\nCoffee,0.5,0.5,12\n")
    error = run("compare", path, status=1).stderr
    assert "If seconds is no classifier, leave it out by --exclude seconds." in error
    assert "1 data set, " in run("compare", path, "--exclude", "seconds").stdout
