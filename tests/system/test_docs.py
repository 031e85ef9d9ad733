"""README, CONTRIBUTING and docs/ say nothing that is not so."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import tszoo
from tests.support import pages
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.zoo.local import add_model

OTHERS = ("benchmarks/README.md", "CHANGELOG.md", "SECURITY.md")
LINKED = [*pages.PAGES, *(ROOT / name for name in OTHERS)]
EVERY_PAGE = pytest.mark.parametrize("path", pages.PAGES, ids=pages.page_id)
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(text: str) -> set[str]:
    """What a page's headings are called in links to them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", LINKED, ids=pages.page_id)
def test_links_lead_somewhere(path):
    for target, anchor in _LINK.findall(pages.prose(path)):
        if target.startswith("http"):
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(pages.prose(there)), (target, anchor)


@EVERY_PAGE
def test_commands_and_their_options_exist(path):
    for words in pages.block_commands(path) + pages.span_commands(path):
        name = pages.command_name(words)
        unknown = pages.options_of(words) - pages.known_options(name)
        assert not unknown, (words, unknown)


@pytest.mark.parametrize(
    "path", [path for path in pages.PAGES if path != pages.GUIDE], ids=pages.page_id
)
def test_options_that_stand_alone_belong_to_some_command(path):
    """CONTRIBUTING names options of the scripts, too."""
    listed = re.findall(r"^│ ([a-z-]+) ", CliRunner().invoke(app, ["--help"]).output, re.MULTILINE)
    names = [(name,) for name in listed] + [
        ("datasets", name) for name in ("list", "info", "fetch", "convert", "synthesize")
    ]
    known = frozenset().union(*map(pages.known_options, names))
    assert pages.span_options(path) - known == set()


def test_the_index_names_every_page():
    index = pages.read(pages.DOCS / "index.md")
    for path in pages.DOCS.glob("*.md"):
        if path.name != "index.md":
            assert f"]({path.name})" in index, path.name


def test_every_workflow_has_a_test_that_is_there():
    table = pages.read(pages.DOCS / "workflows.md")
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")]
    workflows = [row for row in rows if row[0].strip() != "workflow"]
    assert len(workflows) > 30
    for name, ours, *_, test in workflows:
        assert ours.strip() == "yes", name
        path, _, function = test.strip(" `").partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), name


def test_every_public_name_is_documented():
    page = pages.read(pages.DOCS / "python.md")
    for name in [*tszoo.__all__, "__version__"]:
        assert f"tszoo.{name}`" in page, name


def test_every_public_name_that_is_shown_exists():
    for path in pages.PAGES:
        code = "\n".join(pages.python_blocks(path))
        for name in re.findall(r"\btszoo\.([A-Za-z]\w*)", code):
            if f"from tszoo.{name}" not in code:
                assert hasattr(tszoo, name), (pages.page_id(path), name)


@pytest.mark.usefixtures("quick_recipes")
@pytest.mark.slow  # many fits: a minute on a slow processor
def test_the_python_page_runs(desk):
    names = {}
    for block in pages.python_blocks(pages.DOCS / "python.md"):
        exec(compile(block, "python.md", "exec"), names)
    assert (desk / "out" / "config.json").exists()
    assert names["plan"].to_json() == names["text"]


@pytest.mark.usefixtures("quick_recipes")
def test_the_sweep_page_runs(desk, capsys):
    (python,) = pages.python_blocks(pages.DOCS / "sweep.md")
    names = {}
    exec(compile(python, "sweep.md", "exec"), names)
    assert capsys.readouterr().out.splitlines()[-1] == str(names["study"].best().values)
    assert names["model"].config.architecture_args["filters"] == 4
    (options,) = [text for kind, text in pages.blocks(pages.DOCS / "sweep.md") if kind == "toml"]
    (desk / "run.toml").write_text(options)
    command = ["finetune", "my.csv", "--config", "run.toml", "--source", "none", "--dry-run"]
    plan = CliRunner().invoke(app, [*command, "--epochs", "2", "--json"])
    assert plan.exit_code == 0, plan.output
    assert json.loads(plan.stdout)["ensemble"]["architecture_args"]["depth"] == 3


@pytest.mark.usefixtures("quick_recipes")
def test_the_tour_of_the_hub(desk, hub):
    """With the embedded GunPoint on the Hub, and a zoo and a model of one's own."""
    page = pages.DOCS / "hub.md"
    for members in (1, 2):
        add_model("my-zoo", make_model(replace(make_toy(), name=f"Toy{members}"), members=members))
    gunpoint = "inception.GunPoint"
    setting_up = ["tszoo", "publish", gunpoint, f"ORG/{gunpoint}", "--tag", "v1"]
    commands = [setting_up, *pages.block_commands(page)]
    assert [words[1] for words in commands] == [
        "publish",
        "list",
        "recommend",
        "finetune",
        "pull",
        "publish",
        "publish",
        "publish",
    ]
    for _, *arguments in commands:
        here = [argument.replace("ORG", "zoo") for argument in arguments]
        result = CliRunner().invoke(app, here)
        assert result.exit_code == 0, (here, result.output)
    assert set(hub.repo_names()) == {
        "zoo/inception.GunPoint",
        "zoo/my-model",
        "zoo/inception.Toy1",
        "zoo/inception.Toy2",
        "zoo/tszoo-catalogue",
    }
    (python,) = pages.python_blocks(page)
    names = {}
    exec(compile(python.replace("ORG", "zoo"), "hub.md", "exec"), names)
    assert names["model"].reference.revision == hub.tags("zoo/inception.GunPoint")["v1"]
