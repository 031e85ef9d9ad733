"""The scripts and notebooks of examples/ run as they stand, and come to what they are about."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from tests.support.places import ROOT

EXAMPLES = ROOT / "examples"
SCRIPTS = {
    "classify_csv": ("right on 100.0% of 50 new series", "five new series:"),
    "long_frame": ("48 series, 2 channels", "machines that it has never seen", "m5 seconds 550"),
    "few_labels": ("learnt from 8 series, judged on 50", "nearest neighbour    0."),
    "sklearn_pipeline": ("cross-validated:", "chosen: {", "of 40 new series"),
    "explain_and_report": ("step at 22 to 31", "step at 67 to 76"),
}
WRITTEN = {
    "classify_csv": ["my-model/config.json"],
    "explain_and_report": ["why.png", "report.html"],
}


def cells(path: Path) -> list[str]:
    """The code of a notebook, a cell after the other."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_script_is_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert [part for part in SCRIPTS[name] if part not in told] == [], told
    for file in WRITTEN.get(name, []):
        assert (tmp_path / file).stat().st_size > 100


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Its cells of code in their order, in one namespace, as a kernel does without its pictures."""
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    names: dict[str, Any] = {}
    for number, code in enumerate(cells(path)):
        exec(compile(code, f"{path.name}, cell {number}", "exec"), names)
    told = capsys.readouterr().out
    assert names["model"].predict(names["test"]).shape == (names["test"].n_series,)
    assert f"{names['scores'].accuracy:.3f}" in told


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert cell["id"]
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
