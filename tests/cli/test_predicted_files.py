"""``tszoo predict MODEL A B …``: a CSV each, the same however many are done at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import warm
from tests.support.command_line import fresh_process, process, run
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.cli import predicted_files
from tszoo.data import save_dataset


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "my-model"
    make_model().save(folder)
    return folder


def write(folder: Path, n_files: int, n_series: int = 8) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"day.{k}.csv" for k in range(n_files)]
    for k, path in enumerate(paths):
        save_dataset(make_toy(n_series, seed=k), path)
    return paths


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_file_is_as_if_it_were_alone(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in", 3)
    alone = tmp_path / "alone"
    for path in data:
        run("predict", model, path, "--proba", "--out", alone / path.name)
    told = run("predict", model, *data, "--proba", "--out", tmp_path / "one").stderr
    assert f"wrote {tmp_path / 'one' / 'day.2.csv'}: 8 series" in told
    both = ("--out", tmp_path / "two", "--jobs", 2)
    done = fresh_process("predict", model, *data, "--proba", *both)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(alone)
    assert len(contents(alone)) == 3


def test_what_is_there_is_kept_or_refused(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in", 2)
    out = tmp_path / "out"
    out.mkdir()
    (out / "day.0.csv").write_text("mine")
    refused = run("predict", model, *data, "--out", out, status=1).stderr
    assert refused == (
        f"error: {out / 'day.0.csv'}: already there. Name another folder, or keep it by --resume.\n"
    )
    assert list(contents(out)) == ["day.0.csv"]
    told = json.loads(run("predict", model, *data, "--out", out, "--resume", "--json").stdout)
    assert (out / "day.0.csv").read_text() == "mine"
    assert [file["n_series"] for file in told["files"]] == [None, 8]
    assert [Path(file["out"]).name for file in told["files"]] == ["day.0.csv", "day.1.csv"]
    kept = run("predict", model, *data, "--out", out, "--resume").stderr
    assert kept.splitlines()[-1] == "kept 2 that were there"


def test_one_file_into_a_folder(model: Path, tmp_path: Path) -> None:
    (data,) = write(tmp_path / "in", 1)
    run("predict", model, data, "--out", tmp_path / "new", "--jobs", 1)
    (tmp_path / "old").mkdir()
    run("predict", model, data, "--out", tmp_path / "old")
    assert contents(tmp_path / "new") == contents(tmp_path / "old")


def test_bad_input_is_one_line(model: Path, tmp_path: Path) -> None:
    a, b = write(tmp_path / "in", 2)
    twin = tmp_path / "day.0.ts"
    out = ("--out", tmp_path / "out")

    def refused(*arguments: object) -> str:
        (line,) = run("predict", model, *arguments, status=1).stderr.splitlines()
        return line.removeprefix("error: ")

    assert refused(a, b) == "name a folder with --out, for a CSV of each DATA."
    assert refused(a, "-", *out).startswith("-: standard input is no file")
    place = tmp_path / "out" / "day.0.csv"
    assert refused(a, twin, *out).startswith(f"{twin}: {place} is another's.")
    assert refused(a, "--resume", "--out", tmp_path / "in").startswith(f"{a}: its predictions")
    labels = ("--labels", tmp_path / "labels.txt")
    assert "the labels of one file, and there are 2" in refused(a, b, *labels, *out)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_file_that_cannot_be_read_loses_no_other(jobs: int, model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in", 3)
    data[2].write_text("no,numbers,here\n")
    out = tmp_path / "out"
    done = process("predict", model, *data, "--out", out, "--jobs", jobs)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "day.2.csv" in done.stderr.splitlines()[-1]
    assert {"day.0.csv"} <= set(contents(out)) <= {"day.0.csv", "day.1.csv"}


def test_ctrl_c_loses_nothing_that_is_done(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "in", 3)
    whole, out = tmp_path / "whole", tmp_path / "out"
    run("predict", model, *data, "--out", whole)
    predict_one = predicted_files.predict_one

    def interrupted(model: Any, place: str, *rest: Any) -> Any:
        if place == str(data[1]):
            raise KeyboardInterrupt
        return predict_one(model, place, *rest)

    monkeypatch.setattr(predicted_files, "predict_one", interrupted)
    run("predict", model, *data, "--out", out, status=130)
    assert contents(out) == {"day.0.csv": contents(whole)["day.0.csv"]}
    monkeypatch.undo()
    run("predict", model, *data, "--out", out, "--resume")
    assert contents(out) == contents(whole)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as POSIX sends it")
def test_ctrl_c_ends_all_processes(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in", 60, 100)
    out = tmp_path / "out"
    words = ["predict", model, *data, "--out", out, "--jobs", 2]
    with warm.Popen(
        [sys.executable, "-m", "tszoo", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        while not list(out.glob("*.csv")):
            assert child.poll() is None
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGINT)  # a terminal sends it to all of them
        assert child.stderr is not None
        said = child.stderr.read()
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1] == "interrupted"
    done = contents(out)
    assert 1 <= len(done) < 60
    assert all(content.count(b"\n") == 101 for content in done.values())
    run("predict", model, *words[2:], "--resume")
    assert contents(out).items() >= done.items()
    assert len(contents(out)) == 60
    assert np.unique([content.count(b"\n") for content in contents(out).values()]) == 101


def test_answers_for_many_classes_are_held_in_parts_and_stay_the_same(tmp_path, monkeypatch):
    toy = make_toy(24, n_classes=3)
    make_model(toy).save(tmp_path / "m")
    save_dataset(toy, tmp_path / "toy.csv")
    args = ("predict", str(tmp_path / "m"), str(tmp_path / "toy.csv"))
    whole = run(*args).stdout
    monkeypatch.setattr("tszoo.cli.predicted.MOST_PROBABILITIES", 3 * 5)
    assert run(*args).stdout == whole
    assert len(whole.splitlines()) == 25
