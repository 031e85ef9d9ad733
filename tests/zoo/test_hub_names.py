"""What the Hub lets things be called; its client's own check has a say where it has one."""

import pytest
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from tszoo.storage.hub_names import is_hub_name, is_hub_revision, slug

NEARLY_NAMES = st.text(st.sampled_from("aZ0._-/ git\nä"), max_size=8)


@pytest.mark.parametrize("text", ["a", "A0", "a.b_c-d", "a_", "a" * 96, "git", "x.gitx"])
def test_names_of_the_hub(text):
    assert is_hub_name(text)
    validate_repo_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_a",
        "-a",
        ".a",
        "a-",
        "a.",
        "a--b",
        "a..b",
        "a.git",
        "a.ipynb",
        "a b",
        "a/b",
        "ä",
        "a\n",
        "a" * 97,
        None,
        3,
    ],
)
def test_what_is_no_name_of_the_hub(text):
    assert not is_hub_name(text)


@given(NEARLY_NAMES | st.text(max_size=120))
def test_what_passes_for_a_name_the_client_accepts(text):
    if is_hub_name(text):
        validate_repo_id(text)


@pytest.mark.parametrize(
    "text", ["main", "v1.0", "refs/pr/3", "a--b", "_", "0123456789abcdef" * 2, "a" * 200]
)
def test_revisions_of_the_hub(text):
    assert is_hub_revision(text)


@pytest.mark.parametrize(
    "text",
    ["", "a..b", "a//b", "a/.b", "/a", "a/", "-a", "a b", "a@b", "a.", "a\n", "a" * 201, None, 3],
)
def test_what_is_no_revision_of_the_hub(text):
    assert not is_hub_revision(text)


@given(NEARLY_NAMES | st.text(max_size=120))
def test_any_text_becomes_a_name(text):
    name = slug(text)
    assert is_hub_name(name)
    validate_repo_id(name)
    assert slug(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("image outline", "image-outline"),
        ("_a--b", "a-b"),
        ("a.git", "a-git"),
        ("心", "unnamed"),
        ("a" * 99, "a" * 96),
    ],
)
def test_what_becomes_of_a_text(text, name):
    assert slug(text) == name
