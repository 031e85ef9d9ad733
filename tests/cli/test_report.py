"""``tszoo report``, as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import process, run, write_folder
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.zoo.local import add_model

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "zoo"
    add_model(folder, make_model(make_toy()))
    return folder


def test_a_report_of_the_test_split(zoo: Path, tmp_path: Path) -> None:
    data, out = write_folder(tmp_path / "Mine"), tmp_path / "new/report.html"
    result = process("report", "inception.Toy", data, "--zoo", zoo, "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"wrote {out}\n"
    text = out.read_text()
    assert "Mine: 24 series" in text
    assert "no header; label: column 1" in text  # how the data were read


def test_json_says_where_it_is(zoo: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    answer = run("report", "inception.Toy", "--zoo", zoo, "--out", out, "--json").stdout
    assert json.loads(answer) == {"model": "inception.Toy", "data": None, "out": str(out)}
    assert "<h2>The card</h2>" in out.read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.txt", "a report is one page; give a name that ends in .html."), (".html", "")],
)
def test_bad_input_is_one_line(zoo: Path, tmp_path: Path, name: str, message: str) -> None:
    out = tmp_path / name
    if not message:
        out = tmp_path / "folder.html"
        out.mkdir()
        message = "exists and is no file; choose another."
    result = run("report", "inception.Toy", "--zoo", zoo, "--out", out, status=1)
    (line,) = result.stderr.splitlines()
    assert line.endswith(message)
