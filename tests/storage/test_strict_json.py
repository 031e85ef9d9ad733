"""JSON that is read strictly."""

import pytest
from hypothesis import given, settings

from tests.support.json_values import JSON_VALUES
from tszoo.errors import ModelError
from tszoo.storage.strict_json import dump_json, parse_json, plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1, "a": 2}', "key 'a' stands twice"),
        (b'{"a": NaN}', "NaN is not a number that JSON knows"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1e999}', "the number '1e999' is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number of 5000 digits"),
        (b"[" * 200_000, "nested too deeply|not JSON"),
        (b"[" + b"1," * 200_000 + b"1]", "more than 200000 values"),
        (b"\xff\xfe{}", "not UTF-8 text"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"", "not JSON: line 1"),
        (b"{}{}", "not JSON: line 1, column 3"),
    ],
)
def test_only_strict_json_is_read(text, message):
    with pytest.raises(ModelError, match=message):
        parse_json(text)


@given(JSON_VALUES)
@settings(max_examples=200, deadline=None)
def test_plain_values_survive_json(value):
    try:
        kept = plain(value, "field")
    except ModelError:
        return
    assert parse_json(dump_json(kept)) == kept
