"""The command line of training.

Joint models, held-out series, logs, records, snapshots, recipes.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import fresh_process, run, write_folder
from tests.support.toys import make_toy
from tszoo.cli.alone import alone_in
from tszoo.cli.options import Reading
from tszoo.cli.reading import read_validated
from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.models.load import load_folder
from tszoo.similarity.prototypes import compute_prototypes
from tszoo.training.recipe import NAMES
from tszoo.training.watch.node_record import read_nodes
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
FEW = ("--members", "1", "--epochs", "3", "--device", "cpu", "--precision", "float32")
SCRATCH = ("--source", "none", *FEW, *TINY)
JOINT = ("--arch", "convtimenet", "--joint", "pair", *FEW, *TINY[:-2])


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("data") / "Mine")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "Other"
    folder.mkdir()
    toy = make_toy(seed=9, length=20, n_classes=3)
    labels = [toy.classes[k] for k in toy.labels]
    save_dataset(Dataset.from_arrays(toy.series, labels, name="Other"), folder / "Other_TRAIN.csv")
    return folder


def info(model) -> dict:
    return json.loads(run("info", model, "--json").stdout)


def test_a_joint_model_through_the_real_entry_point(mine, other, tmp_path):
    done = fresh_process(
        "pretrain", mine, other, "--out", tmp_path / "zoo", *JOINT, "--log", tmp_path / "run.jsonl"
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^convtimenet\.pair: test accuracy \S+, training accuracy \S+ on 48 series of 2",
        done.stdout,
    )
    assert "Other: 24 series, 3 classes, length 20" in done.stderr
    config = info(tmp_path / "zoo" / "convtimenet.pair")
    assert [part["dataset"] for part in config["trained_on"]["parts"]] == ["Mine", "Other"]
    assert set(config["results"]["per_dataset"]) == {"Mine", "Other"}
    text = run("info", "convtimenet.pair", "--zoo", tmp_path / "zoo").output
    assert re.search(r"Mine +24 +2 +32 ", text)
    assert read_runlog(tmp_path / "run.jsonl").description["dataset"] == "Mine, Other"
    assert sorted(path.name for path in (tmp_path / "zoo").iterdir()) == [
        "catalogue.json",
        "catalogue.safetensors",
        "convtimenet.pair",
    ]
    assert (
        "convtimenet.pair (has learnt this data set)"
        in run("recommend", mine, "--zoo", tmp_path / "zoo").output
    )
    again = run("pretrain", mine, other, "--out", tmp_path / "zoo", *JOINT, "--resume")
    assert "convtimenet.pair: already in" in again.stderr
    tuned = run(
        "finetune",
        mine,
        "--zoo",
        tmp_path / "zoo",
        "--source",
        "convtimenet.pair",
        "--out",
        tmp_path / "m",
        *FEW,
        "--json",
    )
    assert json.loads(tuned.stdout)["source"] == "convtimenet.pair"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("--arch", "mlp"),
            "mlp takes series of one length only, so it cannot learn several data sets at once",
        ),
        (("--validation", "0.2"), "--validation is of one data set, and a joint model has several"),
        (("--published", "x.csv"), "--published is of one data set, and a joint model has several"),
        (("--joint", "mine"), "a joint model needs a name of its own, not 'mine'"),
        (("--joint", "/"), "'inception./' cannot name a model"),
    ],
)
def test_joint_models_that_make_no_sense(mine, other, tmp_path, arguments, text):
    result = run(
        "pretrain",
        mine,
        other,
        "--out",
        tmp_path / "zoo",
        "--joint",
        "pair",
        *FEW,
        *arguments,
        status=1,
    )
    assert re.search(text, result.stderr)
    assert not (tmp_path / "zoo").exists()


@pytest.mark.parametrize(("validation", "n_held"), [("0.25", 6), ("every:5", 4), ("last:0.25", 6)])
def test_held_out_series_are_not_trained_on(mine, tmp_path, validation, n_held):
    log = tmp_path / "run.jsonl"
    result = run(
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        *SCRATCH,
        "--validation",
        validation,
        "--log",
        log,
        "--json",
    )
    held = {"dataset": "Mine", "split": "train", "n_series": n_held}
    assert json.loads(result.stdout)["validation"] == held
    config = info(tmp_path / "m")
    assert config["training"]["validation"] == held
    assert config["trained_on"]["n_series"] == 24 - n_held
    history = read_runlog(log)
    assert history.description["validation"] == validation
    assert len(history.members[0].validation_accuracy) == 3
    assert (
        0
        <= history.members[0].validation_accuracy.min()
        <= history.members[0].validation_accuracy.max()
        <= 1
    )
    assert "Held out" in (tmp_path / "m" / "README.md").read_text()


def test_what_held_out_series_say_is_kept_and_told(mine, tmp_path):
    out, log = tmp_path / "m", tmp_path / "run.jsonl"
    command = ("finetune", mine, *SCRATCH, "--members", "2", "--validation", "0.25", "--log", log)
    document = json.loads(run(*command, "--out", out, "--json").stdout)
    config = info(out)
    reached = config["results"]["validation"]
    _, held = read_validated(str(mine), "0.25", Reading(), 0)
    model = load_folder(out)
    probabilities = model.predict_proba(held)
    truth = held.require_labels()
    assert reached["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == truth).mean())
    loss = -np.log(probabilities[np.arange(len(truth)), truth]).mean()
    assert reached["loss"] == pytest.approx(loss, rel=1e-3)  # weights are saved in half precision
    logged = read_runlog(log).members
    best = [int(one.epoch[one.validation_accuracy.argmax()]) for one in logged]
    assert reached["best_epoch"] == best
    assert document["validation_accuracy"] == reached["accuracy"]
    assert document["validation_loss"] == reached["loss"]
    assert document["best_validation_epoch"] == best
    card = (out / "README.md").read_text()
    assert f"| On the held-out series | {reached['accuracy']:.4f} |" in card
    assert f"best epoch of each member {best[0]}, {best[1]}" in card
    said = run(*command, "--out", tmp_path / "again")
    assert f"accuracy {reached['accuracy']:.3f}, loss {reached['loss']:.4f} on 6 series" in (
        said.stdout
    )
    lines = re.findall(
        r"^epoch [123]/3 train_loss \S+ train_accuracy \S+ valid_", said.stderr, re.M
    )
    assert len(lines) == 6


def test_a_pretrained_model_says_what_held_out_series_say(mine, tmp_path):
    command = ("pretrain", mine, "--out", tmp_path / "zoo", *FEW, *TINY, "--validation", "0.25")
    said = run(*command)
    assert re.search(r"held-out accuracy \S+, loss \S+, training accuracy", said.stdout)
    (document,) = json.loads(run(*command, "--resume", "--json").stdout)["models"]
    reached = info(tmp_path / "zoo" / "inception.Mine")["results"]["validation"]
    assert document["validation_accuracy"] == reached["accuracy"]
    assert document["best_validation_epoch"] == reached["best_epoch"]


def test_several_prototypes_a_class_are_kept(mine, other, tmp_path):
    zoo = tmp_path / "zoo"
    joint = ("--prototypes", "2", "--epochs", "1")
    run("pretrain", mine, "--out", zoo, *FEW, *TINY, "--prototypes", "3")
    run("pretrain", mine, other, "--out", zoo, *JOINT, *joint)
    kept = load_folder(zoo / "inception.Mine").prototypes
    assert kept.classes == ("c0",) * 3 + ("c1",) * 3
    expected = compute_prototypes(load_dataset(mine), per_class=3)
    assert all(np.array_equal(a, b) for a, b in zip(kept.series, expected.series, strict=True))
    assert "up to 3 a class" in (zoo / "inception.Mine" / "README.md").read_text()
    pair = load_folder(zoo / "convtimenet.pair").prototypes
    assert pair.classes[:4] == ("Mine: c0", "Mine: c0", "Mine: c1", "Mine: c1")
    ranked = run("recommend", mine, "--zoo", zoo, "--method", "dtw", "--json")
    assert len(json.loads(ranked.stdout)["sources"]) == 2


def test_info_says_how_large_networks_are_and_what_they_see(mine, tmp_path):
    run("finetune", mine, "--out", tmp_path / "m", *SCRATCH)
    facts = info(tmp_path / "m")["network"]
    model = load_folder(tmp_path / "m")
    n_parameters = sum(parameter.numel() for parameter in model.networks[0].parameters())
    assert facts == {"n_parameters": n_parameters, "receptive_field": 8, "share_of_length": 0.25}
    text = run("info", tmp_path / "m").stdout
    assert "8 points, 25% of a training series (32 points)" in text
    card = tmp_path / "m" / "README.md"
    card.write_text("---\n---\nMine.\n")
    edited = run("info", tmp_path / "m").stdout
    assert f"Parameters       {n_parameters:,}\n" in edited
    assert "Receptive field  8 points, 25% of a training series (32 points)\n" in edited


def test_other_data_can_be_watched(mine, tmp_path):
    held = mine / "Mine_TEST.csv"
    run("finetune", mine, "--out", tmp_path / "m", *SCRATCH, "--validation", held)
    training = info(tmp_path / "m")["training"]
    assert training["validation"] == {"dataset": "Mine", "split": "test", "n_series": 24}
    run("pretrain", mine, "--out", tmp_path / "zoo", *FEW, *TINY, "--validation", held)
    config = info(tmp_path / "zoo" / "inception.Mine")
    assert config["training"]["validation"] == training["validation"]
    assert config["trained_on"]["n_series"] == 24


@pytest.mark.parametrize(
    ("validation", "text"),
    [
        ("1.5", "--validation 1.5: a share lies between 0 and 1"),
        ("every:1", "--validation every:1: K must be a whole number from 2"),
        ("nowhere.csv", "nowhere.csv: no such file"),
        ("SELF", "these are the series to train on"),
        ("OTHER", "class c2 occurs only here; the training data have c0, c1"),
        ("SHORT", "20 values, expected 32"),
        ("BLANK", "series without labels cannot be scored|no labels"),
    ],
)
def test_validation_that_makes_no_sense(mine, other, tmp_path, validation, text):
    toy = make_toy(length=20)
    labels = [toy.classes[k] for k in toy.labels]
    save_dataset(Dataset.from_arrays(toy.series, labels, name="short"), tmp_path / "short.csv")
    save_dataset(Dataset.from_arrays(make_toy().series, name="blank"), tmp_path / "blank.npz")
    places = {
        "SELF": mine,
        "OTHER": other,
        "SHORT": tmp_path / "short.csv",
        "BLANK": tmp_path / "blank.npz",
    }
    given = places.get(validation, validation)
    result = run(
        "finetune", mine, "--out", tmp_path / "m", *SCRATCH, "--validation", given, status=1
    )
    assert re.search(text, result.stderr)
    assert not (tmp_path / "m").exists()


def test_everything_a_run_writes_beside_its_model(mine, tmp_path):
    run(
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        *SCRATCH,
        "--members",
        "2",
        "--side-by-side",
        "2",
        "--snapshots",
        "2",
        "--log",
        tmp_path / "log" / "run.jsonl",
        "--record",
        tmp_path / "nodes",
        "--tensorboard",
        tmp_path / "curves",
    )
    assert [one.epoch.tolist() for one in read_runlog(tmp_path / "log" / "run.jsonl").members] == [
        [1, 2, 3]
    ] * 2
    for k in range(2):
        nodes = read_nodes(tmp_path / "nodes" / f"member-{k}.nodes.safetensors")
        assert (nodes.epoch.tolist(), nodes.histogram_epoch.tolist()) == ([2, 3], [1, 2, 3])
        assert list((tmp_path / "curves" / f"member-{k}").iterdir())
        snapshot = tmp_path / "m.snapshots" / f"member-{k}.epoch-2"
        assert info(snapshot)["training"]["epochs"] == [2]
    assert len(list((tmp_path / "m.snapshots").iterdir())) == 2
    assert not (tmp_path / "m.training").exists()


def test_several_models_have_files_of_their_own(mine, other, tmp_path):
    run(
        "pretrain",
        mine,
        other,
        "--out",
        tmp_path / "zoo",
        *FEW,
        *TINY,
        "--snapshots",
        "3",
        "--log",
        tmp_path / "run.jsonl",
        "--record",
        tmp_path / "nodes",
    )
    for name in ("inception.Mine", "inception.Other"):
        assert read_runlog(tmp_path / f"run.{name}.jsonl").description["model"] == name
        assert (tmp_path / "nodes" / name / "member-0.nodes.safetensors").exists()
        assert (
            tmp_path / "zoo" / f"{name}.snapshots" / "member-0.epoch-3" / "config.json"
        ).exists()
    assert len(json.loads(run("list", "--zoo", tmp_path / "zoo", "--json").stdout)["models"]) == 2


def test_a_log_goes_on_with_its_run(mine, tmp_path, monkeypatch):
    from tszoo.transfer.snapshots import Snapshots

    command = (
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        *SCRATCH,
        "--log",
        tmp_path / "run.jsonl",
        "--snapshots",
        "2",
    )
    keep = Snapshots.__call__

    def interrupt(self, member, report, network):
        keep(self, member, report, network)
        if report.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "__call__", interrupt)
        run(*command, status=130)
    assert read_runlog(tmp_path / "run.jsonl").members[0].epoch.tolist() == [1, 2]
    run(*command, "--resume")
    assert read_runlog(tmp_path / "run.jsonl").members[0].epoch.tolist() == [1, 2, 3]


def test_files_do_not_go_where_the_model_goes(mine, tmp_path):
    for option, place in (
        ("--log", "m/run.jsonl"),
        ("--record", "m"),
        ("--tensorboard", "m.training/tb"),
    ):
        result = run(
            "finetune", mine, "--out", tmp_path / "m", *SCRATCH, option, tmp_path / place, status=1
        )
        assert f"error: {option} {tmp_path / place}: " in result.stderr
        assert "is for the model alone; choose another place" in result.stderr
        assert list(tmp_path.iterdir()) == []


def test_a_zoos_model_is_not_trained_again_unasked(mine, tmp_path):
    command = ("pretrain", mine, "--out", tmp_path / "zoo", *FEW, *TINY)
    run(*command)
    assert (
        "inception.Mine: there is a model already. Delete it, name another zoo, or pass --resume"
        in (run(*command, status=1).stderr)
    )


def test_members_that_stopped_are_told(mine, tmp_path, monkeypatch, caplog):
    from tszoo.training.member import Member

    real = Member.take_note
    monkeypatch.setattr(
        Member,
        "take_note",
        lambda self, loss, right: real(self, 1e9 if self.epoch else loss, right),
    )
    result = run("finetune", mine, "--out", tmp_path / "m", *SCRATCH, "--json")
    assert json.loads(result.stdout)["stopped"] == info(tmp_path / "m")["training"]["stopped"]
    assert "Stopped early" in run("info", tmp_path / "m").output
    assert "the training loss is 1e+09 in epoch 2; the weights of epoch 1 are kept" in caplog.text


def test_the_feed_forward_network_as_its_study_had_it(mine, tmp_path):
    settings = [
        f"--set={one}"
        for one in (
            "widths=[6]",
            "activation=tanh",
            "optimizer=sgd",
            "learning_rate=0.001",
            "loss=squared_error",
        )
    ]
    run(
        "pretrain",
        mine,
        "--out",
        tmp_path / "zoo",
        "--arch",
        "mlp",
        "--members",
        "1",
        *settings,
        "--batch-size",
        "160",
        "--epochs",
        "4",
        "--validation",
        "every:4",
        "--log",
        tmp_path / "run.jsonl",
        "--record",
        tmp_path / "nodes",
    )
    config = info(tmp_path / "zoo" / "mlp.Mine")
    network = config["architecture_args"]
    assert (network["widths"], network["activation"]) == ([6], "tanh")
    recipe = config["recipe"]["training"]["recipe"]
    assert {
        key: recipe[key]
        for key in ("optimizer", "learning_rate", "loss", "keep", "schedule", "batch_size")
    } == {
        "optimizer": "sgd",
        "learning_rate": 0.001,
        "loss": "squared_error",
        "keep": "last",
        "schedule": "constant",
        "batch_size": 160,
    }
    assert len(read_runlog(tmp_path / "run.jsonl").members[0].validation_loss) == 4
    run(
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        "--source",
        "none",
        "--arch",
        "mlp",
        "--members",
        "1",
        "--epochs",
        "2",
    )
    assert info(tmp_path / "m")["architecture"] == "mlp"


def test_recipes_are_known_by_their_names(mine, tmp_path):
    for command, out in (("finetune", "m"), ("pretrain", "zoo")):
        result = run(command, mine, "--out", tmp_path / out, "--recipe", "secret", status=2)
        assert f"'secret' is not one of {', '.join(NAMES)}" in " ".join(
            result.stderr.replace("│", " ").split()
        )
    run("pretrain", mine, "--out", tmp_path / "zoo", "--arch", "resnet", *FEW)
    config = info(tmp_path / "zoo" / "resnet.Mine")
    recipe = config["recipe"]["training"]["recipe"]
    assert (recipe["least_steps"], recipe["schedule"]) == (4, "cosine")


def test_the_bar_shows_the_accuracy_on_held_out_series(monkeypatch, capsys):
    from tszoo.cli import options, watching
    from tszoo.training.epoch import EpochReport

    monkeypatch.setattr(watching.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    run_ = watching.Watched(make_toy(), 1, Path("m"), Path("m.training"), {})
    with watching.watching_run(run_, options.Watching(), quiet=False) as (watch,):
        watch(0, EpochReport(1, 2, 0.5, 0.5, 1e-3, 0.1, 0.7, 0.625), None)
    assert "validation 0.625" in capsys.readouterr().err


def test_help_keeps_what_stands_in_brackets():
    text = run("finetune", "--help", env={"COLUMNS": "200"}).output
    assert "kernel_lengths=[20,10,5]" in text
    assert "(default: $TSZOO_ZOO, else the embedded zoo)" in text
    assert f"One of {', '.join(NAMES)}." in text


def test_a_finished_run_goes_on_to_nothing(mine, tmp_path):
    command = ("finetune", mine, "--out", tmp_path / "m", *SCRATCH)
    run(*command)
    written = (tmp_path / "m" / "model.safetensors").stat().st_mtime_ns
    again = run(*command, "--resume", "--json")
    assert again.stderr == f"{tmp_path / 'm'}: done already\n"
    document = json.loads(again.stdout)
    assert (document["model"], document["written"]) == (str(tmp_path / "m"), False)
    assert document["members"] == 1
    assert (tmp_path / "m" / "model.safetensors").stat().st_mtime_ns == written
    assert "there is a model already" in run(*command, status=1).stderr


def test_two_commands_do_not_keep_their_runs_in_one_folder(mine, tmp_path):
    """The second one lost all of its training to the model that the first one had saved."""
    folder, zoo = tmp_path / "m", tmp_path / "zoo"
    in_zoo = zoo / ".training" / "fcn.Mine"
    in_zoo.parent.mkdir(parents=True)
    commands = {
        ("finetune", mine, *SCRATCH, "--out", folder): tmp_path / "m.training",
        ("pretrain", mine, "--arch", "fcn", *FEW, "--out", zoo): in_zoo,
    }
    for command, kept in commands.items():
        with alone_in(kept):
            error = run(*command, "-q", status=1).stderr
            assert "another command keeps its run there at this moment" in error
        run(*command, "-q")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "zoo"]


def test_a_name_that_looks_like_an_option_is_told_as_it_is_typed(mine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("finetune", mine, *SCRATCH, "--out", "-m", "-q").stdout
    assert "next: tszoo predict ./-m NEW_DATA" in told
    assert run("predict", "./-m", mine).stdout.startswith("index,label")


def test_ctrl_c_while_saving_says_how_to_go_on(mine, tmp_path, monkeypatch):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    for command, place in (
        (("finetune", mine, "--out", tmp_path / "m", *SCRATCH), "tszoo.models.model.Model.save"),
        (("pretrain", mine, "--out", tmp_path / "z", *FEW, *TINY), "tszoo.zoo.local.add_model"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, interrupt)
            stopped = run(*command, status=130)
        assert "the same command with --resume goes on from there." in stopped.stderr
        run(*command, "--resume")


def test_a_bar_shows_no_number_where_there_is_none():
    from tszoo.training.watch.epoch_line import finite

    assert finite(0.25, ".4f") == "0.2500"
    assert [finite(number, ".4f") for number in (float("nan"), float("inf"))] == ["–", "–"]


def test_labels_in_a_second_file_are_learnt(tmp_path, mine):
    toy = make_toy()
    np.save(tmp_path / "X.npy", toy.series[:, 0])
    np.save(tmp_path / "y.npy", toy.labels)
    files = (tmp_path / "X.npy", "--labels", tmp_path / "y.npy")
    done = run("finetune", *files, "--out", tmp_path / "m", *SCRATCH)
    assert "accuracy" in done.stdout
    assert "no labels" in run("finetune", files[0], "--out", tmp_path / "n", status=1).stderr
    predicted = run("predict", tmp_path / "m", files[0]).stdout
    assert run("predict", tmp_path / "m", *files).stdout == predicted
    judged = json.loads(run("evaluate", tmp_path / "m", *files, "--json").stdout)
    assert judged["n_series"] == toy.n_series
    refused = run("similarity", files[0], mine, *files[1:], "--out", tmp_path / "s", status=1)
    assert f"--labels {files[2]}: the labels of one file, and there are 2." in refused.stderr


def test_classes_that_nobody_reads_are_not_checked(tmp_path):
    toy = make_toy()
    head = "@relation x\n" + "".join(f"@attribute t{t} real\n" for t in range(toy.length))
    head += f"@attribute class {{{','.join(map(str, toy.classes))}}}\n@data\n"
    rows = [",".join(f"{value:.4g}" for value in series[0]) for series in toy.series]
    train, new = tmp_path / "train.arff", tmp_path / "new.arff"
    train.write_text(
        head + "".join(f"{row},{toy.classes[k]}\n" for row, k in zip(rows, toy.labels, strict=True))
    )
    new.write_text(head + "".join(f"{row},?\n" for row in rows))
    run("finetune", train, "--out", tmp_path / "m", *SCRATCH)
    predicted = run("predict", tmp_path / "m", train).stdout
    assert run("predict", tmp_path / "m", new).stdout == predicted
    assert run("predict", tmp_path / "m", new, "--label-column", "none").stdout == predicted
    assert "new.arff, line " in run("evaluate", tmp_path / "m", new, status=1).stderr


def test_other_data_are_watched_and_the_run_is_drawn_while_it_goes(mine, tmp_path):
    pytest.importorskip("matplotlib")
    log, out = tmp_path / "run.jsonl", tmp_path / "m"
    command = ("finetune", mine, *SCRATCH, "--members", "2", "--log", log)
    watching = ("--validation", "0.25", "--watch", mine, "--watch", mine / "Mine_TEST.csv")
    run(*command, "--out", out, *watching, "--draw-every", "2", "--activation-bins", "5")
    history = read_runlog(log)
    assert list(history.members[1].watched) == ["Mine test", "Mine test (2)"]
    curve, again = history.members[1].watched.values()
    assert np.array_equal(curve.accuracy, again.accuracy)
    figures = tmp_path / "m.figures"
    names = {f"member-{k}.epoch-{n}" for k in (0, 1) for n in (2, 3)}
    for name in names:
        for kind in ("confusion.png", "confusion.csv", "nodes.png"):
            assert (figures / f"{name}.{kind}").stat().st_size > 0
    assert (figures / "curves.png").read_bytes().startswith(b"\x89PNG")
    nodes = read_nodes(figures / "member-0.nodes.safetensors")
    assert {counts.shape[2] for counts in nodes.histogram.values()} == {5}
    with (figures / "member-1.epoch-3.confusion.csv").open() as file:
        rows = list(csv.DictReader(file))
    for data, n_series, accuracy in (
        ("validation", 6, history.members[1].validation_accuracy[-1]),
        ("Mine test", 24, curve.accuracy[-1]),
        ("training", 18, None),
    ):
        counts = {
            (row["true"], row["predicted"]): int(row["count"])
            for row in rows
            if row["data"] == data
        }
        assert sum(counts.values()) == n_series
        right = sum(count for (true, predicted), count in counts.items() if true == predicted)
        assert accuracy in (None, pytest.approx(right / n_series))
    plain = tmp_path / "plain"
    run(*command[:-2], "--validation", "0.25", "--out", plain)
    weights = [(place / "model.safetensors").read_bytes() for place in (out, plain)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    ("watched", "text"),
    [
        ("TRAIN", "--watch TRAIN: these are the series to train on"),
        ("OTHER", "class c2 occurs only here"),
        ("nowhere.csv", "nowhere.csv: no such file"),
    ],
)
def test_data_that_cannot_be_watched_are_one_line(mine, other, tmp_path, watched, text):
    places = {"TRAIN": mine / "Mine_TRAIN.csv", "OTHER": other / "Other_TRAIN.csv"}
    given = places.get(watched, watched)
    out = tmp_path / "m"
    result = run("finetune", mine, "--out", out, *SCRATCH, "--watch", given, status=1)
    assert text.replace("TRAIN", str(given)) in result.stderr
    assert not out.exists()


def test_joint_models_are_not_watched_on_one_data_set(mine, other, tmp_path):
    for option in (("--watch", mine), ("--draw-every", 1)):
        command = ("pretrain", mine, other, "--out", tmp_path / "zoo", *JOINT, *option)
        assert f"{option[0]} is of one data set" in run(*command, status=1).stderr
