"""Text from outside on a terminal: shown, never obeyed.

And what is hostile ends a command in one line.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys

import pytest
from typer.testing import CliRunner

from tests.support import command_line, warm
from tests.support.hostile import CASES, LARGE
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.cli.markdown import MOST_CHARACTERS, print_markdown
from tszoo.data import Dataset
from tszoo.errors import ZooError
from tszoo.zoo.find import find_model
from tszoo.zoo.folder import rebuild_catalogue
from tszoo.zoo.local import add_model
from tszoo.zoo.lock import locked
from tszoo.zoo.zoo import Zoo

LABELS = (
    "\x1b[2J\x1b[31mred\x07",  # clears the screen, turns red, rings
    "[/bold] "
    "\x9b31m",  # rich's markup, which closes what is not open; a terminal's eight-bit command
    "[link=http://a.example]\u202egnp.exe\u2066",  # turns the direction of writing
    "<script>alert(1)</script>|`a`\x7f",
)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """A zoo of one sound model whose labels are hostile."""
    root = tmp_path_factory.mktemp("hostile") / "zoo"
    toy = make_toy(n_classes=4)
    add_model(
        root,
        make_model(Dataset.from_arrays(toy.series, [LABELS[k] for k in toy.labels], name="Toy")),
    )
    return root


@pytest.fixture(scope="module")
def data(tmp_path_factory, zoo):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    toy = make_toy(n_classes=4)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [LABELS[k], *series[0]] for k, series in zip(toy.labels, toy.series, strict=True)
        )
    return path


def run(*arguments, status=0):
    result = CliRunner().invoke(
        app, [str(a) for a in arguments], env={"TSZOO_ARCHIVE": "", "TSZOO_ZOO": ""}
    )
    assert result.exit_code == status, result.output + str(result.exception)
    return result


def assert_harmless(text):
    odd = {character for character in text if not character.isprintable() and character != "\n"}
    assert not odd


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["list", "--json"],
        ["info", "inception.Toy"],
        ["info", "inception.Toy", "--json"],
        ["evaluate", "inception.Toy", "DATA"],
        ["evaluate", "inception.Toy", "DATA", "--json"],
        ["recommend", "DATA", "--method", "dtw"],
        ["recommend", "DATA", "--method", "dtw", "--json"],
    ],
    ids=" ".join,
)
def test_labels_do_not_rule_a_terminal(zoo, data, command):
    result = run(*(data if part == "DATA" else part for part in command), "--zoo", zoo)
    assert result.stdout
    assert_harmless(result.stdout)
    assert_harmless(result.stderr)
    if command[0] != "info" and "--json" in command:
        json.loads(result.stdout)


def test_labels_in_json_are_still_the_labels(zoo):
    listed = json.loads(run("list", "--json", "--zoo", zoo).stdout)
    assert set(listed["models"][0]["classes"]) == set(LABELS)


def test_labels_are_shown_as_they_are_spelled(zoo, data):
    table = run("evaluate", "inception.Toy", data, "--zoo", zoo).stdout
    # in the list of classes, in a row and in a column's head, and where the model is wrong
    assert table.count("[/bold] \\x9b31m") >= 3
    assert "\x9b" not in table
    assert "[link=http://a.example]\\u202egnp.exe\\u2066" in table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_predictions_are_data_in_a_file_and_text_on_a_terminal(zoo, data, tmp_path, monkeypatch):
    run("predict", "inception.Toy", data, "--zoo", zoo, "--out", tmp_path / "out.csv", "--proba")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} <= set(LABELS)
    assert {key for key in rows[0] if key.startswith("p_")} == {f"p_{label}" for label in LABELS}
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    app(
        ["predict", "inception.Toy", str(data), "--zoo", str(zoo), "--proba", "--quiet"],
        standalone_mode=False,
    )
    monkeypatch.undo()
    assert len(shown.getvalue().splitlines()) == len(rows) + 1
    assert_harmless(shown.getvalue())


HOSTILE_CARD = """---
tags: []
---
# A \x1b[2J\x1b]0;title\x07 \x9b31m \u202etitle &#27;[2J &#x202e;

A [link](http://a.example/%1b "\x1b") and ![a picture](http://b.example/\x1b]8;;) and `\x1b[31m`.

| a \x1b[1m | b |
|---|---|
| \u2066x | [bold]y[/bold] |

```python
\x1b[31m
```
"""


@pytest.mark.parametrize("colours", [False, True])
def test_a_card_does_not_rule_a_terminal(colours, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR" if colours else "NO_COLOR", "1")
    print_markdown(HOSTILE_CARD)
    shown = capsys.readouterr().out
    for words in ("title", "http://a.example", "a picture", "[bold]y[/bold]"):
        assert words in shown
    if colours:
        # rich's own colours and no other command: no link, no title, no cursor
        assert "\x1b[" in shown
        pieces = shown.split("\x1b")[1:]
        assert all(piece[0] == "[" and piece.lstrip("[0123456789;")[0] == "m" for piece in pieces)
        shown = shown.replace("\x1b", "")
    assert_harmless(shown)


def test_a_card_without_end_is_cut(capsys):
    print_markdown("word " * MOST_CHARACTERS)
    shown = capsys.readouterr().out
    assert len(shown) < 2 * MOST_CHARACTERS
    assert shown.rstrip().endswith("…")


# a zoo from outside


def test_names_in_a_zoo_do_not_rule_a_terminal(zoo, tmp_path, caplog):
    spoilt = shutil.copytree(zoo, tmp_path / "zoo")
    name = "\x1b[2Jevil\u202e"
    shutil.copytree(zoo / "inception.Toy", spoilt / name)
    (broken,) = rebuild_catalogue(spoilt).broken
    for text in (broken.model, broken.reason, caplog.text.replace("\n", "")):
        assert text.isprintable()
        assert "\\x1b[2Jevil\\u202e" in text


def test_a_model_that_is_a_link_out_of_the_zoo_is_none(zoo, tmp_path):
    """Not even one that the catalogue vouches for."""
    spoilt = shutil.copytree(zoo, tmp_path / "zoo")
    (spoilt / "inception.Toy").rename(tmp_path / "elsewhere")
    (spoilt / "inception.Toy").symlink_to(tmp_path / "elsewhere")
    catalogue = Zoo(spoilt)
    assert not catalogue.models
    assert "a link; put the model's folder itself into the zoo" in catalogue.broken[0].reason
    with pytest.raises(ZooError, match="a link; put the model's folder itself into the zoo"):
        find_model("inception.Toy", spoilt)


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / ".lock").symlink_to(tmp_path / "made")
    with pytest.raises(ZooError, match="the zoo cannot be written"), locked(tmp_path / "zoo"):
        pass
    assert not (tmp_path / "made").exists()


# whole commands, some through the real entry point


def here(*arguments):
    """Run a command that is refused, in this process."""
    done = command_line.run(*arguments, status=1)
    assert_harmless(done.output)
    return done


def process(*arguments):
    done = warm.run(
        [sys.executable, "-W", "error", "-m", "tszoo", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("command", "case"),
    [
        (["info", "MODEL"], r"config trained_on.dataset = 'a\x1b[2J'"),
        (["predict", "MODEL", "DATA"], "model.safetensors a pickle"),
        (["evaluate", "MODEL", "DATA", "--json"], "weights: 2 GB, all of it header"),
        (
            ["finetune", "DATA", "--source", "MODEL", "--out", "OUT"],
            "prototypes.safetensors a link to /dev/zero",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_commands_end_in_one_line(tmp_path, data, command, case):
    folder = tmp_path / "model"
    make_model().save(folder)
    {**CASES, **LARGE}[case](folder)
    places = {"MODEL": folder, "DATA": data, "OUT": tmp_path / "out"}
    done = here(*(places.get(part, part) for part in command))
    assert done.stdout == ""
    line = done.stderr.splitlines()[-1]  # before it, a line may say how data were read
    assert len(done.stderr.splitlines()) <= 2
    assert line.startswith(f"error: {folder}")
    assert not (tmp_path / "out").exists()


def test_a_zoo_of_hostile_folders_is_looked_at(tmp_path, data):
    names = [
        "config.json empty",
        "config.json a pipe",
        "config.json a link to itself",
        "config members = 1000000000",
        "prototypes.safetensors missing",
        "README.md too large",
    ]
    for k, name in enumerate(names):
        make_model().save(tmp_path / "zoo" / f"{k}\x1b[2J")
        CASES[name](tmp_path / "zoo" / f"{k}\x1b[2J")
    listed = process("list", "--zoo", tmp_path / "zoo")
    assert listed.returncode == 0
    lines = listed.stderr.splitlines()
    assert (
        4 <= len(lines) <= len(names)
    )  # what holds no readable file of that name is no model at all
    assert all(line.startswith("not usable: ") and line.isprintable() for line in lines)
    done = process("recommend", data, "--zoo", tmp_path / "zoo", "--method", "dtw")
    assert done.returncode == 1
    _, line = done.stderr.splitlines()  # the first says how the data were read
    assert line.startswith("error: ")
