"""``tszoo sweep``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.command_line import process, run, write_folder
from tszoo.cli.varied import read_varied
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.study.results import read_results
from tszoo.training.watch.runlog import read_runlog

TINY = ("--set", "filters=2", "--set", "bottleneck=2", "--set", "kernel_lengths=[8,4]")
FEW = ("--epochs", 2, "--device", "cpu", "--precision", "float32", "--jobs", 1)
DEPTHS = ("--vary", "depth=1,2", *TINY, *FEW)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


def test_every_trial_a_row_and_the_best_a_model(mine: Path, tmp_path: Path) -> None:
    out, model, plot = tmp_path / "s", tmp_path / "model", tmp_path / "plot"
    command = ("sweep", mine, *DEPTHS, "--repeats", 2, "--out", out)
    told = process(*command, "--best", model, "--plot", plot)
    assert told.returncode == 0, told.stderr
    rows = read_results(out / "results.csv")
    assert [(row.values["depth"], row.repeat) for row in rows] == [(1, 1), (2, 1), (1, 2), (2, 2)]
    table = [line.split() for line in told.stdout.splitlines() if line.strip()[:2] in ("1 ", "2 ")]
    for depth, words in zip((1, 2), table, strict=True):
        some = [row.outcome for row in rows if row.values["depth"] == depth]
        assert words[1] == f"{sum(o.validation_accuracy for o in some) / 2:.3f}"
        assert words[4] == f"{sum(o.test_accuracy for o in some) / 2:.3f}"
        assert words[6:] == ["2", "0"]
    (chosen,) = [line for line in told.stdout.splitlines() if line.startswith("best by")]
    depth = int(chosen.rpartition("=")[2])
    fitted = Model.load(model)
    assert fitted.config.architecture_args["depth"] == depth
    assert fitted.config.trained_on.n_series == 24
    names = {path.name for path in plot.iterdir()}
    tables = {"accuracy.csv", "validation_accuracy.csv", "test_accuracy.csv"}
    confusions = {"confusion-Mine.png", "confusion-Mine.csv"}
    seconds = {"seconds.png", "seconds.csv"}
    assert names == {"accuracy.png", "curves.png", *seconds, *tables, *confusions}
    assert "depth=1" in (plot / "test_accuracy.csv").read_text().splitlines()[0]
    assert len(read_runlog(out / "logs" / "0001.jsonl").members[0].epoch) == 2


def test_json_says_all_of_it(mine: Path, tmp_path: Path) -> None:
    command = ("sweep", mine, *DEPTHS, "--out", tmp_path / "s", "--json")
    document = json.loads(run(*command).stdout)
    assert (document["trials"], document["left"], document["model"]) == (2, 0, None)
    assert [line["values"] for line in document["lines"]] == [{"depth": 1}, {"depth": 2}]
    assert document["best"] in ({"depth": 1}, {"depth": 2})


def test_several_data_sets_are_compared_and_nodes_drawn(mine: Path, tmp_path: Path) -> None:
    other = write_folder(tmp_path / "Other", name="Other", seed=9)
    plot = tmp_path / "plot"
    command = ("sweep", mine, other, *DEPTHS, "--record-nodes", "--out", tmp_path / "s")
    run(*command, "--plot", plot)
    drawn = {path.name for path in plot.glob("*.png")}
    assert {"critical-difference-depth.png", "nodes-Mine.png", "nodes-Other.png"} <= drawn
    lines = (plot / "critical-difference.csv").read_text().splitlines()
    assert sorted(line.split(",")[1] for line in lines[1:]) == ["1", "2"]


def test_a_dry_run_says_what_would_be_tried(mine: Path, tmp_path: Path) -> None:
    vary = ("--vary", "depth=3,9", "--vary", "kernel_lengths=[8,4,2],[40,20,10]")
    command = ("sweep", mine, *vary, "--dry-run", "--out", tmp_path / "s")
    told = run(*command)
    assert "4 trials: 4 combinations, 1 data set, 1 repeat" in told.stdout
    alone = json.loads(run(*command, "--one-at-a-time", "--json").stdout)
    assert alone["values"] == [
        {"depth": 6, "kernel_lengths": [40, 20, 10]},
        {"depth": 3, "kernel_lengths": [40, 20, 10]},
        {"depth": 9, "kernel_lengths": [40, 20, 10]},
        {"depth": 6, "kernel_lengths": [8, 4, 2]},
    ]
    assert not (tmp_path / "s").exists()


def test_a_preset_may_be_changed(mine: Path, tmp_path: Path) -> None:
    preset = ("--preset", "sagemaker", "--epochs", 3, "--vary", "filters=8")
    told = run("sweep", mine, *preset, "--dry-run", "--out", tmp_path / "s", "--json")
    document = json.loads(told.stdout)
    assert "epochs" not in document["values"][0]
    assert [row["filters"] for row in document["values"][:2]] == [32, 8]


def test_what_is_asked_for_holds_although_a_preset_has_another_default(
    mine: Path, tmp_path: Path
) -> None:
    command = ("sweep", mine, "--preset", "inceptiontime", "--dry-run", "--out", tmp_path / "s")
    document = json.loads(run(*command, "--json").stdout)
    assert [row["members"] for row in document["values"][:2]] == [5, 5]
    document = json.loads(run(*command, "--members", 1, "--json").stdout)
    assert not any("members" in row for row in document["values"])
    twice = ("--members", 1, "--vary", "members=1,5")
    assert "members is varied and set." in run(*command, *twice, status=1).stderr


def test_data_to_choose_by_may_be_others(mine: Path, tmp_path: Path) -> None:
    other = write_folder(tmp_path / "Other", name="Other", seed=9)
    command = ("sweep", mine, *DEPTHS, "--validation", other / "Other_TRAIN.csv")
    run(*command, "--out", tmp_path / "s")
    assert len(read_results(tmp_path / "s" / "results.csv")) == 2


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--vary", "depth"), 1, "--vary depth: expected KEY=V1,V2,…"),
        (("--vary", "depth=1,"), 1, "--vary depth=1,: expected KEY=V1,V2,…"),
        (("--vary", "dept=1"), 1, "dept cannot be varied; did you mean depth?"),
        (("--vary", "epochs=1", "--epochs", 2), 1, "epochs is varied and set."),
        (("--vary", "depth=1", "--budget", "90"), 1, "--budget must be a time"),
        (("--vary", "n_series=4", "--best", "m"), 1, "so n_series cannot be chosen"),
        ((), 2, "Missing option '--vary'"),
        (("--vary", "depth=1", "--vary", "depth=2"), 1, "--vary depth is there twice"),
    ],
)
def test_bad_input(options: tuple, status: int, message: str, mine: Path, tmp_path: Path) -> None:
    told = run("sweep", mine, *options, "--out", tmp_path / "s", status=status)
    assert message in " ".join(told.output.split())
    assert not (tmp_path / "s" / "results.csv").exists()


def test_another_sweep_in_the_folder_is_told(mine: Path, tmp_path: Path) -> None:
    run("sweep", mine, *DEPTHS, "--out", tmp_path / "s")
    other = ("--vary", "depth=1,3", *TINY, *FEW)
    told = run("sweep", mine, *other, "--out", tmp_path / "s", status=1)
    assert "holds another sweep: vary.depth was [1, 2] and is [1, 3]" in told.output


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_the_first_interrupt_lets_a_trial_end(mine: Path, tmp_path: Path) -> None:
    command = ("sweep", mine, "--vary", f"depth={','.join(map(str, range(1, 60)))}", *TINY, *FEW)
    out = tmp_path / "s"
    going = warm.Popen(
        [sys.executable, "-m", "tszoo", *map(str, command), "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    results = out / "results.csv"
    while not results.exists() and going.poll() is None:
        time.sleep(0.02)
    going.send_signal(signal.SIGINT)
    _, errors = going.communicate()
    assert going.returncode == 130
    n_ended = len(read_results(results))
    assert 1 <= n_ended < 59
    left = f"interrupted: {59 - n_ended} of 59 trials are left; the same command goes on."
    assert errors.rstrip().endswith(left)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_killed_it_goes_on(mine: Path, tmp_path: Path) -> None:
    command = ("sweep", mine, "--vary", "depth=1,2,3,4,5,6", *TINY, *FEW, "--out", tmp_path / "s")
    going = warm.Popen(
        [sys.executable, "-m", "tszoo", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "s" / "results.csv").exists() and going.poll() is None:
        time.sleep(0.02)
    going.kill()
    going.wait()
    before = read_results(tmp_path / "s" / "results.csv")
    assert before
    run(*command)
    after = read_results(tmp_path / "s" / "results.csv")
    assert len(after) == 6
    assert after[: len(before)] == before


def test_values_are_split_at_commas_outside_of_brackets() -> None:
    options = ["kernel_lengths=[40,20,10],[8]", "recipe=fast,paper", "residual=true,false"]
    assert read_varied([*options, "lr=1e-3,0.1"]) == {
        "kernel_lengths": [[40, 20, 10], [8]],
        "recipe": ["fast", "paper"],
        "residual": [True, False],
        "lr": [0.001, 0.1],
    }
    with pytest.raises(OptionError, match="expected KEY=V1,V2"):
        read_varied(["=1"])
