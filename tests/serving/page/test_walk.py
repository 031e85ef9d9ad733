"""From a file to answers: the page says what the library says."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("matplotlib")

from tests.support.desks import csv_of, key_of, make_small_zoo, page, send
from tszoo.data.holdout import hold_out
from tszoo.data.load import load_dataset
from tszoo.evaluation.metrics import evaluate
from tszoo.models.model import Model
from tszoo.recommendation.advice import advise
from tszoo.serving.page.work import Work

HOSTILE = "<script>alert(1)</script>"
LABELS = (HOSTILE, "b", "c")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_small_zoo(tmp_path_factory.mktemp("zoo") / "zoo")


@pytest.fixture(scope="module")
def walked(zoo: str) -> Iterator[tuple[Any, Any, Work, dict[str, Any]]]:
    """A file, its sources, and a model with a ridge head; the pages on the way."""
    pages = {}
    with page(zoo=zoo) as (client, desk):
        key = key_of(send(client, csv_of(45, LABELS), f"{HOSTILE}.csv"))
        pages["sources"] = client.post(f"/works/{key}/sources")
        pages["model"] = client.post(f"/works/{key}/model", data={"head": "ridge"})
        pages["results"] = client.get(f"/works/{key}/results")
        work = desk.find(key)
        assert work is not None
        yield client, desk, work, pages


def test_sources_are_those_that_the_library_recommends(walked: Any, zoo: str) -> None:
    _, _, work, pages = walked
    text = pages["sources"].text
    train, _ = hold_out(load_dataset(work.path_of("data"), name="x"), "0.2", 0)
    advice = advise(train, zoo, top=6)
    told = work.read("advice")
    assert [row["model"] for row in told["sources"]] == [one.model for one in advice.sources]
    assert [row["score"] for row in told["sources"]] == [one.score for one in advice.sources]
    assert told["best"]["why"] == advice.best().why
    for source in advice.sources:
        assert source.model in text
    near = advise(train, zoo, top=6, method="dtw").sources
    assert [row["dataset"] for row in work.read("near")] == [one.dataset for one in near]
    assert "/picture/near.svg" in text
    assert text.count("about ") >= 2  # both ways say how long they take


def test_results_are_those_of_the_held_back_series(walked: Any) -> None:
    _, _, work, pages = walked
    model = Model.load(work.model)
    _, held = hold_out(load_dataset(work.path_of("data"), name="x"), "0.2", 0)
    scores = evaluate(model, held)
    text = pages["results"].text
    judged = work.read("judged")
    assert judged["confusion"] == scores.confusion.tolist()
    assert f"{scores.accuracy:.3f}" in text
    assert f"{round(100 * scores.accuracy)} %" in text
    assert model.config.trained_on.n_series == 45 - held.n_series


def test_nothing_that_comes_from_the_file_is_more_than_text(walked: Any) -> None:
    client, _, work, pages = walked
    shown = [pages["sources"], pages["results"], client.get(f"/works/{work.key}")]
    assert "<script>alert" not in pages["model"].text
    for answer in shown:
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text
    report = client.get(f"/works/{work.key}/download/report.html")
    assert "<script>alert" not in report.text
    assert report.headers["content-disposition"].startswith("attachment")
    for name in ("near", "reliability"):
        picture = client.get(f"/works/{work.key}/picture/{name}.svg")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert picture.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<script" not in picture.text
        assert picture.text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_the_zip_is_the_model(walked: Any, tmp_path: Path) -> None:
    client, _, work, _ = walked
    answer = client.get(f"/works/{work.key}/download/tszoo-model.zip")
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    data = load_dataset(work.path_of("data"))
    mine, theirs = Model.load(tmp_path / "tszoo-model"), Model.load(work.model)
    np.testing.assert_array_equal(mine.predict_proba(data), theirs.predict_proba(data))


def test_answers_for_a_second_file_are_the_models(walked: Any, tmp_path: Path) -> None:
    client, _, work, _ = walked
    content = csv_of(12, LABELS, seed=9)
    answer = send(client, content, "new.csv", f"/works/{work.key}/new")
    assert "12 series" in answer.text
    table = client.get(f"/works/{work.key}/download/answers.csv").text
    rows = list(csv.DictReader(io.StringIO(table)))
    (tmp_path / "new.csv").write_bytes(content)
    probabilities = Model.load(work.model).predict_proba(load_dataset(tmp_path / "new.csv"))
    assert [row["label"] for row in rows] == [LABELS[k] for k in probabilities.argmax(axis=1)]
    shown = [[float(row[f"p_{label}"]) for label in LABELS] for row in rows]
    np.testing.assert_allclose(shown, probabilities, atol=1e-5)


def test_test_series_of_another_file_judge_it_anew(walked: Any) -> None:
    client, _, work, _ = walked
    before = (work.file("judged.json")).read_bytes()
    answer = send(client, csv_of(21, LABELS, seed=3), "test.csv", f"/works/{work.key}/test")
    assert "on 21 series of test" in answer.text
    work.file("judged.json").write_bytes(before)


def test_files_that_do_not_fit_the_model_are_refused_in_a_line(walked: Any) -> None:
    client, _, work, _ = walked
    for to, content in (("new", b"a,1,2,3\nb,1,2,4\n"), ("test", csv_of(9, ("u", "v")))):
        text = send(client, content, "other.csv", f"/works/{work.key}/{to}").text
        assert 'class="error"' in text
        assert "Traceback" not in text
    assert send(client, b"", "a.exe", f"/works/{work.key}/new").status_code == 400


def test_it_leaves_as_onnx(walked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _, work, _ = walked
    asked = []

    def export_model(model: Model, path: Path, **options: Any) -> None:  # whose tests are its own
        asked.append((model.config.name, options))
        path.write_bytes(b"onnx")

    monkeypatch.setattr("tszoo.exporting.export.export_model", export_model)
    assert client.get(f"/works/{work.key}/download/model.onnx").status_code == 404
    assert "/download/model.onnx" in client.post(f"/works/{work.key}/onnx").text
    assert client.get(f"/works/{work.key}/download/model.onnx").content == b"onnx"
    assert asked == [(Model.load(work.model).config.name, {"overwrite": True})]


def test_without_held_back_series_it_says_that_nothing_judged_it(zoo: str) -> None:
    with page(zoo=zoo) as (client, _):
        key = key_of(send(client, csv_of(24)))
        client.post(f"/works/{key}/reading", data={"hold": "no"})
        client.post(f"/works/{key}/sources")
        client.post(f"/works/{key}/model", data={"head": "ridge"})
        text = client.get(f"/works/{key}/results").text
        assert "Nothing was held back" in text
        assert client.get(f"/works/{key}/download/report.html").status_code == 200


def test_another_reading_forgets_what_came_of_the_first(walked: Any, zoo: str) -> None:
    _, desk, work, _ = walked
    copy = shutil.copytree(work.folder, desk.folder / ("a" * 24))
    Work(copy).ask(Work(copy).asked)
    assert {path.name for path in copy.iterdir()} == {
        "asked.json",
        "data.csv",
        "data.upload.json",
    }


def test_series_that_cannot_be_learnt_are_refused_in_a_line(zoo: str) -> None:
    with page(zoo=zoo) as (client, _):
        key = key_of(send(client, csv_of(2)))
        text = client.post(f"/works/{key}/sources").text
        assert 'class="error"' in text
        assert json.loads(json.dumps(text)).count("Traceback") == 0


@pytest.mark.parametrize("step", ["sources", "model", "results"])
def test_each_step_says_what_comes_before_it(step: str) -> None:
    with page() as (client, _):
        key = key_of(send(client, csv_of(10)))
        answer = client.get(f"/works/{key}/{step}")
        assert answer.status_code == 200
        assert "ind where to start" in answer.text or "Choose a way" in answer.text


def test_numbers_of_networks_and_epochs_are_checked() -> None:
    with page() as (client, _):
        key = key_of(send(client, csv_of(10)))
        for field, value in (("members", "0"), ("members", "x"), ("epochs", "5001")):
            answer = client.post(f"/works/{key}/model", data={"head": "softmax", field: value})
            assert answer.status_code == 409
            assert "a whole number from 1" in answer.text


@pytest.mark.parametrize(
    "name", ["picture/other.svg", "download/asked.json", "download/model.onnx"]
)
def test_no_other_file_can_be_had(name: str) -> None:
    with page() as (client, _):
        key = key_of(send(client, csv_of(10)))
        assert client.get(f"/works/{key}/{name}").status_code == 404
        assert client.get(f"/works/{key}/download/tszoo-model.zip").status_code == 404
