"""The scripts and notebooks of examples/ run as they stand, and come to what they are about.

Those of which a page of docs/ shows as much are `slow`; what they call is looked up by default.
"""

from __future__ import annotations

import ast
import inspect
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
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SLOW = {"few_labels", "explain_and_report", "does_a_source_help"}
WRITTEN = {
    "classify_csv": ["my-model/config.json"],
    "explain_and_report": ["why.png", "report.html"],
}


def cells(path: Path) -> list[str]:
    """The code of a notebook, a cell after the other."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def named(node: ast.expr, imported: dict[str, Any]) -> Any:
    """What a dotted name stands for; None if it does not begin with something imported."""
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    owner = named(node.value, imported)
    return None if owner is None else getattr(owner, node.attr)


def marked(name: str, value: Any) -> Any:
    return pytest.param(value, id=name, marks=[pytest.mark.slow] if name in SLOW else [])


def test_every_script_is_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SCRIPTS)


@pytest.mark.parametrize(
    "path", [*sorted(EXAMPLES.glob("*.py")), *NOTEBOOKS], ids=lambda path: path.stem
)
def test_what_an_example_calls_takes_what_it_gives(path: Path) -> None:
    is_script = path.suffix == ".py"
    code = path.read_text(encoding="utf-8") if is_script else "\n".join(cells(path))
    nodes = list(ast.walk(ast.parse(code)))
    imports: list[ast.stmt] = [
        node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    imported: dict[str, Any] = {}
    exec(compile(ast.Module(imports, []), path.name, "exec"), imported)
    calls = [(named(node.func, imported), node) for node in nodes if isinstance(node, ast.Call)]
    ours = [
        (one, node)
        for one, node in calls
        if str(getattr(one, "__module__", "")).startswith("tszoo")
    ]
    assert ours
    for called, node in ours:
        options = {option.arg: option.value for option in node.keywords if option.arg}
        inspect.signature(called).bind(*node.args, **options)


@pytest.mark.parametrize("name", [marked(name, name) for name in SCRIPTS])
def test_a_script_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert [part for part in SCRIPTS[name] if part not in told] == [], told
    for file in WRITTEN.get(name, []):
        assert (tmp_path / file).stat().st_size > 100


@pytest.mark.parametrize("path", [marked(path.stem, path) for path in NOTEBOOKS])
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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert cell["id"]
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
