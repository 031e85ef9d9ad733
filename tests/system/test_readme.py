"""What README shows is run here, as it stands, with the embedded zoo."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tests.support import pages
from tests.support.places import ROOT
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.cli.cache import probe_cache

README = pages.read(pages.README)


def test_it_is_short():
    assert len(README.split()) <= 1000


@pytest.mark.usefixtures("quick_recipes")
def test_the_five_minute_tour(desk):
    blocks = [text for _, text in pages.blocks(pages.README)]
    tour = next(text for text in blocks if text.startswith("tszoo recommend my.csv"))
    commands = [shlex.split(line, comments=True) for line in tour.splitlines()]
    assert [words[1] for words in commands] == [
        "recommend",
        "finetune",
        "finetune",
        "evaluate",
        "predict",
    ]
    for _, *arguments in commands:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (arguments, result.output)
        trained = (desk / "my-model" / "config.json").exists()
        assert trained == (arguments[0] != "recommend" and "--dry-run" not in arguments)


@pytest.fixture
def kept_probes(monkeypatch):
    """Python looks up what commands keep of the same series, as the commands themselves do."""
    from tszoo.recommendation import probe

    probe_source = probe._probe_source

    def looked_up(*source, **options):
        *others, run = source
        return probe_source(*others, replace(run, cache=probe_cache()), **options)

    monkeypatch.setattr(probe, "_probe_source", looked_up)


@pytest.mark.usefixtures("quick_recipes", "kept_probes")
def test_the_python_example(desk):
    (example,) = pages.python_blocks(pages.README)
    assert len([line for line in example.splitlines() if line]) == 6
    names = {"X": make_toy().series}
    exec(compile(example, "README.md", "exec"), names)
    assert set(names["labels"]) <= {"walk", "run"}
    assert (desk / "my-model" / "config.json").exists()


def test_the_output_that_it_shows_is_that_of_the_long_page():
    """docs/finetune.md has the demo's whole output; README shows eleven lines of it."""
    demo = next(text for _, text in pages.blocks(pages.README) if "$ tszoo finetune" in text)
    shown = [line for line in demo.splitlines() if line and not line.startswith("$")]
    assert len(shown) == 11
    whole = pages.read(pages.DOCS / "finetune.md").splitlines()
    assert [line for line in demo.splitlines() if line not in whole] == []


def test_the_figures_that_it_shows_are_those_of_the_results():
    """Every accuracy and every count of wins, ties and losses stands in docs/results.md as well."""
    section = README.split("## Does it help?")[1].split("\n## ")[0]
    figures = re.findall(r"(?<!< )0\.\d{3}|\d+, \d+, \d+ \(p [=<] 0\.\d+\)", section)
    assert len(figures) == 13
    results = pages.read(pages.DOCS / "results.md")
    assert [figure for figure in figures if figure not in results] == []


def test_the_zoo_is_as_large_as_it_says():
    (models, mebibytes) = re.search(r"brings (\d+) of them, in (\d+) MiB", README).groups()
    folders = [path for path in (ROOT / "cards").iterdir() if path.is_dir()]
    assert len(folders) == int(models)
    weights = sum((folder / "model.safetensors").stat().st_size for folder in folders)
    assert round(weights / 2**20) == int(mebibytes)


def test_the_page_of_the_zoo_lists_every_model():
    assert "(docs/zoo.md)" in README
    page = pages.read(pages.DOCS / "zoo.md")
    for folder in (ROOT / "cards").iterdir():
        if folder.is_dir():
            assert f"[{folder.name}](../cards/{folder.name}/README.md)" in page


def test_the_options_that_a_newcomer_needs_are_documented():
    everything = " ".join(pages.read(path) for path in (pages.README, *pages.DOCS.glob("*.md")))
    for option, command in (
        ("--plot", "recommend"),
        ("--label-column", "recommend"),
        ("--unequal", "finetune"),
        ("--source", "finetune"),
        ("--resume", "finetune"),
        ("--dry-run", "finetune"),
        ("--proba", "predict"),
        ("--archive", "pretrain"),
    ):
        assert option in everything
        assert option in pages.known_options((command,))
