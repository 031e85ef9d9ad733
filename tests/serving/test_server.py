"""``tszoo serve`` as SageMaker and people ask it: one process, two models."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import pages
from tests.support.command_line import run
from tests.support.exported import LENGTH, exportable
from tests.support.serving import Server, serving
from tszoo.data import Dataset, save_dataset
from tszoo.data.table_reading import TableReading
from tszoo.models.model import Model

pytest.importorskip("starlette")
CSV, JSON, LINES, NPY = "text/csv", "application/json", "application/jsonlines", "application/x-npy"
AS_PREDICT = "text/csv; header=present; probabilities=true"
MOST_BYTES = 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    # as trained on a table with a column of ids
    reading = TableReading(label="label", id="id")
    exportable("inception", n_channels=1, reading=reading).save(folder / "one", dtype="float32")
    exportable("fcn", unequal=True, levels=True).save(folder / "two", dtype="float32")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    names = (folder / "one", f"pair={folder / 'two'}")
    with serving(*names, "--max-bytes", MOST_BYTES) as server:
        yield server


def some_series(n_series: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_series, LENGTH)).cumsum(axis=1).astype(np.float32)


def as_csv(series: np.ndarray) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(series.tolist())
    return text.getvalue().replace("nan", "").encode()


def predicted(model: Path, content: bytes, suffix: str, tmp_path: Path, *more: str) -> str:
    path = tmp_path / f"new{suffix}"
    path.write_bytes(content)
    return run("predict", model, path, *more).stdout


def npy(series: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, series)
    return stream.getvalue()


@pytest.mark.parametrize("n_series", [1, 7, 300])
def test_a_csv_is_answered_as_predict_does(
    server: Server, folder: Path, tmp_path: Path, n_series: int
) -> None:
    series = some_series(n_series)
    series[n_series // 2, 3:5] = np.nan
    content = as_csv(series)
    expected = predicted(folder / "one", content, ".csv", tmp_path, "--proba")
    assert server.predict(content, CSV, AS_PREDICT).text == expected
    bare = server.predict(content, CSV)
    assert bare.headers["content-type"] == "text/csv; charset=utf-8; header=absent"
    labels = [row["label"] for row in csv.DictReader(io.StringIO(expected))]
    assert bare.text.splitlines() == labels


def test_a_csv_with_header_labels_and_ids(server: Server, folder: Path, tmp_path: Path) -> None:
    lines = ["id,label," + ",".join(f"t{t}" for t in range(LENGTH))]
    for i, values in enumerate(some_series(5)):
        lines.append(f"s{i},c{i % 3}," + ",".join(map(str, values.tolist())))
    content = "\n".join(lines).encode()
    expected = predicted(folder / "one", content, ".csv", tmp_path, "--proba")
    answer = server.predict(content, "text/csv; header=present", AS_PREDICT)
    rows = list(csv.DictReader(io.StringIO(expected)))
    assert [row["id"] for row in rows] == [f"s{i}" for i in range(5)]
    assert answer.text == expected


def test_labels_may_be_said_to_be_there_or_not(server: Server) -> None:
    series = some_series(4)
    with_labels = b"".join(b"c1,%s\n" % line for line in as_csv(series).splitlines())
    bare = server.predict(as_csv(series), "text/csv; label_size=0; header=absent")
    assert bare.status == 200
    assert server.predict(with_labels, "text/csv; label_size=1").body == bare.body
    assert server.predict(with_labels, CSV).body == bare.body


@pytest.mark.parametrize("kind", [JSON, LINES, NPY])
def test_other_bodies_are_answered_as_predict_does(
    server: Server, folder: Path, tmp_path: Path, kind: str
) -> None:
    series = some_series(6)
    expected = json.loads(
        predicted(folder / "one", npy(series), ".npy", tmp_path, "--proba", "--json")
    )
    bodies = {
        JSON: json.dumps({"instances": series.tolist()}).encode(),
        LINES: b"\n".join(
            json.dumps({"features": row} if i % 2 else row).encode()
            for i, row in enumerate(series.tolist())
        ),
        NPY: npy(series),
    }
    accept = "application/json; probabilities=true"
    answer = server.predict(bodies[kind], kind, accept).document
    assert answer == {**expected, "model": "one"}
    lines = server.predict(bodies[kind], kind, "application/jsonlines; probabilities=true")
    assert [json.loads(line) for line in lines.text.splitlines()] == expected["predictions"]


def test_channels_gaps_and_unequal_lengths(server: Server, folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    series = [
        rng.standard_normal((2, length)).astype(np.float32).round(3)
        for length in (5, 30, LENGTH, 17)
    ]
    series[1][0, 4] = np.nan
    data = Dataset.from_arrays(series, name="some", unequal=True, layout="NCT")
    save_dataset(data, tmp_path / "some.ts")
    told = run("predict", folder / "two", tmp_path / "some.ts", "--proba", "--json").stdout
    instances = [
        [[None if np.isnan(value) else value for value in channel] for channel in one.tolist()]
        for one in series
    ]
    answer = server.predict(
        json.dumps({"instances": instances}), JSON, "application/json; probabilities=true", "pair"
    )
    assert answer.document == {**json.loads(told), "model": "pair"}
    padded = server.predict(npy(data.series), NPY, "application/json; probabilities=true", "pair")
    assert padded.document == answer.document


def test_a_form_may_send_a_file(server: Server) -> None:
    content = as_csv(some_series(3))
    form = (
        b"--x\r\nContent-Disposition: form-data; name=data; filename=new.csv\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--x--\r\n"
    )
    answer = server.predict(form, "multipart/form-data; boundary=x", CSV)
    assert (answer.status, answer.body) == (200, server.predict(content, CSV).body)
    no_file = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n"
    none = server.predict(no_file, "multipart/form-data; boundary=x")
    assert none.status == 400
    assert "a form of 0 files, expected one" in none.document["error"]
    assert server.predict(form, "multipart/form-data").status == 400


def test_many_at_a_time_get_the_answers_that_each_gets_alone(server: Server) -> None:
    bodies = [npy(some_series(1 + seed % 9, seed)) for seed in range(24)]
    alone = [server.predict(body, NPY, AS_PREDICT).body for body in bodies]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda body: server.predict(body, NPY, AS_PREDICT).body, bodies))
    assert together == alone


def test_models_are_named(server: Server, folder: Path) -> None:
    first, second = server.ask("/models").document["models"]
    assert (first["name"], first["default"], first["length"]) == ("one", True, LENGTH)
    assert (second["name"], second["unequal"], second["n_channels"]) == ("pair", True, 2)
    assert first["classes"] == list(map(str, Model.load(folder / "one").classes))
    body = npy(some_series(2)[:, None].repeat(2, axis=1))
    by_query = server.predict(body, NPY, JSON, "pair")
    by_header = server.ask("/invocations", body, NPY, JSON, **{"X-Tszoo-Model": "pair"})
    assert by_query.document == by_header.document
    assert by_query.document["model"] == "pair"
    assert server.predict(body, NPY).status == 400  # the default takes one channel
    missing = server.predict(body, NPY, model="x'y")
    assert missing.status == 404
    assert missing.document["error"].endswith("is served here, only one, pair.")


def test_it_says_that_it_is_there_and_what_it_did(server: Server) -> None:
    assert server.ask("/ping").status == 200
    assert set(server.ask("/version").document) == {"tszoo"}
    server.predict(b"?", CSV)
    text = server.ask("/metrics").text
    assert 'tszoo_requests_total{path="/invocations",status="400"}' in text
    assert "tszoo_request_seconds_bucket" in text
    assert "tszoo_requests_waiting 0.0" in text


def good() -> bytes:
    return as_csv(some_series(1))


REFUSED: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no such path": (404, "Not Found.", {"path": "/nothing"}),
    "another method": (405, "Method Not Allowed.", {"method": "PUT"}),
    "a word for a value": (400, "body.csv, line 2", {"body": good() + good().replace(b".", b"x")}),
    "nothing": (400, "body: empty.", {"body": b""}),
    "no JSON": (400, "body: not JSON", {"body": b"{", "kind": JSON}),
    "another JSON": (400, 'expected {"instances"', {"body": b"[1, 2]", "kind": JSON}),
    "a text in JSON": (
        400,
        "instance 0, point 1: 'a' is no number",
        {"body": b'{"instances": [[1, "a"]]}', "kind": JSON},
    ),
    "deep JSON": (400, "body: not JSON", {"body": b"[" * 100_000, "kind": JSON}),
    "an infinite value": (
        400,
        "infinite value",
        {"body": json.dumps({"instances": [[1e300] * LENGTH]}), "kind": JSON},
    ),
    "another length": (400, "3 values, expected 24", {"body": b"[1, 2, 4]", "kind": LINES}),
    "a pickle": (
        400,
        "body.npy: values of type |O, expected numbers",
        {"body": npy(np.array([{}], dtype=object)), "kind": NPY},
    ),
    "no type": (415, "no Content-Type: expected one of", {"kind": None}),
    "another type": (415, "'image/png': expected", {"kind": "image/png"}),
    "another answer": (406, "expected text/csv", {"accept": "image/png"}),
    "a parameter": (400, "probabilities='maybe'", {"accept": "text/csv; probabilities=maybe"}),
    "another encoding": (400, "no such encoding", {"kind": "text/csv; charset=runes"}),
    "packed": (415, "Content-Encoding: gzip", {"Content-Encoding": "gzip"}),
    "never calibrated": (400, "no scores to make", {"accept": "text/csv; coverage=0.9"}),
    "too large": (413, "body: 200001 bytes; 200000 is the most", {"body": b"1" * 200_001}),
    "large without a length": (413, "more bytes", {"body": iter([b"1" * 50_000] * 5)}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused_in_a_line(server: Server, name: str) -> None:
    status, message, asked = REFUSED[name]
    asked = {"path": "/invocations", "body": good(), "kind": CSV, "method": "POST", **asked}
    answer = server.ask(**asked)
    assert answer.status == status
    assert list(answer.document) == ["error"]
    assert message in answer.document["error"]
    assert "\n" not in answer.document["error"]


def test_a_large_body_is_refused_before_it_is_sent(server: Server) -> None:
    connection = server.connect()
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Type", CSV)
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()  # and no body
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.getheader("connection") == "close"
    connection.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_page_asks_so(server: Server, folder: Path, tmp_path: Path) -> None:
    series = some_series(3)
    (tmp_path / "new.csv").write_bytes(as_csv(series))
    (tmp_path / "new.npy").write_bytes(npy(series))
    (tmp_path / "new.jsonl").write_text("\n".join(map(str, series.tolist())))
    page = pages.DOCS / "serve.md"
    first = next(text for kind, text in pages.blocks(page) if kind == "sh")
    row = json.dumps(series[0].tolist())
    asked = first.replace("[0.1, 0.5, 0.2]", row).replace(":8080", f":{server.port}")
    answers = []
    for line in asked.strip().splitlines():
        command = [*shlex.split(line), "--silent", "--show-error", "--fail"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        answers.append(done.stdout)
    ping, table, document, lines, array, form = answers
    labels = table.split()
    assert ping == "ok\n"
    assert [json.loads(document)["predictions"][0]["label"]] == labels[:1]
    assert [json.loads(line)["label"] for line in lines.splitlines()] == labels
    for told in (array, form):
        assert [one["label"] for one in json.loads(told)["predictions"]] == labels
    (python,) = pages.python_blocks(page)
    exec(compile(python.replace("inception.Beef", str(folder / "one")), "serve.md", "exec"), {})


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
TREES = st.recursive(
    VALUES, lambda inside: st.lists(inside, max_size=5) | st.dictionaries(st.text(), inside)
)
INSTANCES = st.fixed_dictionaries({"instances": TREES}) | TREES
ROWS = st.lists(st.text('0123456789.,eE+-\n\r\t;" nNaA?', max_size=60), max_size=8)
MUTATED = st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)).map(
    lambda change: (
        npy(some_series(2))[: change[0]]
        + change[1]
        + npy(some_series(2))[change[0] + len(change[1]) :]
    )
)
PARTS = st.sampled_from(
    [
        b"--x",
        b"--x--",
        b"\r\n",
        b"Content-Disposition: form-data; name=a; filename=a.csv",
        b"1,2",
        b":",
    ]
)
FORMS = st.lists(PARTS | st.binary(max_size=5), max_size=12).map(b"".join)
BODIES = st.one_of(
    st.binary(max_size=300),
    INSTANCES.map(lambda tree: json.dumps(tree).encode()),
    ROWS.map(lambda rows: "\n".join(rows).encode()),
    MUTATED,
    FORMS,
)
KINDS = st.sampled_from(
    [
        *(CSV, JSON, LINES, NPY, "multipart/form-data; boundary=x", "multipart/form-data"),
        *("text/csv; header=present", "text/csv; charset=utf-16", "a/b", ";", ""),
    ]
)
ACCEPTED = st.sampled_from(
    ["*/*", CSV, AS_PREDICT, JSON, "application/json; coverage=nan", "text/csv;q=x", "text/*,;=,"]
)


@given(body=BODIES, kind=KINDS, accept=ACCEPTED, model=st.sampled_from(["one", "pair"]))
@settings(max_examples=80)
def test_no_body_makes_it_fail(
    server: Server, body: bytes, kind: str, accept: str, model: str
) -> None:
    answer = server.predict(body, kind, accept, model)
    assert answer.status in (200, 400, 406, 415)
    if answer.status != 200:
        assert list(answer.document) == ["error"]
