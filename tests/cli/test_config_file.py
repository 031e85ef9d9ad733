"""``--config FILE``, and the run.toml that is written beside a model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.command_line import fresh_process, run, write_folder
from tests.support.tiny import make_model
from tszoo.models.save import check_target
from tszoo.storage.layout import RUN, WEIGHTS
from tszoo.zoo.local import add_model

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OPTIONS = """
source = "none"
members = 1
epochs = 2
device = "cpu"
precision = "float32"
balance = true
[set]
depth = 1
filters = 2
kernel_lengths = [8, 4]
"""


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


def config(folder: Path, text: str) -> Path:
    path = folder / "options.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(mine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of options from a file, but for one that the command line says otherwise."""
    folder = tmp_path_factory.mktemp("model")
    told = fresh_process(
        "finetune",
        mine,
        "--config",
        config(folder, OPTIONS),
        "--epochs",
        3,
        "--out",
        folder / "m",
        "--log",
        folder / "run.jsonl",
    )
    assert told.returncode == 0, told.stderr
    assert "3 epochs" in told.stdout
    return folder / "m"


def test_run_toml_holds_the_options_as_they_came_to_be(model: Path, mine: Path) -> None:
    text = (model / RUN).read_text(encoding="utf-8")
    options = tomllib.loads(text)
    assert options["epochs"] == 3
    assert options["members"] == 1
    assert options["balance"] is True
    assert options["set"] == ["depth=1", "filters=2", "kernel_lengths=[8, 4]"]
    assert options["seed"] == 0
    for place in (mine.parent, model.parent):
        assert str(place) not in text
    assert not {"out", "log", "archive", "config", "quiet", "device"} & set(options)


def test_the_same_command_makes_the_same_model_of_it(
    model: Path, mine: Path, tmp_path: Path
) -> None:
    run("finetune", mine, "--config", model / RUN, "--out", tmp_path / "n", "--device", "cpu")
    assert (tmp_path / "n" / WEIGHTS).read_bytes() == (model / WEIGHTS).read_bytes()
    assert (tmp_path / "n" / RUN).read_text() == (model / RUN).read_text()


def test_a_folder_with_it_is_replaced_described_and_calibrated(model: Path, mine: Path) -> None:
    check_target(model, overwrite=True)
    assert "Mine" in run("info", model).output
    before = (model / RUN).read_bytes()
    run("calibrate", model, mine)
    assert (model / RUN).read_bytes() == before


def test_pretrain_writes_it_for_each_model(mine: Path, tmp_path: Path) -> None:
    options = config(tmp_path, OPTIONS.replace('source = "none"', ""))
    run("pretrain", mine, "--config", options, "--out", tmp_path / "zoo")
    text = (tmp_path / "zoo" / "inception.Mine" / RUN).read_text()
    assert text.startswith("# tszoo pretrain ")
    assert tomllib.loads(text)["epochs"] == 2
    assert str(tmp_path) not in text


def test_a_source_on_this_machine_is_not_written_down(mine: Path, tmp_path: Path) -> None:
    add_model(tmp_path / "zoo", make_model())
    source = tmp_path / "zoo" / "inception.Toy"
    few = ("--members", 1, "--head", "ridge", "--device", "cpu")
    run("finetune", mine, "--source", source, *few, "--out", tmp_path / "m")
    text = (tmp_path / "m" / RUN).read_text()
    assert str(tmp_path) not in text
    assert "# source: a place on the machine, not written down" in text
    assert tomllib.loads(text)["head"] == "ridge"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "finetune has no option 'epoch'. Did you mean epochs?"),
        ("zzzzzzzz = 3", "finetune has no option 'zzzzzzzz'."),
        ("quiet = 3", "quiet is true or false, not 3."),
        ("epochs = [3]", "epochs is a text or a number, not [3]."),
        ("epochs = true", "epochs is a text or a number, not True."),
        ("set = [[1]]", "set is a text or a number, not [1]."),
        ("[set]\ndepth = 2020-01-01", "set cannot have the value"),
        ("epochs = ", "no TOML"),
        ('config = "other.toml"', "finetune has no option 'config'."),
    ],
)
def test_what_a_file_may_not_say(text: str, message: str, mine: Path, tmp_path: Path) -> None:
    path = config(tmp_path, text)
    told = run("finetune", mine, "--config", path, "--out", tmp_path / "m", status=1)
    (line,) = told.output.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not (tmp_path / "m").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    told = run("list", "--config", tmp_path / "none.toml", status=1)
    assert told.output.endswith("none.toml: cannot be read (No such file or directory).\n")


def test_every_command_takes_it(tmp_path: Path) -> None:
    for words in (["list"], ["info"], ["runlog"], ["datasets", "list"], ["sweep"]):
        assert "--config" in run(*words, "--help").output
    told = run("list", "--config", config(tmp_path, "json = true"))
    assert told.output.startswith("{")


def test_what_a_file_gives_need_not_be_typed(mine: Path, tmp_path: Path) -> None:
    """Not even what a command cannot do without; and numbers may stand where texts are taken."""
    text = f'out = "{(tmp_path / "zoo").as_posix()}"\nvalidation = 0.5\n{OPTIONS}'
    path = config(tmp_path, text.replace('source = "none"', "batch_size = 8"))
    run("pretrain", mine, "--config", path)
    record = (tmp_path / "zoo" / "inception.Mine" / RUN).read_text()
    assert tomllib.loads(record)["validation"] == "0.5"
    assert tomllib.loads(record)["batch-size"] == 8
