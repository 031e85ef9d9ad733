"""The zoo on the page: filtered, mapped, and a card each."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette")
pytest.importorskip("matplotlib")

from tests.support.desks import make_small_zoo, page

NAMES = ("inception.Bumps", "inception.Steps", "inception.Long")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_small_zoo(tmp_path_factory.mktemp("zoo") / "zoo")


def listed(text: str) -> list[str]:
    return [name for name in NAMES if f">{name}<" in text]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", NAMES),
        ("?name=BUMP", NAMES[:1]),
        ("?length=short", NAMES),
        ("?length=long", ()),
        ("?kind=other&name=o", NAMES),
        ("?kind=ECG", ()),
        ("?length=strange", NAMES),
    ],
)
def test_models_are_filtered(zoo: str, query: str, names: tuple[str, ...]) -> None:
    with page(zoo=zoo) as (client, _):
        whole = client.get(f"/zoo{query}")
        part = client.get(f"/zoo{query}", headers={"hx-request": "true"})
        assert listed(whole.text) == listed(part.text) == list(names)
        assert "<html" not in part.text


def test_each_model_has_its_card(zoo: str) -> None:
    with page(zoo=zoo) as (client, _):
        text = client.get(f"/zoo/{NAMES[0]}").text
        assert "<h1>inception.Bumps</h1>" in text
        assert "How to use it" in text
        assert client.get("/zoo/nothing").status_code == 404
        assert client.get("/zoo/..%2f..%2fetc").status_code == 404


def test_the_map_has_every_data_set(zoo: str) -> None:
    with page(zoo=zoo) as (client, desk):
        answer = client.get("/zoo/map.svg")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert (desk.folder / "map.svg").exists()
        for name in ("Bumps", "Steps", "Long"):
            assert f"<!-- {name} -->" in answer.text or name in answer.text or "<use" in answer.text


def test_a_name_from_the_address_is_text(zoo: str) -> None:
    with page(zoo=zoo) as (client, _):
        text = client.get("/zoo", params={"name": '"><script>alert(1)</script>'}).text
        assert "<script>alert" not in text
        assert "No model is like that." in text
