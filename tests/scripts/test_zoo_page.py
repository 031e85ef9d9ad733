"""The overview of a zoo.

What is read off the configs, how it compares, and the page that is committed.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from zoo_accuracy import (
    Measured,
    comparison_table,
    comparisons,
    measured,
    read_measured,
    save_measured,
)
from zoo_page import MAP, PAGE, page_of
from zoo_page_text import zoo_page
from zoo_sources import OWN_RECIPE, read_sources, recipe_name

from tests.support import warm
from tests.support.bodies import make_universal
from tests.support.places import ROOT
from tests.support.tiny import make_config, make_model, ridge_recipe
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ZooError
from tszoo.models.record import ModelRecipe, Results, TrainedOn, TrainingRecipe
from tszoo.training.recipe import NAMES, named_recipe
from tszoo.zoo.local import add_model

PUBLISHED = {"ECG200": 0.95, "Mine": 0.5}


def named(name, **shape):
    toy = make_toy(**shape)
    return Dataset.from_arrays(
        toy.series, [toy.classes[k] for k in toy.labels], name=name, split="train"
    )


def results(accuracy, *members):
    return Results(split="test", n_series=40, accuracy=accuracy, member_accuracy=members)


def trained_with(recipe):
    return ModelRecipe(TrainingRecipe(recipe, seed=3))


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo") / "cards"
    heart, mine = (
        named("ECG200", length=96, n_classes=2),
        named("Mine", length=40, n_classes=2, seed=5),
    )
    fast = trained_with(named_recipe("fast"))
    add_model(folder, make_model(heart, recipe=fast, results=results(0.97, 0.96, 0.98)))
    add_model(folder, make_model(mine, members=1, results=results(0.81, 0.81)))
    add_model(folder, make_model(named("Untested", seed=6), results=Results(train_accuracy=1.0)))
    both = TrainedOn.joint("both", [heart, mine])
    add_model(
        folder,
        make_model(
            heart,
            members=1,
            trained_on=both,
            classes=("a", "b", "c", "d"),
            results=results(0.88, 0.88),
        ),
    )
    return folder


@pytest.fixture(scope="module")
def page(zoo):
    return zoo_page(read_sources([zoo]), PUBLISHED, folder=zoo.parent / "docs", picture="map.png")


def test_what_the_page_says(page):
    assert (
        "4 pretrained models, 3 of one data set each and 1 of several at once: 2 of one network, "
        "2 of 2 networks;" in page.replace("\n", " ")
    )
    assert "By kind of measurement: other (2), ECG (1)." in page
    assert "| inception | `fast` | cpu | 1 | 2 | 3 | 2 |" in page
    assert "| inception, joint | `own` | cpu | 1 | 1 | 3 | 2 |" in page
    assert "- `own`: numbers of its own" in page
    headings = re.findall(r"^##+ (.*)$", page, flags=re.MULTILINE)
    assert headings == [
        "How to choose",
        "How they were trained",
        "Accuracy",
        "Sources",
        "ECG",
        "Of other kinds",
        "Joint models",
        "Map",
    ]
    link = r"\[inception\.ECG200\]\(\.\./cards/inception\.ECG200/README\.md\)"
    assert re.search(
        rf"^\| {link} \| \d+ \| 2 \| 96 \| 2 \| 0\.970 \| 0\.950 \| 0\.0 \|$",
        page,
        flags=re.MULTILINE,
    )
    assert re.search(r"inception\.Untested.* \| – \| – \| 0\.0 \|$", page, flags=re.MULTILINE)
    assert re.search(r"^\| \[inception\.both\]\(.*\) \| 2 \| \d+ \| 4 \|", page, flags=re.MULTILINE)
    assert "- inception.both: ECG200, Mine." in page
    assert "](map.png)" in page


def test_tables_are_whole(page):
    """Every line of a table has as many cells as its head."""
    for table in re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_what_others_reached_stands_beside_it(zoo, page):
    """That of the complete zoo is told where it differs."""
    sources = read_sources([zoo])
    rows = measured(sources, PUBLISHED)
    assert "complete zoo" not in page
    again = zoo_page(sources, PUBLISHED, folder=zoo, picture="map.png", complete=rows)
    assert "complete zoo" not in again
    more = [*rows, Measured("inception.More", "More", "fast", 3, 20, (0.5, 0.6), 0.6, 0.4)]
    text = zoo_page(sources, PUBLISHED, folder=zoo, picture="map.png", complete=more)
    assert "Of the complete zoo, with all members:\n\n| models |" in text
    assert "| ensembles | 2 | 0.7850 | 0.6750 | +0.1100 | 2, 0, 0 |" in text


def test_of_one_name_the_largest_model_counts_or_else_the_first(zoo, tmp_path):
    smaller, equal = tmp_path / "smaller", tmp_path / "equal"
    heart = named("ECG200", length=96, n_classes=2)
    add_model(smaller, make_model(heart, members=1, results=results(0.5, 0.5)))
    add_model(smaller, make_model(named("Another"), members=1))
    add_model(equal, make_model(heart, results=results(0.6, 0.6, 0.6)))

    def accuracies(*zoos):
        return {source.entry.model: source.entry.accuracy for source in read_sources(zoos)}

    assert len(accuracies(zoo, smaller)) == 5
    assert (
        accuracies(zoo, smaller)["inception.ECG200"]
        == accuracies(smaller, zoo)["inception.ECG200"]
        == 0.97
    )
    assert accuracies(zoo, equal)["inception.ECG200"] == 0.97
    assert accuracies(equal, zoo)["inception.ECG200"] == 0.6


def test_a_model_that_is_not_usable_is_told_of(zoo, tmp_path):
    broken = tmp_path / "zoo"
    add_model(broken, make_model(named("Whole"), members=1))
    folder = add_model(broken, make_model(named("Broken"), members=1))
    (Path(folder) / "config.json").write_text("{}")
    with pytest.raises(ZooError, match=re.escape("inception.Broken is not usable: ")):
        read_sources([broken])


@pytest.mark.parametrize("name", NAMES)
def test_recipes_are_known_by_their_numbers(name):
    recipe = named_recipe(name)
    assert recipe_name(make_config(recipe=trained_with(recipe))) == name
    other = trained_with(replace(recipe, learning_rate=0.5))
    assert recipe_name(make_config(recipe=other)) == OWN_RECIPE
    assert recipe_name(make_config(recipe=ridge_recipe())) == OWN_RECIPE


def test_measured_sources_are_those_of_one_set_with_a_test_split(zoo, tmp_path):
    rows = measured(read_sources([zoo]), PUBLISHED)
    assert [
        (row.model, row.recipe, row.member_accuracy, row.accuracy, row.published) for row in rows
    ] == [
        ("inception.ECG200", "fast", (0.96, 0.98), 0.97, 0.95),
        ("inception.Mine", "own", (0.81,), 0.81, 0.5),
    ]
    save_measured(rows, tmp_path / "zoo.csv")
    assert read_measured(tmp_path / "zoo.csv") == rows
    unknown = [replace(rows[0], published=None)]
    save_measured(unknown, tmp_path / "zoo.csv")
    assert read_measured(tmp_path / "zoo.csv") == unknown


@pytest.mark.parametrize(
    "change", [("0.970000", "1.970000"), ("model,", "name,"), ("0.960000 ", "much "), ("40", "")]
)
def test_another_table_is_refused(zoo, tmp_path, change):
    path = tmp_path / "zoo.csv"
    save_measured(measured(read_sources([zoo]), PUBLISHED), path)
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(
        DataError,
        match=r"zoo\.csv: no table of measured accuracies .* Make it with benchmarks/zoo\.py",
    ):
        read_measured(path)


def test_comparisons_name_the_published_figures_that_are_guesses():
    def row(name, classes, members, accuracy, published):
        return Measured(
            f"inception.{name}", name, "fast", classes, 10, members, accuracy, published
        )

    rows = [
        row("A", 2, (0.8, 0.9), 0.9, 0.8),
        row("B", 7, (0.5, 0.6), 0.6, 0.15),
        row("C", 2, (0.7,), 0.7, 0.75),
        row("D", 2, (0.7,), 0.7, None),
    ]
    pairs = dict(comparisons(rows))
    assert list(pairs) == [
        "ensembles",
        "ensembles, without B",
        "their networks, each alone",
        "their networks, each alone, without B",
        "all networks, each alone",
        "all networks, each alone, without B",
    ]
    assert [pair.n for pair in pairs.values()] == [2, 1, 2, 1, 3, 2]
    assert pairs["ensembles"].difference == pytest.approx((0.1 + 0.45) / 2)
    assert pairs["their networks, each alone, without B"].difference == pytest.approx(0.05)
    last = pairs["all networks, each alone, without B"]
    assert (last.wins, last.ties, last.losses) == (1, 0, 1)
    assert comparisons(rows[-1:]) == []
    lines = comparison_table(comparisons(rows)).splitlines()
    assert lines[3] == "| ensembles, without B | 1 | 0.9000 | 0.8000 | +0.1000 | 1, 0, 0 | 1 |"
    assert len(lines) == 8


def test_the_committed_page_is_that_of_the_embedded_zoo():
    """Made anew by scripts/zoo_page; the map is not compared, but lies there and is small."""
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    assert text == page_of(read_sources([ROOT / "cards"]), ROOT / "docs"), "run scripts/zoo_page"
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 10
    assert all((ROOT / "docs" / link).is_file() for link in links)
    assert (ROOT / "docs" / MAP).stat().st_size < 200_000


@pytest.mark.slow
def test_the_script_writes_page_and_map(zoo, tmp_path):
    pytest.importorskip("matplotlib")
    script = ROOT / "scripts" / "zoo_page.py"
    done = warm.run(
        [sys.executable, script, zoo, "--out", tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"zoo\.md: 4 models, \d+ characters, picture of \d+ bytes\n$", done.stdout)
    assert (tmp_path / "zoo-map.png").read_bytes().startswith(b"\x89PNG")
    assert "](zoo-map.png)" in (tmp_path / "zoo.md").read_text(encoding="utf-8")


def test_universal_bodies_stand_by_themselves(tmp_path):
    sets = [named("ECG200", length=96), named("Mine", length=40, seed=5)]
    add_model(tmp_path / "zoo", make_model(sets[0], results=Results()))
    add_model(tmp_path / "zoo", make_universal("universalA", sets))
    text = zoo_page(read_sources([tmp_path / "zoo"]), PUBLISHED, folder=tmp_path, picture="map.png")
    assert "2 pretrained models, 1 of one data set each and 1 universal: 1 of one network" in text
    assert "its prototypes, which universal bodies lack." in text.replace("\n", " ")
    assert "| inception, universal | `episodes` | cpu | 1 | 1 |" in text
    assert re.search(r"^\| \[inception\.universalA\]\(.*\) \| 2 \| \d+ \| \d+ \| 7 \|", text, re.M)
    assert "- inception.universalA: ECG200, Mine." in text
    assert "## Joint models" not in text
