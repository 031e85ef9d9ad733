"""``tszoo filters``, as people run it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import process, run, write_folder
from tests.support.pictures import words_of
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data.load import load_dataset
from tszoo.explanation.filters import FilterBank, first_filters
from tszoo.models.model import Model
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "zoo"
    add_model(folder, make_model(make_toy()))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("data")
    return [write_folder(folder / name, name, seed=k) for k, name in enumerate(("One", "Two"), 5)]


def wanted(zoo: Path, data: list[Path], member: int = 0) -> list[FilterBank]:
    datasets = [load_dataset(folder) for folder in data]
    return first_filters(Model.load(zoo / "inception.Toy"), datasets, member=member)


def test_it_counts_the_filters_that_respond(zoo: Path, data: list[Path]) -> None:
    asked = ("--data", data[0], "--data", data[1])
    result = process("filters", "inception.Toy", "--zoo", zoo, *asked)
    assert result.returncode == 0, result.stderr
    rows = dict(_row(line) for line in _lines(result.stdout))
    banks = wanted(zoo, data)
    assert rows["filters"] == [4, 4, 4]
    assert rows["respond to all data"] == [int(bank.answers.all(1).sum()) for bank in banks]
    assert rows["respond to none"] == [int((~bank.answers.any(1)).sum()) for bank in banks]
    for k, name in enumerate(("One", "Two")):
        assert rows[name] == [int(bank.answers[:, k].sum()) for bank in banks]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and line.rsplit()[-1].isdigit()]


def _row(line: str) -> tuple[str, list[int]]:
    name, *numbers = line.rsplit(maxsplit=3)
    return name.strip(), [int(number) for number in numbers]


def test_json_and_csv_hold_every_response(zoo: Path, data: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "new/filters.csv"
    asked = ("--data", data[0], "--data", data[1], "--member", 1, "--out", out)
    document = json.loads(run("filters", "inception.Toy", "--zoo", zoo, *asked, "--json").stdout)
    banks = wanted(zoo, data, member=1)
    assert document["datasets"] == ["One", "Two"]
    assert document["out"] == str(out)
    header, *rows = csv.reader(out.read_text().splitlines())
    assert header == ["length", "filter", "One", "Two"]
    for bank, told in zip(banks, document["lengths"], strict=True):
        mine, rows = rows[: len(bank.filters)], rows[len(bank.filters) :]
        assert told["length"] == bank.length
        assert told["noise"] == pytest.approx(bank.chance)
        assert [one["number"] for one in told["filters"]] == bank.numbers.tolist()
        assert [int(row[1]) for row in mine] == bank.numbers.tolist()
        assert {int(row[0]) for row in mine} == {bank.length}
        assert np.array([row[2:] for row in mine], float) == pytest.approx(bank.responses, rel=1e-5)
        assert [one["responses"] for one in told["filters"]] == pytest.approx(bank.responses)
        assert [one["values"] for one in told["filters"]] == pytest.approx(bank.filters)


def test_a_picture_names_model_lengths_and_data(
    zoo: Path, data: list[Path], tmp_path: Path
) -> None:
    def draw(path: Path) -> None:
        result = run("filters", "inception.Toy", "--zoo", zoo, "--data", data[0], "--plot", path)
        assert result.stdout.endswith(f"wrote {path}\n")

    text = words_of(draw, tmp_path / "a.svg")
    for words in ("First filters of inception.Toy", "4 filters of 8 points", "One"):
        assert words in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--member", "2"), "--member 2: inception.Toy has members 0 to 1."),
        (("--plot", "a.gif"), "a.gif: figures are saved as .png, .svg, .pdf"),
        (("--data", "missing.csv"), "missing.csv: no such file"),
    ],
)
def test_bad_input_is_one_line(zoo: Path, options: tuple[str, ...], message: str) -> None:
    result = run("filters", "inception.Toy", "--zoo", zoo, *options, status=1)
    assert result.stderr.startswith(f"error: {message}")
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
