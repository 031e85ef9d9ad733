"""The script that writes the cards of a zoo anew."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.places import ROOT
from tests.support.tiny import make_model
from tszoo.models.card.seal import is_as_written
from tszoo.zoo.local import add_model

SCRIPT = ROOT / "scripts" / "write_cards.py"


def files_of(zoo):
    return {
        path.relative_to(zoo).as_posix(): path.read_bytes()
        for path in zoo.rglob("*")
        if path.is_file()
    }


def test_cards_and_pictures_are_written_and_edited_cards_left_alone(tmp_path):
    pytest.importorskip("matplotlib")
    zoo = tmp_path / "zoo"
    for name in ("kept", "edited"):
        add_model(zoo, make_model(members=1), name)
    before = files_of(zoo)
    edited = zoo / "edited" / "README.md"
    edited.write_text(
        edited.read_text(encoding="utf-8").replace("# inception.Toy", "# Mine"), encoding="utf-8"
    )
    changed = files_of(zoo)

    def run(*options):
        done = subprocess.run(
            [sys.executable, SCRIPT, zoo, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    left, written = run()
    assert left == "edited: edited, so left alone; --force replaces it"
    assert written.startswith("kept: card of ")
    after = files_of(zoo)
    assert after.keys() == changed.keys() | {"kept/prototypes.png"}
    assert {name for name in changed if after[name] != changed[name]} == {"kept/README.md"}
    text = after["kept/README.md"].decode()
    assert is_as_written(text)
    assert "](prototypes.png)" in text
    assert 'tszoo.Model.load("kept")' in text

    run("--force")
    after = files_of(zoo)
    assert after["edited/README.md"].decode().startswith(before["edited/README.md"].decode()[:400])
    assert after.keys() == changed.keys() | {"kept/prototypes.png", "edited/prototypes.png"}
    assert {name for name in before if after[name] != before[name]} == {
        "kept/README.md",
        "edited/README.md",
    }
