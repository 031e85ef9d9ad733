"""docs/commands.md names every command with all its options, and no others."""

from __future__ import annotations

import re

import pytest
from commands_page import PAGE, TITLE, commands, options, reference

from tszoo.cli import app

TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = dict(commands(app))


def test_the_page_is_what_the_commands_say():
    assert TEXT.endswith("\n" + reference()), "run: python scripts/commands_page.py"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_named(command):
    text = TEXT.partition(TITLE)[2]
    match = re.search(rf"^### `{command}`\n(.*?)(?=^###)", text + "\n###", re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`(--[a-z/-]+)", match[1]))
    assert named == {spelled.split()[0] for spelled, _ in options(COMMANDS[command])}


def test_every_command_has_a_line_in_the_first_table():
    table = TEXT.partition("## What you can name")[0]
    for command in COMMANDS:
        group, name = command.rsplit(" ", 1)
        assert f"`{command}" in table or (group in table and f"`{name}`" in table), command


def test_options_named_in_the_text_exist():
    spelled = {
        name
        for command in COMMANDS.values()
        for option, _ in options(command)
        for name in option.split()[0].split("/")
    }
    named = set(re.findall(r"--[a-z][a-z-]*", TEXT.partition(TITLE)[0]))
    assert named - spelled <= {"--help", "--install-completion"}
