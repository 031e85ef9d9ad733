"""Training and serving as SageMaker's containers do, in folders laid out like theirs."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import signal
import sys
import tarfile
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from tests.support.containers import config, container, rows, started, trained
from tszoo.data import Dataset, load_dataset
from tszoo.models.load import load_folder
from tszoo.models.model import Model
from tszoo.serving.sagemaker.__main__ import main
from tszoo.serving.sagemaker.hyperparameters import KNOWN, HyperParameters
from tszoo.serving.sagemaker.layout import Layout
from tszoo.serving.sagemaker.stop import TERMINATED, Stop
from tszoo.serving.sagemaker.train import train

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "sagemaker"
TINY = {"filters": 2, "depth": 3, "models": 1, "epochs": 2}
EPOCH = re.compile(
    r"^epoch (\d+)/(\d+) train_loss [0-9.]+ train_accuracy [0-9.]+ valid_loss [0-9.]+ "
    r"valid_accuracy ([0-9.]+)$"
)


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> tuple[Layout, list[str]]:
    """The samples, trained on by the real process, and its log."""
    values = json.loads((EXAMPLES / "hyperparameters.json").read_text())
    layout = container(tmp_path_factory.mktemp("example") / "ml", values)
    for channel in ("training", "validation"):
        shutil.copytree(EXAMPLES / channel, layout.channel(channel))
    config(layout, "resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})
    config(layout, "inputdataconfig.json", {"training": {"TrainingInputMode": "File"}})
    done = trained(layout)
    assert done.returncode == 0, done.stderr
    return layout, done.stdout.splitlines()


@pytest.fixture(scope="module")
def address(example):
    process = started("serve", example[0], "--host", "127.0.0.1", "--port", "0")
    line = process.stdout.readline()
    assert line.startswith("serving"), line + process.stderr.read()
    yield line.split()[-1]
    process.terminate()
    out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")


def run_here(layout: Layout, stop: Stop | None = None) -> list[str]:
    """Train in this process, and return the log."""
    lines: list[str] = []
    values = json.loads((layout.root / "input/config/hyperparameters.json").read_text())
    train(layout, HyperParameters.read(values), lines.append, stop or Stop())
    return lines


def as_tar(model: Path, channel: Path) -> None:
    """Pack a model as SageMaker packs what training left, and hands on to the next job."""
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as packed:
        packed.add(model, arcname=".")


def test_a_line_an_epoch_and_the_model_where_sagemaker_fetches_it(example):
    layout, log = example
    epochs = [match for line in log if (match := EPOCH.match(line))]
    assert [int(match[1]) for match in epochs] == list(range(1, 41))
    last = re.findall("valid_accuracy ([0-9.]+)", "\n".join(log))[-1]
    model = load_folder(layout.model)
    assert log[-2] == log[-2].strip()
    assert log[-2].startswith("model train_loss ")
    assert float(last) == pytest.approx(model.config.results.validation.accuracy, abs=1e-4)
    assert "training: 36 series of training, 3 classes, 1 channel(s), length 40" in log
    assert model.config.architecture_args["filters"] == 4
    assert model.config.architecture_args["depth"] == 3
    assert not (layout.root / "output" / "failure").exists()


def test_the_server_answers_what_the_example_says(address):
    with urllib.request.urlopen(f"{address}/ping") as answer:
        assert answer.status == 200
    body = (EXAMPLES / "request.csv").read_bytes()
    headers = {"Content-Type": "text/csv", "Accept": "text/csv"}
    request = urllib.request.Request(f"{address}/invocations", body, headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == (EXAMPLES / "response.csv").read_bytes()


def test_the_defaults_are_those_of_2018():
    asked = HyperParameters.read({})
    names = ("filters", "depth", "models", "lr", "batch-size", "epochs")
    assert [asked[name] for name in names] == [32, 6, 5, 0.001, 64, 100]


def test_the_page_has_every_hyper_parameter_and_its_default():
    page = (EXAMPLES.parents[1] / "docs" / "sagemaker.md").read_text(encoding="utf-8")
    section = page.partition("| hyper-parameter |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) ?\| ", section, re.MULTILINE)
    told = dict(rows)
    assert list(told) == list(KNOWN)
    for name, known in KNOWN.items():
        if known.default is not None:
            assert told[name] == str(known.default).lower()


def test_values_are_texts_and_what_the_sdk_adds_is_left_alone():
    values = {
        "lr": "1e-2",
        "epochs": '"7"',
        "seed": 3,
        "balance": "True",
        "validation": "0.2",
        "_tuning_objective_metric": "valid_accuracy",
        "sagemaker_region": '"eu-west-1"',
    }
    given = HyperParameters.read(values).given
    assert given == {"lr": 0.01, "epochs": 7, "seed": 3, "balance": True, "validation": "0.2"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nfilters": "3", "lr": "x"}, "there is no hyper-parameter 'nfilters'; known are "),
        (
            {"lr": "x", "depth": "2.5"},
            "lr must be a number above 0, not 'x'; depth must be a whole",
        ),
        ({"lr": "inf"}, "lr must be a number above 0"),
        ({"filters": "0"}, "filters must be a whole number from 1 up, not '0'"),
        ({"head": "soft"}, "head must be one of softmax, ridge, both, not 'soft'"),
        ({"recipe": "slow"}, "recipe must be one of fast, finetune"),
        ({"balance": "maybe"}, "balance must be true or false"),
        ({"validation": "some.csv"}, "validation must be a share such as 0.2"),
        ({"validation": "7"}, "validation must be a share such as 0.2"),
        ({"source": ""}, "source must be a name"),
    ],
)
def test_what_is_unknown_or_wrong_is_named_in_one_line(values, message):
    with pytest.raises(ValueError) as caught:
        HyperParameters.read(values)
    assert str(caught.value).startswith(f"hyperparameters.json: {message}")
    assert "\n" not in str(caught.value)


def test_a_failure_is_a_line_in_the_log_and_in_its_file(tmp_path):
    layout = container(tmp_path / "ml", {"deepth": 3}, training={"a.csv": rows()})
    done = trained(layout)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: hyperparameters.json: there is no hyper-parameter 'deepth'")
    assert (layout.root / "output" / "failure").read_text() == line.removeprefix("error: ")
    assert not any(layout.model.iterdir())


def fails(layout: Layout, capsys, monkeypatch) -> str:
    """Train here, and return why that failed."""
    monkeypatch.setattr(sys, "argv", ["sagemaker", "train", "--root", str(layout.root)])
    assert main() == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "Traceback" not in line
    assert (layout.root / "output" / "failure").read_text() == line.removeprefix("error: ")
    return line


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ({}, "there is no channel training"),
        ({"training": {}}, "channel training: no files of series"),
        ({"training": {"_SUCCESS": "", ".x.csv": ""}}, "channel training: no files of series"),
        ({"training": {"a": rows()}}, "channel training, a: its name does not say how it is read"),
        ({"training": {"a.csv": rows()}, "test": {}}, "channel test: unknown; expected training"),
        ({"training": {"A_TEST.csv": rows()}}, "channel training, A_TEST.csv: a test split"),
        ({"training": {"a.csv": rows(), "b.csv": rows(length=9)}}, "b.csv: 9 values a series, and"),
        ({"training": {"a.csv": rows()}, "model": {"x": ""}}, "channel model: no model in it"),
        (
            {"training": {"a.csv": rows()}, "model": {"model.tar.gz": "no"}},
            "model.tar.gz: cannot be unpacked",
        ),
        (
            {"training": {"a.csv": rows()}, "validation": {"b.csv": rows()}},
            "channel validation: these are the series of the channel training",
        ),
    ],
)
def test_channels_that_cannot_be_used(tmp_path, capsys, monkeypatch, channels, message):
    layout = container(tmp_path / "ml", TINY, **channels)
    assert fails(layout, capsys, monkeypatch).startswith(f"error: {message}")


def test_other_failures_name_what_sagemaker_calls_it(tmp_path, capsys, monkeypatch):
    files = {"training": {"a.csv": rows()}}
    layout = container(tmp_path / "pipe", TINY, **files)
    config(layout, "inputdataconfig.json", {"training": {"TrainingInputMode": "Pipe"}})
    assert "channel training: input mode Pipe" in fails(layout, capsys, monkeypatch)
    layout = container(tmp_path / "json", TINY, **files)
    config(layout, "hyperparameters.json", [])
    assert "hyperparameters.json: expected a JSON object" in fails(layout, capsys, monkeypatch)
    layout = container(tmp_path / "ridge", {"head": "ridge", "epochs": 2}, **files)
    error = fails(layout, capsys, monkeypatch)
    assert error.startswith('error: epochs does not go with head="ridge"')
    layout = container(tmp_path / "many", {**TINY, "models": 100_000}, **files)
    assert fails(layout, capsys, monkeypatch).startswith("error: models must be a whole number")
    layout = container(tmp_path / "both", {**TINY, "validation": 0.2}, **files, validation={})
    assert "there is a channel validation, too" in fails(layout, capsys, monkeypatch)


def test_what_nobody_foresaw_is_one_line_too(tmp_path, capsys, monkeypatch):
    def fall(*_anything):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("tszoo.serving.sagemaker.train.plan_for", fall)
    layout = container(tmp_path / "ml", TINY, training={"a.csv": rows()})
    line = fails(layout, capsys, monkeypatch)
    assert re.match(r"error: RuntimeError: two lines \(test_sagemaker.py, line \d+\)$", line)


def test_series_can_be_held_out_of_the_channel(tmp_path):
    layout = container(tmp_path / "ml", {**TINY, "validation": 0.25}, training={"a.csv": rows()})
    log = run_here(layout)
    assert any(line.startswith("validation: 3 series of a, 2 classes") for line in log)
    assert sum(EPOCH.match(line) is not None for line in log) == 2
    assert load_folder(layout.model).config.training.validation.n_series == 3


def test_one_of_several_machines_trains(tmp_path):
    layout = container(tmp_path / "ml", TINY, training={"a.csv": rows()})
    config(layout, "resourceconfig.json", {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]})
    assert run_here(layout) == ["one machine trains, and this is another: there is nothing to do."]
    assert not any(layout.model.iterdir())


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> tuple[Path, Model]:
    layout = container(tmp_path_factory.mktemp("base") / "ml", TINY, training={"a.csv": rows()})
    log = run_here(layout)
    assert [line.split()[1] for line in log if line.startswith("epoch")] == ["1/2", "2/2"]
    return layout.model, load_folder(layout.model)


def of_rows(text: str, folder: Path) -> Dataset:
    (folder / "new.csv").write_text(text)
    return load_dataset(folder / "new.csv")


def test_on_the_same_classes_the_heads_go_on(base, tmp_path):
    """With steps that are as good as none, the new model says what the base says."""
    asked = {"epochs": 1, "lr": 1e-12}
    layout = container(tmp_path / "ml", asked, training={"b.csv": rows(5)})
    as_tar(base[0], layout.channel("model"))
    log = run_here(layout)
    assert "base inception.a: the same classes, so the heads of the base model go on" in log
    model = load_folder(layout.model)
    assert (model.config.base.model, model.config.members) == ("inception.a", 1)
    assert model.config.recipe.training.keep_head
    for network, of_base in zip(model.networks, base[1].networks, strict=True):
        assert np.allclose(network.head.weight.detach(), of_base.head.weight.detach(), atol=1e-3)
    new = of_rows(rows(9), tmp_path)
    assert (model.predict(new) == base[1].predict(new)).mean() > 0.5


def test_on_other_classes_heads_are_fresh(base, tmp_path):
    layout = container(tmp_path / "ml", TINY, training={"b.csv": rows(5, labels="axy")})
    shutil.copytree(base[0], layout.channel("model") / "inside")  # unpacked already
    log = run_here(layout)
    told = "base inception.a: heads are fresh. inception.a has 2 classes (a, b), and b 3 classes"
    assert any(line.startswith(told) for line in log)
    model = load_folder(layout.model)
    assert model.config.classes == ("a", "x", "y")
    assert model.config.base.model == "inception.a"
    assert not model.config.recipe.training.keep_head


def test_the_network_of_a_base_stays_as_it_is(base, tmp_path, capsys, monkeypatch):
    layout = container(tmp_path / "ml", {"filters": 3}, training={"b.csv": rows(5)})
    as_tar(base[0], layout.channel("model"))
    error = fails(layout, capsys, monkeypatch)
    assert "filters=3: the network of the channel model stays as it is (filters=2)." in error
    config(layout, "hyperparameters.json", {"level": "yes"})
    error = fails(layout, capsys, monkeypatch)
    assert error.startswith('error: level="yes" does not go with the channel model')
    config(layout, "hyperparameters.json", {"source": "auto"})
    assert "source=auto: the channel model has" in fails(layout, capsys, monkeypatch)


def test_a_hostile_archive_writes_nowhere_else(tmp_path, capsys, monkeypatch):
    layout = container(tmp_path / "ml", TINY, training={"b.csv": rows(5)})
    layout.channel("model").mkdir()
    (tmp_path / "config.json").write_text("{}")
    with tarfile.open(layout.channel("model") / "model.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "config.json", arcname="../../evil/config.json")
        packed.add(tmp_path / "config.json", arcname="a/b/c/config.json")
    assert "no model in it" in fails(layout, capsys, monkeypatch)
    assert not list(tmp_path.rglob("evil"))


def test_sigterm_keeps_checkpoints_and_the_next_start_goes_on(tmp_path):
    """A run that would take for ever is ended, and goes on where it was."""
    asked = {**TINY, "epochs": 1_000_000}
    layout = container(tmp_path / "ml", asked, training={"a.csv": rows()})
    layout.checkpoints.mkdir()
    (layout.checkpoints / "model.sagemaker-uploaded").touch()
    process = started("train", layout)
    for line in process.stdout:
        if line.startswith("epoch 3/"):
            process.send_signal(signal.SIGTERM)
            break
    _, err = process.communicate()
    assert process.returncode == TERMINATED == 143, err
    assert err.startswith("stopped; what is done is kept among the checkpoints")
    assert not any(layout.model.iterdir())
    assert not (layout.root / "output" / "failure").exists()
    stop = Stop()
    stop.asked = True
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(
            layout, HyperParameters.read({k: str(v) for k, v in asked.items()}), lines.append, stop
        )
    (epoch,) = [line for line in lines if line.startswith("epoch")]
    assert int(re.match(r"epoch (\d+)/", epoch)[1]) > 3
    other = {**TINY, "seed": 1}  # another run leaves that one alone, and clears away after itself
    config(layout, "hyperparameters.json", {name: str(value) for name, value in other.items()})
    assert any(line.startswith("epoch 1/2") for line in run_here(layout))
    assert len(list(layout.checkpoints.rglob("*.safetensors"))) == 1


def cells(tag: str) -> list[str]:
    notebook = json.loads((EXAMPLES / "sagemaker.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in code)
    return ["".join(cell["source"]) for cell in code if cell["metadata"]["tags"] == [tag]]


def test_the_local_cells_of_the_notebook_run(example, monkeypatch):
    """The training is that of the example, which has the same files."""

    def trained_before(command, *, check):
        assert command[1:4] == ["-m", "tszoo.serving.sagemaker", "train"]
        assert check
        root = Path(command[-1])
        for channel in ("training", "validation"):
            assert (root / "input" / "data" / channel).is_dir()
        assert (root / "input" / "config" / "hyperparameters.json").is_file()
        shutil.copytree(example[0].model, root / "model", dirs_exist_ok=True)

    monkeypatch.chdir(EXAMPLES)
    monkeypatch.setattr("subprocess.run", trained_before)
    names: dict = {}
    for cell in cells("local"):
        exec(cell, names)
    assert set(names["answers"]) == {"ramp", "sine", "square"}
    shutil.rmtree(names["root"].parent)


def test_the_other_cells_are_python_and_their_metrics_are_found(example):
    for cell in cells("aws"):
        compile(cell, "cell", "exec")
    log = "\n".join(example[1])
    for name in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy"):
        assert len(re.findall(rf"{name} ([0-9.]+)", log)) == 41  # 40 epochs, and the whole model


def test_the_samples_are_made_by_their_script(tmp_path):
    """Their numbers may differ in the last digit on another machine; what they are does not."""
    names = runpy.run_path(str(EXAMPLES / "make_samples.py"))
    names["main"].__globals__["FOLDER"] = tmp_path
    names["main"]()
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert made == sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.csv"))
    for path in made:
        if path.name == "response.csv":
            assert (tmp_path / path).read_text() == (EXAMPLES / path).read_text()
            continue
        label = "none" if path.name == "request.csv" else "first"
        new = load_dataset(tmp_path / path, label_column=label)
        kept = load_dataset(EXAMPLES / path, label_column=label)
        np.testing.assert_allclose(new.series, kept.series, atol=0.0011)
