"""The script that trains the zoo of a plan.

Real runs on toy data, stopped in every way, and the plan itself.
"""

from __future__ import annotations

import csv
import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support import warm
from tests.support.places import ROOT
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.data.ucr.table import archive_sets, read_sets
from tszoo.models.load import load_config
from tszoo.zoo.zoo import Zoo

SCRIPTS = ROOT / "scripts"
COLUMNS = "datasets,architecture,members,recipe,joint"
TINY = (
    "--set",
    "depth=1",
    "--set",
    "filters=2",
    "--set",
    "kernel_lengths=[8,4]",
    "--set",
    "bottleneck=2",
    "--device",
    "cpu",
    "--precision",
    "float32",
    "--side-by-side",
    "1",
    "--checkpoint-seconds",
    "0",
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    for seed, name in enumerate(("One", "Two")):
        (root / name).mkdir()
        toy = make_toy(12, length=20 + 4 * seed, seed=seed)
        labels = [toy.classes[k] for k in toy.labels]
        save_dataset(
            Dataset.from_arrays(toy.series, labels, name=name), root / name / f"{name}_TRAIN.tsv"
        )
    (root / "Bad").mkdir()
    (root / "Bad" / "Bad_TRAIN.tsv").write_text("1\t2.0\t3.0\n1\t2.0\t4.0\n")
    (root / "OnlyTest").mkdir()
    (root / "OnlyTest" / "OnlyTest_TEST.tsv").write_text("1\t2.0\t3.0\n2\t2.0\t4.0\n")
    return root


def write_plan(folder: Path, *rows: str) -> Path:
    path = folder / "plan.csv"
    path.write_text("\n".join((COLUMNS, *rows)) + "\n", encoding="utf-8")
    return path


def command(archive: Path, zoo: Path, plan: Path, *options: object) -> list[str]:
    own = ("--plan", plan, *TINY, *options)
    return [
        sys.executable,
        str(SCRIPTS / "pretrain_zoo.py"),
        str(archive),
        str(zoo),
        *map(str, own),
    ]


def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = warm.run(command(*arguments), capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture
def here(monkeypatch, capsys):
    """Run the script in this process, where it starts no other one."""

    def call(*arguments: object, status: int = 0) -> SimpleNamespace:
        _, *words = command(*arguments)
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(words[0], run_name="__main__")
        said = capsys.readouterr()
        assert ended.value.code == status, said
        return SimpleNamespace(stdout=said.out, stderr=said.err)

    return call


def log_of(zoo: Path) -> list[dict[str, str]]:
    with (zoo / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ends(zoo: Path) -> list[tuple[str, str, str, str]]:
    return [(row["model"], row["found"], row["done"], row["ended"]) for row in log_of(zoo)]


@pytest.mark.slow
def test_a_plan_becomes_a_zoo_and_a_log(archive, tmp_path):
    plan = write_plan(
        tmp_path,
        "Bad,inception,1,fast,",
        "Gone,inception,5,fast,",
        "OnlyTest,fcn,1,fast,",
        "One,inception,2,fast,",
    )
    zoo = tmp_path / "zoo"
    dry = run(archive, zoo, plan, "--dry-run").stdout.splitlines()
    assert dry[1:] == [
        "2 of 4  inception.Gone: no such data set: Gone",
        "3 of 4  fcn.OnlyTest: no such data set: OnlyTest",
        "4 of 4  inception.One: 12 series of 20 points; 2 members; fast",
    ]
    assert not zoo.exists()

    done = run(archive, zoo, plan, "--epochs", "2", "--budget", "1h", status=1).stdout
    begun = (
        r"^4 of 4  inception\.One: 12 series of 20 points; 2 members; fast; \d+ min left \.\.\. "
        r"done in \d+"
    )
    assert re.search(begun, done, re.MULTILINE)
    assert "\n1 done, 1 failed, 2 no such data set\ninception.Bad: failed: error: " in done
    assert load_config(zoo / "inception.One").training.epochs == (2, 2)
    assert [entry.model for entry in Zoo(zoo).models] == ["inception.One"]
    assert sorted(path.name for path in zoo.iterdir() if not path.name.startswith("inception")) == [
        "catalogue.json",
        "catalogue.safetensors",
        "log.csv",
    ]
    first, *_, last = log_of(zoo)
    assert first["ended"].startswith("failed: error: ")
    assert (
        last.items()
        >= {"device": "cpu", "recipe": "fast", "members": "2", "found": "0", "done": "2"}.items()
    )
    assert "--epochs 2" in last["options"]
    assert float(last["seconds"]) > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", last["started"])

    again = run(archive, zoo, plan, "--epochs", "2", "--only", "*.one").stdout
    assert again.startswith("1 of 1  inception.One: was there\n1 was there\n")
    assert ends(zoo)[-1] == ("inception.One", "2", "2", "was there")


def wait_for(there, process: subprocess.Popen[str], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_and_terminated_it_goes_on_at_the_same_member(archive, tmp_path):
    plan, zoo = (
        write_plan(tmp_path, "One,inception,3,fast,", "Two,inception,1,fast,"),
        tmp_path / "zoo",
    )
    kept = zoo / ".training" / "inception.One"
    words = command(archive, zoo, plan, "--epochs", "40")

    with warm.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        wait_for((kept / "member-0.partial.safetensors").exists, process)
        [child] = children(process.pid)
        process.kill()
    assert log_of(zoo) == []  # nobody could write a line
    wait_gone = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < wait_gone:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists()  # nothing goes on behind one's back
    with (zoo / "log.csv").open("a", encoding="utf-8") as file:
        file.write("inception.One,half a li")  # as if the machine had gone down

    with warm.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        wait_for((kept / "member-0.safetensors").exists, process)
        process.terminate()
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    *_, (model, found, done, ended) = ends(zoo)
    assert (model, found, ended) == ("inception.One", "0", "interrupted")
    assert 1 <= int(done) < 3
    assert (
        f"2 left; the same command goes on with inception.One, member {int(done) + 1} of 3\n"
        in said
    )

    third = run(archive, zoo, plan, "--epochs", "40", "--only", "inception.One").stdout
    assert f"3 members, {done} found; fast ... done in" in third
    assert ends(zoo)[-1] == ("inception.One", done, "3", "done")
    assert load_config(zoo / "inception.One").training.epochs == (40, 40, 40)
    assert not (zoo / ".training").exists()


@pytest.mark.slow
def test_when_the_budget_ends_no_other_model_is_begun(archive, tmp_path):
    plan, zoo = (
        write_plan(tmp_path, "One,inception,1,fast,", "Two,inception,1,fast,"),
        tmp_path / "zoo",
    )
    said = run(archive, zoo, plan, "--epochs", "100000", "--budget", "1s").stdout
    assert ends(zoo) == [("inception.One", "0", "0", "interrupted: budget")]
    assert (
        "1 interrupted\n2 left; the same command goes on with inception.One, member 1 of 1\n"
        in said
    )
    assert run(archive, zoo, plan, "--budget", "0s").stdout.startswith(
        "1 of 2  inception.One: not begun\nnothing was "
    )
    assert len(ends(zoo)) == 1


@pytest.mark.slow
def test_two_at_once_and_options_that_make_no_sense(archive, here, tmp_path):
    import fcntl

    plan, zoo = (
        write_plan(tmp_path, "One,inception,1,fast,", "Two,inception,1,fast,"),
        tmp_path / "zoo",
    )
    zoo.mkdir()
    with (zoo / "log.csv").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        taken = here(archive, zoo, plan, status=1).stderr
    assert taken == (
        f"error: {zoo / 'log.csv'}: another pretrain_zoo is at work on this zoo. Wait for it, or "
        "stop it.\n"
    )
    wrong = run(archive, zoo, plan, "--epoch", "3", status=1).stdout
    assert "failed: No such option: --epoch" in wrong
    assert len(log_of(zoo)) == 1  # the other would not fare better
    assert "unexpected argument: --" in here(archive, zoo, plan, "--", "stray", status=2).stderr
    assert (
        "--out is not to be given" in here(archive, zoo, plan, "--out=elsewhere", status=2).stderr
    )
    assert (
        "'soon': expected hours, minutes and seconds"
        in here(archive, zoo, plan, "--budget", "soon", status=2).stderr
    )
    assert "no model of" in here(archive, zoo, plan, "--only", "resnet*", status=1).stderr
    assert "cannot be read as an archive" in here(tmp_path / "none", zoo, plan, status=1).stderr


@pytest.fixture(scope="module")
def planning() -> dict:
    return runpy.run_path(str(SCRIPTS / "zoo_plan.py"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "",
            r"line 1: columns \(none\); expected datasets, architecture, members, recipe, joint\.",
        ),
        (
            "datasets,members\nOne,5\n",
            "line 1: columns datasets, members; expected datasets, architecture",
        ),
        (f"{COLUMNS}\n", "plans no model"),
        (f"{COLUMNS}\nOne,inception,5\n", "line 2: not 5 fields; expected datasets"),
        (f"{COLUMNS}\nOne,inception,5,fast,,\n", "line 2: not 5 fields"),
        (
            f"{COLUMNS}\n,inception,5,fast,\n",
            "line 2: datasets '': expected a data set, or several",
        ),
        (
            f"{COLUMNS}\nOne One,inception,5,fast,x\n",
            "line 2: datasets 'One One': expected a data set, or several diff",
        ),
        (f"{COLUMNS}\n../One,inception,5,fast,\n", "line 2: '../One' is no name: expected letters"),
        (
            f"{COLUMNS}\nOne Two,inception,5,fast,a/b\n",
            "line 2: 'a/b' is no name: expected letters",
        ),
        (
            f"{COLUMNS}\nOne Two,inception,5,fast,\n",
            r"line 2: 2 data set\(s\), joint '': only several have a name",
        ),
        (
            f"{COLUMNS}\nOne,inception,5,fast,both\n",
            r"line 2: 1 data set\(s\), joint 'both': only several",
        ),
        (
            f"{COLUMNS}\nOne,transformer,5,fast,\n",
            "line 2: architecture 'transformer': expected one of inception, fcn",
        ),
        (
            f"{COLUMNS}\nOne,inception,5,slow,\n",
            "line 2: recipe 'slow': expected one of fast, finetune, continue, converged, pap",
        ),
        (
            f"{COLUMNS}\nOne,inception,five,fast,\n",
            "line 2: members 'five': expected a whole number from 1 up",
        ),
        (f"{COLUMNS}\nOne,inception,0,fast,\n", "line 2: members '0': expected a whole number"),
        (f"{COLUMNS}\nOne,fcn,1,fast,\nOne,fcn,2,fast,\n", "line 3: fcn.One stands in line 2 too"),
        (f'{COLUMNS}\n"One,fcn,1,fast,\n', "cannot be read as a plan"),
        ("\udcff", "cannot be read as a plan"),
    ],
)
def test_what_is_no_plan_is_told_in_one_line(planning, tmp_path, text, problem):
    path = tmp_path / "plan.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=problem) as caught:
        planning["read_plan"](path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_the_plan_in_the_repository_is_the_one_that_its_rule_makes(planning):
    plan = planning["make_plan"]()
    assert planning["PLAN"].read_text(encoding="utf-8") == planning["plan_text"](plan)
    assert planning["read_plan"](planning["PLAN"]) == plan
    of_2018 = [planned for planned in plan if planned.architecture == "fcn"]
    assert plan[-len(of_2018) :] == of_2018
    plan = plan[: -len(of_2018)]
    assert all(planned.members == 1 for planned in of_2018)
    alone = [planned.datasets[0] for planned in plan if not planned.joint]
    with (SCRIPTS / "published.csv").open(newline="", encoding="utf-8") as file:
        assert sorted(alone) == sorted(row["dataset"] for row in csv.DictReader(file))
    sets = {**archive_sets(), **read_sets(planning["HELD_OUT"])}
    # the rule, by its words: no set stands behind one that was dearer when its turn came
    seen: dict[str, int] = {}
    for i, name in enumerate(alone):

        def dear(other: str) -> int:
            facts = sets[other]
            untested = 1 if facts.has_test else 4
            return facts.n_series * facts.length * (seen.get(facts.kind, 0) + 1) * untested

        assert dear(name) == min(dear(other) for other in alone[i:])
        seen[sets[name].kind] = seen.get(sets[name].kind, 0) + 1
    assert len({sets[name].kind for name in alone[:15]}) >= 8
    assert all(one.joint or one.members == 5 for one in plan)


def test_what_the_plan_takes_of_the_archive_is_true(planning):
    folder = os.environ.get("TSZOO_ARCHIVE")
    if not folder:
        pytest.skip("TSZOO_ARCHIVE is not set: no archive to read")
    from tszoo.data.archive import list_archive
    from tszoo.data.load import load_dataset

    sets = {**archive_sets(), **read_sets(planning["HELD_OUT"])}
    for entry in list_archive(folder):
        facts, train = sets[entry.name], load_dataset(entry.name, archive=folder)
        assert (train.n_series, train.length, train.n_classes) == (
            facts.n_series,
            facts.length,
            facts.n_classes,
        ), entry.name
        assert ("test" in entry.splits) == facts.has_test, entry.name
