"""Reports: one page, whole, and safe whatever labels and names are."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.support.bodies import make_universal
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, OptionError
from tszoo.evaluation.metrics import evaluate
from tszoo.explanation import explain
from tszoo.models.model import Model
from tszoo.report import write_report

pytest.importorskip("matplotlib")

HOSTILE = ("<script>alert(1)</script>", '"><img src=https://x.example/a.png onerror=alert(1)>')
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Page(HTMLParser):
    """What a page has: its elements, its attributes, its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def labelled(classes: tuple[str, ...], n_series: int = 24, seed: int = 5) -> Dataset:
    toy = make_toy(n_series, n_classes=len(classes), seed=seed)
    labels = [classes[k] for k in toy.require_labels()]
    return Dataset.from_arrays(toy.series, labels, name="Mine", layout="NCT")


def report(tmp_path: Path, model: Model, data: Dataset | None = None) -> tuple[str, Page]:
    path = tmp_path / "report.html"
    write_report(model, path, data)
    text = path.read_text(encoding="utf-8")
    return text, Page(text)


def assert_alone(text: str, page: Page) -> None:
    """Nothing runs, and nothing is fetched."""
    forbidden = {"script", "iframe", "object", "embed", "link", "base", "form", "audio", "video"}
    assert not forbidden & set(page.tags)
    assert "img" not in page.tags
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src", "xlink:href", "action", "data", "poster"):
            is_part = value.startswith(("#", "data:image/png;base64,"))
            assert is_part or (tag == "a" and value.startswith("https://")), (tag, name, value)
    assert not re.search(r"@import|url\((?!#)", text)


def test_it_says_what_evaluation_and_explanation_say(tmp_path: Path) -> None:
    data = labelled(("c0", "c1"))
    model = make_model(make_toy())
    text, page = report(tmp_path, model, data)
    assert_alone(text, page)
    # pictures are drawn on white, and keep it where the page is dark
    assert "@media (prefers-color-scheme: dark)" in text
    assert text.count("<svg") == text.count('<div class="picture"><svg') == 2
    scores = evaluate(model, data)
    right = int(np.trace(scores.confusion))
    assert f"{scores.accuracy:.3f} ({right} of 24); 95% interval" in page.words
    assert f"{scores.calibration_error:.3f}" in page.words
    table = text[text.index("Which classes") : text.index("Whether it is as sure")]
    counts = [int(count) for count in re.findall(r">(\d+)</td>", table)]
    assert counts == scores.confusion.ravel().tolist()
    probabilities = model.predict_proba(data)
    wrong = np.flatnonzero(probabilities.argmax(1) != data.require_labels())
    surest = wrong[np.argmax(probabilities[wrong].max(1))]
    assert explain(model, data.take([surest])).probabilities.max() == pytest.approx(
        probabilities[surest].max(), rel=1e-5
    )
    assert f"<tr><td>{surest}</td>" in text
    assert page.tags.count("svg") == 2
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert "These are the series that it has learnt" not in page.words


@pytest.mark.parametrize("with_data", [True, False])
def test_labels_and_names_mean_nothing(tmp_path: Path, with_data: bool) -> None:
    data = replace(labelled(HOSTILE), name="<b>Mine</b>&amp;")
    model = make_model(data)
    text, page = report(tmp_path, model, data if with_data else None)
    assert_alone(text, page)
    assert "b" not in page.tags
    assert "<b>Mine</b>&amp;" in page.words
    if with_data:
        assert all(label in page.words for label in HOSTILE)
        assert "These are the series that it has learnt" in page.words


def test_without_data_it_has_what_is_on_record(tmp_path: Path) -> None:
    text, page = report(tmp_path, make_model(make_toy()))
    assert_alone(text, page)
    assert "0.925 (37 of 40); 95% interval 0.801 to 0.974" in page.words
    assert "Its worst errors" not in page.words
    assert "Published, InceptionTime" in page.words
    assert "svg" not in page.tags


def test_many_classes_are_a_list_of_mistakes(tmp_path: Path) -> None:
    classes = tuple(f"c{k:02}" for k in range(30))
    data = labelled(classes, 60)
    text, page = report(tmp_path, make_model(data), data)
    assert_alone(text, page)
    assert "The most frequent mistakes" in page.words


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    model = make_model(make_toy())
    with pytest.raises(OptionError, match="a report is one page"):
        write_report(model, tmp_path / "a.pdf")
    with pytest.raises(OptionError, match="a universal body has no classes"):
        write_report(make_universal("universalA", [make_toy()]), tmp_path / "a.html")
    alone = replace(make_toy(), labels=None)
    with pytest.raises(DataError, match="Toy: has no labels to judge the model by"):
        write_report(model, tmp_path / "a.html", alone)


def test_a_browser_without_a_network_opens_it(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("needs Chromium")
    data = labelled(HOSTILE)
    report(tmp_path, make_model(data), data)
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--proxy-server=127.0.0.1:9",
        "--virtual-time-budget=2000",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        (tmp_path / "report.html").as_uri(),
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    page = Page(result.stdout)
    assert_alone(result.stdout, page)
    assert "Its worst errors" in page.words
    assert page.tags.count("svg") == 2
    # a page tells its console what was not loaded, or was not allowed
    assert "CONSOLE" not in result.stderr
