"""Text that is safe to show."""

import doctest

import pytest

from tszoo import text
from tszoo.text import listed, one_line, printable, show


def test_the_examples_are_true():
    assert doctest.testmod(text).failed == 0


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a b c"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_spelled_out(given, line):
    assert one_line(given) == line


def test_long_values_are_cut():
    assert show(10**5000) == "a huge int"
    assert len(show(["x" * 60] * 60)) == 80
    assert show(["x" * 60] * 60).endswith("…")


def test_what_does_not_print_is_replaced_and_the_rest_is_cut():
    assert printable("a\nb\x9b\ud800") == "a\ufffdb\ufffd\ufffd"
    assert printable("x" * 5, 5) == "xxxxx"
    assert printable("x" * 6, 5) == "xxxx…"


def test_lists_are_cut():
    assert listed((), 2) == ""
    assert listed((1, 2), 2) == "1, 2"
    assert listed((1, 2, 3), 2) == "1, 2, …"
