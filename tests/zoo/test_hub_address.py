"""What may be written for a place on the Hub, and what may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tszoo.errors import ZooError
from tszoo.zoo.find import find_model, open_zoo
from tszoo.zoo.hub.address import Address, is_address, parse_address, parse_repo

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf://org", Address("org")),
        ("hf://org/", Address("org")),
        ("hf://org@v1", Address("org", None, "v1")),
        ("hf://org/inception.GunPoint", Address("org", "inception.GunPoint")),
        ("hf://org/model@v1.0", Address("org", "model", "v1.0")),
        (f"hf://org/model@{COMMIT}", Address("org", "model", COMMIT)),
        ("hf://org/model@refs/pr/3", Address("org", "model", "refs/pr/3")),
    ],
)
def test_an_address_is_read(text, expected):
    assert parse_address(text) == expected
    assert str(expected) == text.rstrip("/")
    assert is_address(text)


def test_only_a_commit_is_pinned():
    assert Address("org", "model", COMMIT).is_pinned
    assert not Address("org", "model", "main").is_pinned
    assert not Address("org", "model", COMMIT.upper()).is_pinned
    assert not Address("org", "model").is_pinned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "org/name",
        "hf://",
        "hf:///name",
        "hf://org//name",
        "hf://org/name/file",
        "hf://org/name@",
        "hf://../name",
        "hf://org/..",
        "hf://org/.hidden",
        "hf://org/a..b",
        "hf://org/a--b",
        "hf://org/a.git",
        "hf://org/na me",
        "hf://org/näme",
        "hf://org/name\0",
        "hf://org/name\n",
        "hf://org/" + "a" * 97,
        "hf://org/name@../../etc",
        "hf://org/name@a//b",
        "hf://org/name@a/../b",
        "hf://org/name@/abs",
        "hf://org/name@-flag",
        "hf://org/name@a b",
        "hf://org/name@" + "a" * 201,
        "hf://org/name@\x1b[31m",
        "hf://user:secret@host",
        "hf://org\\name",
        "hf://org/name?token=1",
        "hf://org/name#x",
    ],
)
def test_anything_else_is_refused_in_one_line(text):
    with pytest.raises(ZooError) as caught:
        parse_address(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=40))
def test_no_text_leads_out_of_the_cache(text):
    try:
        address = parse_address("hf://" + text)
    except ZooError as error:
        assert str(error).isprintable()
    else:
        parts = [*address.repo.split("/"), *(address.revision or "main").split("/")]
        assert all(
            part and part.strip(".") and part.isprintable() and "\\" not in part for part in parts
        )


@pytest.mark.parametrize(
    "text", ["org", "org/tszoo-catalogue", "org/name@v1", "hf://org", "a/b/c", "org/"]
)
def test_a_model_goes_to_a_repository(text):
    with pytest.raises(ZooError):
        parse_repo(text)
    assert parse_repo("org/name") == parse_repo("hf://org/name") == Address("org", "name")


def test_zoos_and_models_are_told_apart(hub):
    with pytest.raises(
        ZooError, match=r"^hf://org/name: a model, not a zoo; the zoo is hf://org\.$"
    ):
        open_zoo("hf://org/name")
    with pytest.raises(
        ZooError, match=r"^hf://org: a zoo, not a model; a model is hf://org/NAME\.$"
    ):
        find_model("hf://org")
    assert hub.requests == []
