import pytest
from hypothesis import given
from hypothesis import strategies as st

from tszoo import errors

KINDS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", KINDS)
@given(st.text())
def test_every_error_is_one_printable_line(kind, text):
    line = str(kind(text))
    assert line == "" or line.isprintable()
    if text.isprintable():
        assert line == text
