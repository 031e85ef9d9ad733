"""Where commands write.

Found out before the work, made where it is missing, and never something else's place.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

# loaded before a test patches what they import, which they would keep
import tszoo.publishing.claims
import tszoo.transfer.planning
import tszoo.transfer.pretrain  # noqa: F401
from tests.support.command_line import run, write_folder
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.models.save import check_target
from tszoo.training.watch.runlog import read_runlog

TINY = (
    "--set",
    "depth=1",
    "--set",
    "filters=2",
    "--set",
    "kernel_lengths=[8,4]",
    "--set",
    "bottleneck=2",
)
FEW = ("--members", "1", "--epochs", "1", "--device", "cpu", "--precision", "float32")
SCRATCH = ("--source", "none", *FEW, *TINY)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    make_model().save(folder)
    return folder


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if data are read: what cannot be written is known before."""

    def read(*_: object, **__: object) -> None:
        pytest.fail("the work has begun")

    for name in (
        "tszoo.data.load.load_dataset",
        "tszoo.data.load_dataset",
        "tszoo.training.watch.runlog.read_runlog",
    ):
        monkeypatch.setattr(name, read)
    monkeypatch.setattr("tszoo.zoo.place.load_folder", read)


def everything(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


WRITERS = {
    "finetune": ("finetune", "MINE", *SCRATCH, "--out"),
    "finetune --log": ("finetune", "MINE", "--out", "HERE/m", *SCRATCH, "--log"),
    "finetune --record": ("finetune", "MINE", "--out", "HERE/m", *SCRATCH, "--record"),
    "finetune --tensorboard": ("finetune", "MINE", "--out", "HERE/m", *SCRATCH, "--tensorboard"),
    "calibrate": ("calibrate", "MODEL", "MINE", "--out"),
    "predict": ("predict", "MODEL", "MINE", "--out"),
    "recommend": ("recommend", "MINE", "--plot"),
    "similarity": ("similarity", "MINE", "MODEL", "--out"),
    "similarity --plot": ("similarity", "MINE", "MODEL", "--out", "HERE/d.csv", "--plot"),
    "similarity --map": ("similarity", "MINE", "MODEL", "--out", "HERE/d.csv", "--map"),
    "runlog": ("runlog", "MINE", "--plot"),
    "datasets convert": ("datasets", "convert", "MINE"),
}


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("command", WRITERS)
def test_what_cannot_be_written_is_refused_before_the_work(
    command: str, mine: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    names = {"MINE": str(mine), "MODEL": str(model)}
    arguments = [names.get(one, one.replace("HERE", str(tmp_path))) for one in WRITERS[command]]
    before = everything(tmp_path)
    places = [tmp_path / "file" / "deep" / "x.png"]
    if sys.platform == "linux":
        places.append(Path("/proc/nobody/x.png"))  # where even root, who may write anywhere, cannot
    for place in places:
        done = run(*arguments, place, status=1)
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: ")
        assert str(place) in line
        assert "cannot be written" in line
        assert not done.stdout
    assert everything(tmp_path) == before


def test_missing_parents_are_made(mine: Path, model: Path, tmp_path: Path) -> None:
    new = tmp_path / "a" / "b"
    run("predict", model, mine, "--out", new / "p" / "p.csv")
    assert len((new / "p" / "p.csv").read_text().splitlines()) == 25
    run("datasets", "convert", mine, new / "c" / "c.csv")
    other = write_folder(tmp_path / "Other", name="Other", seed=9)
    run(
        "similarity",
        mine,
        other,
        "--out",
        new / "s" / "d.csv",
        "--plot",
        new / "t" / "d.png",
        "--map",
        new / "m.svg",
    )
    run("finetune", mine, "--out", new / "f" / "m", *SCRATCH, "--log", new / "l" / "run.jsonl")
    run("runlog", new / "l" / "run.jsonl", "--plot", new / "r" / "run.png")
    for place in (
        "c/c.csv",
        "s/d.csv",
        "t/d.png",
        "m.svg",
        "f/m/config.json",
        "l/run.jsonl",
        "r/run.png",
    ):
        assert (new / place).is_file(), place


def test_a_zoo_that_cannot_be_written_is_refused_before_training(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tszoo.transfer.fit.fit_ensemble", lambda *_, **__: pytest.fail("training has begun")
    )
    (tmp_path / "file").write_text("in the way")
    error = run("pretrain", mine, "--out", tmp_path / "file" / "zoo", *FEW, *TINY, status=1).stderr
    assert "inception.Mine: the model cannot be written (Not a directory)" in error


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a_model_does_not_take_the_place_of_the_folder_one_is_in(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: tuple[str, ...]
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for place in (".", folder):
        error = run("finetune", mine, "--out", place, *SCRATCH, *overwrite, status=1).stderr
        assert error == (
            f"error: {folder}: the folder that you are in, and a model's folder is made anew. Name "
            "another, or one in it.\n"
        )
    assert (
        "name the folder that is to be made"
        in run("finetune", mine, "--out", "new/..", status=1).stderr
    )
    check_target(folder / "new", overwrite=False)
    assert list(folder.iterdir()) == []


def test_a_folder_of_the_users_is_never_cleared_away(mine: Path, tmp_path: Path) -> None:
    own = tmp_path / "m.training"
    own.mkdir()
    (own / "thesis.txt").write_text("years of work")
    error = run("finetune", mine, "--out", tmp_path / "m", *SCRATCH, status=1).stderr
    assert error.startswith(f"error: {own}: holds thesis.txt, which no training put there")
    zoo = tmp_path / "zoo"
    kept = zoo / ".training" / "inception.Mine"
    kept.mkdir(parents=True)
    (kept / "thesis.txt").write_text("years of work")
    assert "holds thesis.txt" in run("pretrain", mine, "--out", zoo, *FEW, *TINY, status=1).stderr
    (kept / "thesis.txt").rename(kept.parent / "thesis.txt")
    run("pretrain", mine, "--out", zoo, *FEW, *TINY)
    assert (
        (own / "thesis.txt").read_text()
        == (kept.parent / "thesis.txt").read_text()
        == "years of work"
    )
    assert not kept.exists()


def test_what_is_put_there_meanwhile_stays(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tszoo.models import model as module

    whole = module.save_parts

    def save(*arguments: object, **options: object) -> None:
        (tmp_path / "m.training" / "notes.txt").write_text("mine")
        whole(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "save_parts", save)
    run("finetune", mine, "--out", tmp_path / "m", *SCRATCH)
    assert [path.name for path in (tmp_path / "m.training").iterdir()] == ["notes.txt"]


def test_a_log_is_replaced_in_words_and_nothing_else_is(mine: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.touch()
    command = ("finetune", mine, "--out", tmp_path / "m", "--overwrite", *SCRATCH, "--log")
    assert "replaced" not in run(*command, log).stderr
    line = f"{log}: the log of an earlier run is replaced (--resume goes on with it)\n"
    assert line in run(*command, log, "--epochs", "2").stderr
    assert read_runlog(log).members[0].epoch.tolist() == [1, 2]
    for content in ("0,1,2,3\n", "[]\n", '{"kind": "walk"}\n', "\ufeff"):
        (tmp_path / "data.csv").write_text(content)
        error = run(*command, tmp_path / "data.csv", status=1).stderr
        assert error.startswith(f"error: --log {tmp_path / 'data.csv'}: exists and is no run log")
        assert (tmp_path / "data.csv").read_text() == content


def test_predictions_leave_other_files_alone(mine: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv.tmp").write_text("mine")
    run("predict", model, mine, "--out", tmp_path / "p.csv")
    assert (tmp_path / "p.csv.tmp").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.csv.tmp"]
    if sys.platform != "win32":
        assert (
            "--out /dev/null: exists and is no file"
            in run("predict", model, mine, "--out", "/dev/null", status=1).stderr
        )


def test_predictions_that_fail_begin_no_table(model: Path, tmp_path: Path) -> None:
    two_channels = make_toy(6, n_channels=2)
    np.savez(tmp_path / "two.npz", X=two_channels.series)
    for option in ((), ("--out", tmp_path / "p.csv")):
        done = run("predict", model, tmp_path / "two.npz", *option, status=1)
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
    assert not (tmp_path / "p.csv").exists()


def test_all_data_and_places_are_looked_at_before_the_first_is_trained(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tszoo.transfer.fit.fit_ensemble", lambda *_, **__: pytest.fail("training has begun")
    )
    other = write_folder(tmp_path / "Other", name="Other")
    alone = tmp_path / "alone.csv"
    alone.write_text("a,1,2,3\na,3,1,2\n")
    again = write_folder(tmp_path / "more" / "Mine", seed=8)
    make_model().save(tmp_path / "zoo" / "inception.Other")
    command = ("pretrain", "--out", tmp_path / "zoo", *FEW, *TINY, mine)
    assert "alone: only one class (a)" in run(*command, alone, status=1).stderr
    assert "inception.Other: there is a model already" in run(*command, other, status=1).stderr
    assert (
        f"{mine} and {again} would both be inception.Mine" in run(*command, again, status=1).stderr
    )
    assert [path.name for path in (tmp_path / "zoo").iterdir()] == ["inception.Other"]


def test_pretrain_says_in_json_what_the_zoo_has_now(mine: Path, tmp_path: Path) -> None:
    command = ("pretrain", mine, "--out", tmp_path / "zoo", *FEW, *TINY, "--json")
    document = json.loads(run(*command).stdout)
    assert document["zoo"] == str(tmp_path / "zoo")
    (one,) = document["models"]
    assert (one["model"], one["dataset"], one["written"], one["epochs"]) == (
        "inception.Mine",
        "Mine",
        True,
        1,
    )
    assert one["test"]["n_series"] == 24
    again = json.loads(run(*command, "--resume").stdout)
    assert again["models"] == [{**one, "written": False}]
