"""The whole walk in a real browser, against the real command; two people at once, by keyboard."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("starlette")
pytest.importorskip("matplotlib")
pytest.importorskip("playwright")

from playwright import sync_api as sync

from tests.support.browser import BROWSER, FLAGS, page_server
from tests.support.desks import csv_of, make_small_zoo

PATIENCE = 200_000  # milliseconds: a machine may be busy with others
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    zoo = make_small_zoo(tmp_path_factory.mktemp("zoo") / "zoo")
    with page_server("--zoo", zoo) as (_, told):
        yield told["url"]


@pytest.fixture
def people(url: str) -> Iterator[tuple[Any, Any]]:
    """Two people, each with a browser of their own; whatever they ask for, they ask here."""
    asked: list[str] = []
    wrong: list[str] = []
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        pages = []
        for _ in range(2):
            page = browser.new_context(accept_downloads=True).new_page()
            page.set_default_timeout(PATIENCE)
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda said: wrong.extend([said.text] * (said.type == "error")))
            page.goto(url)
            pages.append(page)
        yield pages[0], pages[1]
        browser.close()
    assert {urlsplit(each).netloc for each in asked} == {urlsplit(url).netloc}
    assert wrong == []


FOCUSED = """() => {
  const at = document.activeElement;
  return at === document.body ? [] : [`#${at.id}`, at.textContent.trim()];
}"""


def tab_to(page: Any, name: str) -> None:
    """Press the Tab key until the focus is on what has that text, or id."""
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if any(each.startswith(name) for each in focused):
            return
        seen.append(focused)
    raise AssertionError((name, seen))


def fits(page: Any) -> bool:
    """Whether nothing is cut off at the side of a narrow window."""
    page.wait_for_load_state("load")  # pictures have their width, and the style sheet is there
    page.set_viewport_size({"width": 400, "height": 800})
    over = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    return not over


@pytest.mark.timeout(900)  # less than a minute, where nobody else is at work
def test_two_people_make_models_without_a_terminal(
    people: tuple[Any, Any], tmp_path: Path, url: str
) -> None:
    one, other = people
    file = tmp_path / "mine.csv"
    file.write_bytes(csv_of(40, last=True))
    for page in people:
        assert fits(page)
        page.locator("#file").set_input_files(file)
    # the guess is wrong, and put right by the keyboard alone
    one.get_by_text("is not a number").wait_for()
    tab_to(one, "#label")
    one.keyboard.type("In the last")
    one.get_by_text("Looks right").wait_for()
    tab_to(one, "Looks right")
    one.keyboard.press("Enter")
    other.get_by_label("Labels").select_option("last")
    other.get_by_role("button", name="Looks right").click()
    for page in people:
        page.get_by_role("button", name="Make it").wait_for()
        assert fits(page)
    # one takes the quick way
    tab_to(one, "Make it")
    one.keyboard.press("Enter")
    # the other trains, cancels, and goes on
    other.get_by_text("Say how much").click()
    other.get_by_label("Networks").fill("1")
    other.get_by_label("Epochs").fill("30")
    other.get_by_role("button", name="Train it").click()
    other.locator("polyline.training").first.wait_for(state="attached")
    other.get_by_role("button", name="Cancel").click()
    other.get_by_role("button", name="Go on").click()
    one.get_by_role("link", name="See how good it is").wait_for()
    assert fits(one)
    tab_to(one, "See how good it is")
    one.keyboard.press("Enter")
    one.get_by_text("that were held back").wait_for()
    assert fits(one)
    assert one.get_by_text(re.compile(r"^\d+ %$")).count() == 1
    # new series, and their answers as a file
    new = tmp_path / "new.csv"
    new.write_bytes(csv_of(6, last=True, seed=4))
    one.locator("#new").set_input_files(new)
    with one.expect_download() as download:
        one.get_by_role("link", name="Download the answers").click()
    answers = Path(download.value.path()).read_text().splitlines()
    assert answers[0] == "index,label,p_a,p_b"
    assert len(answers) == 7
    other.get_by_role("link", name="See how good it is").click()
    other.get_by_text("that were held back").wait_for()
    other.get_by_role("button", name="Delete this file").click()
    other.wait_for_url(f"{url}/")
    assert one.reload().status == 200


def test_200_megabytes_are_refused_before_they_are_read(
    people: tuple[Any, Any], url: str, tmp_path: Path
) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as large:
        large.truncate(200 << 20)  # on the disk it is nothing
    page, _ = people
    page.locator("#file").set_input_files(file)
    page.get_by_text("is too large: 64 MB at most").wait_for()
    # one whose browser does not care
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.putrequest("POST", "/works")
    connection.putheader("Origin", url)
    connection.putheader("Content-Length", str(file.stat().st_size))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"64 MB at most" in answer.read()
    connection.close()
