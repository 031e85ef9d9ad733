from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cards import make_card
from tszoo.models.card.seal import is_as_written, seal

TEXT = "---\nlicense: mit\n---\n\n# a\n\nb"


def test_a_seal_is_one_last_line_that_nobody_sees():
    *above, line = seal(TEXT).splitlines()
    assert "\n".join(above) == TEXT + "\n"
    assert line.startswith("<!-- Written by tszoo, sha256 of the text above: ")
    assert line.endswith(" -->")


def test_cards_are_sealed():
    assert is_as_written(make_card())
    assert not is_as_written(TEXT)
    assert not is_as_written("")


def test_line_breaks_that_editors_change_are_no_edits():
    text = seal(TEXT)
    for other in (
        text.replace("\n", "\r\n"),
        text + "\n",
        text.rstrip("\n"),
        text.replace("\n", "\r\n") + "\r\n\r\n",
    ):
        assert is_as_written(other)
        assert seal(other) == text


@given(st.data())
def test_any_other_change_is_an_edit(data):
    text = seal(TEXT).rstrip("\n")
    at = data.draw(st.integers(0, len(text) - 1))
    kind = data.draw(st.sampled_from(["drop", "change", "add"]))
    new = data.draw(st.characters(exclude_characters="\r\n" + text[at], exclude_categories=("Cs",)))
    edited = text[:at] + ("" if kind == "drop" else new) + text[at + (kind != "add") :]
    if edited.replace("\n", "") != text.replace("\n", ""):
        assert not is_as_written(edited)


@pytest.mark.parametrize("addition", ["mine", "\nmine\n", "<!-- mine -->"])
def test_what_is_added_below_is_an_edit(addition):
    assert not is_as_written(seal(TEXT) + addition)
    assert is_as_written(seal(seal(TEXT) + addition))


@given(st.text(alphabet=st.characters(exclude_characters="\r")))
def test_sealing_twice_is_sealing_once(text):
    sealed = seal(text)
    assert is_as_written(sealed)
    assert seal(sealed) == sealed
    assert sealed.startswith(text.rstrip("\n"))


def test_a_seal_that_does_not_fit_is_replaced():
    old = seal(TEXT)
    assert seal(old.replace("# a", "# A")) == seal(TEXT.replace("# a", "# A"))
    assert not is_as_written(old.replace("# a", "# A"))
