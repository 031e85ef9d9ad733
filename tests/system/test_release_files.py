"""The files beside the code agree with it, and with each other."""

from __future__ import annotations

import ast
import re

import pytest
import yaml

import tszoo
from tests.support.places import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def read_yaml(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_version_comes_from_the_package():
    assert 'dynamic = ["version", "readme"]' in PYPROJECT
    assert '[tool.hatch.version]\npath = "tszoo/__init__.py"\n' in PYPROJECT
    assert re.fullmatch(r"\d+\.\d+\.\d+", tszoo.__version__)


def test_changelog_and_citation_tell_the_same_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)[0]
    assert newest == tszoo.__version__
    assert str(read_yaml("CITATION.cff")["version"]) == tszoo.__version__


def test_one_list_of_python_versions():
    """Classifiers, the noxfile, and SECURITY name the same ones; the oldest is the one required."""
    classifiers = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT)
    (listed,) = re.findall(r"^PYTHONS = (.*)$", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    assert ast.literal_eval(listed) == classifiers
    assert f'requires-python = ">={classifiers[0]}"' in PYPROJECT
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"{classifiers[0]} to {classifiers[-1]}" in security


def test_every_dependency_has_a_lowest_version():
    """`nox -s lowest` takes it from there."""
    (dependencies,) = re.findall(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, re.DOTALL | re.M)
    for line in dependencies.splitlines():
        assert re.match(r'  "[\w.-]+>=\d[\d.]*(,<\d+)?(; python_version < \'3.\d+\')?",', line), (
            line
        )


@pytest.mark.parametrize(("name", "least"), [("scikit-learn", (1, 6)), ("typer", (0, 19))])
def test_no_release_is_allowed_that_lacks_what_is_used(name, least):
    """scikit-learn 1.5 has no public ``validate_data``, typer 0.17 takes no Literal."""
    (floor,) = re.findall(rf'"{name}>=([\d.]+)"', PYPROJECT)
    assert tuple(map(int, floor.split("."))) >= least


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.name == "config.yml":
        assert form["blank_issues_enabled"] is False
        return
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_the_hooks_run_what_the_checks_run():
    """Each tool of scripts/check is a hook that runs before every commit."""
    config = read_yaml(".pre-commit-config.yaml")
    entries = [
        hook["entry"] for repo in config["repos"] for hook in repo["hooks"] if "entry" in hook
    ]
    checks = (ROOT / "scripts" / "check").read_text(encoding="utf-8")
    for tool in ("ruff check", "ruff format", "mypy", "lint-imports"):
        assert re.search(rf"^{tool}\b", checks, re.MULTILINE)
        assert any(entry.startswith(f".venv/bin/{tool}") for entry in entries), tool
