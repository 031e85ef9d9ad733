"""A file comes in, and the page says how it was read; whatever is in it."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette")

from tests.support.desks import csv_of, key_of, page, send
from tests.support.toys import make_toy
from tszoo.data import save_dataset

HOSTILE = "<script>alert(1)</script>"


def files(tmp_path: Path) -> dict[str, bytes]:
    """One data set in every format."""
    made = {"toy.csv": csv_of(20), "toy.csv.gz": b""}
    toy = make_toy(20)
    for suffix in (".ts", ".tsv", ".arff", ".npz"):
        path = tmp_path / f"toy{suffix}"
        save_dataset(toy, path)
        made[path.name] = path.read_bytes()
    import gzip

    made["toy.csv.gz"] = gzip.compress(made["toy.csv"])
    return made


def test_every_format_is_read_and_described(tmp_path: Path) -> None:
    with page() as (client, _):
        for name, content in files(tmp_path).items():
            text = send(client, content, name).text
            assert "Looks right" in text, name
            for told in ("<dd>20</dd>", "<dd>32 points</dd>", "<dd>2</dd>", "<polyline"):
                assert told in text, (name, told)


def test_parquet_is_read(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    toy = make_toy(20)
    columns = {"class": [f"c{k}" for k in toy.require_labels()]}
    columns |= {f"t{k}": toy.series[:, 0, k].tolist() for k in range(32)}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "toy.parquet")
    with page() as (client, _):
        text = send(client, (tmp_path / "toy.parquet").read_bytes(), "toy.parquet").text
        assert "Looks right" in text
        assert "Column 1: class" in text


def test_lists_in_cells_and_copies_are_told(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    toy = make_toy(20)
    lists = [row.tolist() for row in toy.series[:, 0]]
    columns = {"class": [f"c{k}" for k in toy.require_labels()] * 2, "values": lists * 2}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "toy.parquet")
    with page() as (client, _):
        text = send(client, (tmp_path / "toy.parquet").read_bytes(), "toy.parquet").text
        assert "Looks right" in text
        assert "<dd>32 points</dd>" in text
        assert "<dd>40, of which 20 are copies of others</dd>" in text


def test_a_guess_that_is_wrong_is_corrected_by_the_form() -> None:
    with page() as (client, _):
        answer = send(client, csv_of(20, last=True))
        assert "mine.csv, line 1, column 33" in answer.text  # by its own name
        assert "“Labels”: last" in answer.text
        assert "label_column" not in answer.text
        assert "Looks right" not in answer.text
        key = key_of(answer)
        said = {"header": "no", "label": "last", "id": "", "hold": "yes"}
        part = client.post(f"/works/{key}/reading", data=said, headers={"hx-request": "true"})
        assert "Looks right" in part.text
        assert "<html" not in part.text
        whole = client.post(f"/works/{key}/reading", data=said, follow_redirects=True)
        assert "label: column 33" in whole.text


def test_ids_and_gaps_are_told() -> None:
    lines = ["name,state,t0,t1,t2,t3", "r1,x,1,2,,4", "r2,y,2,1,3,1", "r3,x,1,2,5,4"]
    with page() as (client, _):
        key = key_of(send(client, "\n".join(lines).encode()))
        said = {"header": "yes", "label": "2", "id": "1", "hold": "no"}
        text = client.post(f"/works/{key}/reading", data=said, follow_redirects=True).text
        assert "<dd>r1, …</dd>" in text
        assert "<dd>1 values</dd>" in text
        assert text.count("<polyline") == 4  # the gap parts a line


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", "not a format that is read here"),
        ("a.csv", b"", "the file is empty"),
        ("a.npz", b"no zip at all", "a.npz"),
        ("a.ts", b"@nothing", "a.ts"),
        ("a.csv", b"\xff\xfe\x00", "a.csv"),
    ],
)
def test_bad_files_are_one_line_and_never_a_traceback(name: str, content: bytes, said: str) -> None:
    with page() as (client, _):
        answer = send(client, content, name)
        assert answer.status_code in (200, 400)
        assert 'class="error"' in answer.text
        assert said in answer.text
        assert "Traceback" not in answer.text


def test_a_form_without_a_file_is_told_so() -> None:
    with page() as (client, _):
        for answer in (
            client.post("/works", data={"file": "text"}),
            client.post("/works", files={"other": ("a.csv", b"1")}),
            client.post("/works", content=b"--", headers={"content-type": "multipart/form-data"}),
        ):
            assert answer.status_code == 400
            assert 'class="error"' in answer.text


def test_labels_and_names_are_text_and_nothing_else() -> None:
    labels = (HOSTILE, '"><img src=x onerror=alert(1)>')
    with page() as (client, _):
        text = send(client, csv_of(20, labels), f"{HOSTILE}.csv").text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" not in text  # a path: its end alone
        assert "script&gt;.csv" in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "..\\..\\evil.csv", "/etc/evil.csv", "data.upload.json\0.csv"]
)
def test_a_name_is_shown_and_never_a_path(name: str) -> None:
    with page() as (client, desk):
        before = set(desk.folder.parent.iterdir())
        work = desk.find(key_of(send(client, csv_of(10), name)))
        assert work is not None
        assert {path.name for path in work.folder.iterdir()} == {
            "data.csv",
            "data.upload.json",
            "asked.json",
        }
        assert set(desk.folder.parent.iterdir()) - before == set()


def test_works_are_private_and_gone_when_deleted_and_at_the_end() -> None:
    with page() as (client, desk):
        assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700
        one, other = key_of(send(client, csv_of(10))), key_of(send(client, csv_of(12)))
        assert one != other
        client.post(f"/works/{one}/delete")
        assert desk.find(one) is None
        assert client.get(f"/works/{one}").status_code == 404
        assert client.get(f"/works/{other}").status_code == 200
        for strange in ("%2e%2e%2fwork", "0" * 24, "cache", one.upper()):
            assert client.get(f"/works/{strange}").status_code == 404
    assert not desk.folder.exists()


def test_a_file_without_labels_or_with_one_class_cannot_go_on() -> None:
    with page() as (client, _):
        text = send(client, csv_of(10, ("only",))).text
        assert "only one class" in text
        assert "Looks right" not in text
        content = io.BytesIO()
        np.savez(content, X=np.ones((4, 1, 9)) * np.arange(9.0))
        text = send(client, content.getvalue(), "a.npz").text
        assert "no labels" in text
        assert "Looks right" not in text


def test_works_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tszoo.serving.page.desk.MOST_WORKS", 2)
    with page() as (client, _):
        assert [send(client, csv_of(10)).status_code for _ in range(3)] == [200, 200, 400]


def test_the_example_can_be_learnt_at_once() -> None:
    with page() as (client, _):
        text = client.post("/works/example", follow_redirects=True).text
        assert "Looks right" in text
        assert "pulse" in text
