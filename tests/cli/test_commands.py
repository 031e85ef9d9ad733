"""The command line through its real entry point, and each command as a user would type it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support import warm
from tests.support.command_line import process, run, write_folder
from tests.support.places import ROOT
from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo.zoo.local import add_model

COMMANDS = (
    "list",
    "info",
    "recommend",
    "finetune",
    "predict",
    "evaluate",
    "compare",
    "explain",
    "filters",
    "report",
    "calibrate",
    "export",
    "serve",
    "pretrain",
    "sweep",
    "similarity",
    "transfer-matrix",
    "publish",
    "pull",
    "runlog",
    "datasets",
)
DATASETS = ("list", "info", "fetch", "convert", "synthesize")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo")


@pytest.fixture
def mine(tmp_path):
    return write_folder(tmp_path / "Mine")


@pytest.fixture(scope="module")
def model(zoo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    mine = write_folder(folder / "Mine")
    run(
        "finetune",
        mine,
        "--out",
        folder / "model",
        "--zoo",
        zoo,
        "--source",
        "inception.Bumps",
        "--head",
        "ridge",
    )
    return folder / "model"


def test_every_command_has_help_with_an_example():
    for command in COMMANDS:
        text = run(command, "--help").output
        assert "Usage:" in text
        assert "<bool>" not in text, command  # a flag takes no value
        if command != "datasets":
            assert f"Example: tszoo {command}" in text, command
    for command in DATASETS:
        text = run("datasets", command, "--help").output
        assert f"Example: tszoo datasets {command}" in text, command


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    for command in COMMANDS:
        assert f"tszoo {command}" in readme, command


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("list",)])
def test_cheap_commands_load_nothing_heavy(arguments, zoo):
    code = (
        "import sys; from tszoo.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numba', 'tslearn', 'sklearn', 'scipy', 'matplotlib', "
        "'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TSZOO_ZOO": str(zoo)},
    )
    assert done.stderr.strip() == "[]", done.stderr
    assert done.stdout


@pytest.mark.parametrize("plot", [False, True])
def test_recommend_loads_no_torch(zoo, mine, tmp_path, plot):
    code = (
        "import sys; from tszoo.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end: status = end.code\n"
        "assert 'torch' not in sys.modules\n"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", code, "recommend", mine, "--zoo", zoo, "--method", "dtw"]
    command += ["--plot", tmp_path / "nearest.png"] * plot
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"1 +\w+ +\d+\.\d\d +yours c\d ~ its c\d", done.stdout)


def test_list(zoo):
    text = run("list", "--zoo", zoo).output
    assert re.search(r"inception\.Bumps +2 +40 +24 +2 ", text)
    assert "inception.Steps" not in run("list", "--zoo", zoo, "--filter", "*umps").output
    assert "no model matches" in run("list", "--zoo", zoo, "--filter", "nothing").output
    assert "no model matches" in run("list", "--zoo", zoo, "--arch", "fcn").output


def test_list_json(zoo):
    document = json.loads(run("list", "--zoo", zoo, "--json").stdout)
    assert document["zoo"] == str(zoo)
    wanted = {
        "model",
        "architecture",
        "dataset",
        "n_classes",
        "length",
        "n_channels",
        "members",
        "accuracy",
        "bytes",
    }
    assert len(document["models"]) == 3
    assert all(wanted <= set(one) for one in document["models"])


def test_the_zoo_may_come_from_the_environment(zoo):
    assert "inception.Long" in run("list", env={"TSZOO_ZOO": str(zoo)}).output


def test_info(zoo):
    text = run("info", "inception.Bumps", "--zoo", zoo).output
    assert "library_name" not in text
    assert "Bumps" in text
    assert "Results" in text
    document = json.loads(run("info", "inception.Bumps", "--zoo", zoo, "--json").stdout)
    assert document["architecture"] == "inception"
    assert document["classes"] == ["c0", "c1"]


def test_models_that_cannot_be_used_are_named(zoo, tmp_path):
    shutil.copytree(zoo, tmp_path / "zoo")
    (tmp_path / "zoo" / "inception.Bumps" / "config.json").write_text("{}")
    done = run("list", "--zoo", tmp_path / "zoo")
    assert "2 models." in done.stdout
    assert re.search(
        r"^not usable: inception\.Bumps: .*config\.json: ", done.stderr, flags=re.MULTILINE
    )


def test_recommend(zoo, mine):
    text = run("recommend", mine, "--zoo", zoo).output
    assert "Mine: 24 series, 2 classes, length 32" in text
    assert re.search(r"1 +inception\.\w+ +[01]\.\d{3} +\d+\.\d\d +yours c\d ~ its c\d", text)
    assert re.search(
        r"start from (inception\.\w+|an untrained body), frozen, with a ridge head: "
        r".* of your series",
        text,
    )
    assert re.search(
        r"next: tszoo finetune \S+Mine --zoo \S+ --out my-model$", text, flags=re.MULTILINE
    )


def test_recommend_by_nearness(zoo, mine):
    text = run("recommend", mine, "--zoo", zoo, "--method", "dtw").output
    assert re.search(r"1 +\w+ +\d+\.\d\d +yours c\d ~ its c\d .* inception\.\w+ *\n", text)
    assert re.search(r"start from inception\.\w+: its class c\d is near to your class c\d", text)
    assert re.search(r"next: tszoo finetune .*Mine --zoo \S+ --source nearest --out", text)


def test_recommend_says_in_json_why_and_what_to_do(zoo, mine):
    document = json.loads(run("recommend", mine, "--zoo", zoo, "--json").stdout)
    assert document["method"] == "auto"
    assert document["choice"] == document["choices"][0]
    assert {(one["source"], one["head"]) for one in document["choices"]} >= {
        (None, "ridge"),
        (None, "softmax"),
    }
    assert all(0 <= one["score"] <= 1 and one["why"].endswith(".") for one in document["sources"])
    assert all(one["why"] for one in document["choices"])


def test_options_of_the_comparison_reach_it(zoo, mine):
    def distances(*options):
        found = json.loads(
            run("recommend", mine, "--zoo", zoo, "--method", "dtw", "--json", *options).stdout
        )
        return [one["distance"] for one in found["sources"]]

    plain = distances()
    for option in (
        ("--warping-window", "0"),
        ("--normalized",),
        ("--resample", "9"),
        ("--prototypes", "3"),
    ):
        assert distances(*option) != plain


def test_recommend_json(zoo, mine):
    document = json.loads(
        run("recommend", mine, "--zoo", zoo, "--json", "--top", "2", "--method", "dtw").stdout
    )
    assert document["target"] == {"name": "Mine", "n_series": 24, "n_classes": 2, "length": 32}
    assert {"method", "zoo", "seconds", "sources"} <= set(document)
    assert [one["rank"] for one in document["sources"]] == [1, 2]
    distances = [one["distance"] for one in document["sources"]]
    assert distances == sorted(distances)
    assert {"model", "dataset", "target_class", "source_class"} <= set(document["sources"][0])


def test_recommend_names_a_target_that_is_in_the_zoo(zoo, tmp_path):
    own = write_folder(tmp_path / "Bumps", name="Bumps")
    text = run("recommend", own, "--zoo", zoo).output
    assert "(this data set)" in text
    assert "Bumps is itself in the zoo; to use its model: tszoo predict inception.Bumps" in text
    text = run("recommend", own, "--zoo", zoo, "--top", "1", "--method", "probe").output
    assert "Bumps is itself in the zoo" in text
    assert "--source inception.Bumps" not in text
    assert "inception.Bumps" not in run("recommend", own, "--zoo", zoo, "--exclude", "Bumps").output


def test_recommend_plots_prototypes(zoo, mine, tmp_path):
    run("recommend", mine, "--zoo", zoo, "--plot", tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_the_nearest_are_drawn_where_the_first_have_no_prototypes(mine, tmp_path, monkeypatch):
    """Universal bodies come first and have none; of a zoo of them alone there is no picture."""
    from tszoo.figures import recommendation

    panels = []
    real = recommendation.plot_recommendation

    def plotted(prototypes, sources, path, **told):
        panels.extend(name for name, _ in sources)
        real(prototypes, sources, path, **told)

    monkeypatch.setattr(recommendation, "plot_recommendation", plotted)
    add_model(tmp_path / "bodies", universal_model())
    both = make_zoo(tmp_path / "both")
    add_model(both, universal_model())
    picture = tmp_path / "p.png"
    told = run("recommend", mine, "--zoo", tmp_path / "bodies", "--plot", picture)
    assert "no picture: none of the sources has prototypes" in told.output
    assert "wrote" not in told.output
    assert not picture.exists()
    told = run("recommend", mine, "--zoo", both, "--top", "1", "--plot", picture)
    assert "wrote" in told.output
    assert picture.exists()
    assert panels
    assert not any(name.startswith("universal") for name in panels)
    few = panels[:]
    panels.clear()
    run("recommend", mine, "--zoo", both, "--method", "dtw", "--top", len(few), "--plot", picture)
    assert set(panels) == set(few)


def test_finetune(zoo, mine, tmp_path):
    start = ("--source", "inception.Bumps", "--zoo", zoo, "--members", "2")
    result = run("finetune", mine, "--out", tmp_path / "out", *start, "--epochs", "30", "--json")
    document = json.loads(result.stdout)
    assert document["model"] == str(tmp_path / "out")
    assert document["source"] == "inception.Bumps"
    assert document["members"] == 2
    assert document["epochs"] == 30
    assert document["train_accuracy"] > 0.8
    assert document["test"]["accuracy"] > 0.7
    assert {"train_loss", "seconds", "device"} <= set(document)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "plan.json",
        "prototypes.png",
        "prototypes.safetensors",
        "run.toml",
    ]
    assert not (tmp_path / "out.training").exists()


def test_finetune_from_scratch_frozen_and_from_a_folder(zoo, mine, tmp_path):
    few = ("--epochs", "2", "--members", "1", "--zoo", zoo)
    assert (
        "from scratch"
        in run(
            "finetune", mine, "--source", "none", "--out", tmp_path / "a", "--arch", "fcn", *few
        ).output
    )
    run(
        "finetune",
        mine,
        "--source",
        zoo / "inception.Long",
        "--out",
        tmp_path / "b",
        "--freeze",
        *few,
    )
    document = json.loads(run("info", tmp_path / "b", "--json").stdout)
    assert document["recipe"]["training"]["trainable"] == "head"
    assert document["base"]["model"] == "inception.Long"


def test_finetune_does_what_the_advice_says(zoo, mine, tmp_path):
    advised = json.loads(run("recommend", mine, "--zoo", zoo, "--json").stdout)["choice"]
    few = ("--zoo", zoo, "--members", "2")
    document = json.loads(run("finetune", mine, "--out", tmp_path / "out", *few, "--json").stdout)
    assert document["source"] == advised["source"]
    assert document["why"].endswith(f": {advised['why']}")
    assert (advised["head"], document["head"]) == (
        "ridge",
        "both",
    )  # and training, which takes seconds here
    assert document["test"]["accuracy"] > 0.8
    text = run("predict", tmp_path / "out", mine).stdout
    assert {line.split(",")[1] for line in text.splitlines()[1:]} == {"c0", "c1"}


def test_finetune_from_a_named_source_with_a_ridge_head(zoo, mine, tmp_path):
    text = run(
        "finetune",
        mine,
        "--source",
        "inception.Long",
        "--head",
        "ridge",
        "--out",
        tmp_path / "o",
        "--zoo",
        zoo,
    )
    assert re.search(r"source +inception\.Long$", text.output, flags=re.MULTILINE)
    assert re.search(
        r"members +\d inception networks, frozen, each under a ridge head", text.output
    )
    assert "a ridge head each" in text.output
    assert re.search(r"left out +accuracy [01]\.\d{3}, each series in turn", text.output)
    text = run(
        "finetune",
        mine,
        "--source",
        "none",
        "--head",
        "ridge",
        "--members",
        "2",
        "--out",
        tmp_path / "n",
    )
    assert re.search(r"source +none \(random filters\)", text.output)
    assert re.search(r"members +2 inception networks, frozen, each under a ridge head", text.output)


def test_members_may_start_from_different_sources(zoo, mine, tmp_path):
    command = (
        "finetune",
        mine,
        "--zoo",
        zoo,
        "--most-sources",
        "3",
        "--members",
        "3",
        "--epochs",
        "1",
        "--json",
    )
    document = json.loads(run(*command, "--out", tmp_path / "out").stdout)
    assert len(set(document["sources"])) == 3
    assert document["members"] == 3


def test_options_that_do_not_go_together(zoo, mine, tmp_path):
    common = ("finetune", mine, "--zoo", zoo, "--out", tmp_path / "out")
    for option, name in (
        (("--epochs", "3"), "--epochs"),
        (("--set", "patience=3"), "--set patience"),
        (("--freeze",), "--freeze"),
        (("--recipe", "paper"), "--recipe"),
    ):
        error = run(*common, "--head", "ridge", *option, status=1).stderr
        assert f"\nerror: {name} does not go with --head ridge" in error, error
    error = run(*common, "--source", "inception.Long", "--most-sources", "2", status=1).stderr
    assert "\nerror: --most-sources goes with --source auto; " in error
    assert "inception.Long" in error
    error = run(*common, "--source", "none", "--freeze", status=1).stderr
    assert "\nerror: --freeze needs a source" in error
    assert not (tmp_path / "out").exists()


def test_finetune_does_not_replace_a_model_unasked(zoo, mine, model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "copy")
    again = ("finetune", mine, "--out", copy, "--zoo", zoo, "--epochs", "1", "--members", "1")
    assert "error: " in run(*again, status=1).stderr
    run(*again, "--overwrite")


def test_predict(model, mine, tmp_path):
    rows = list(csv.reader(io.StringIO(run("predict", model, mine).stdout)))
    assert rows[0] == ["index", "label"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(24)]
    assert {row[1] for row in rows[1:]} == {"c0", "c1"}
    run("predict", model, mine, "--proba", "--out", tmp_path / "p.csv")
    rows = list(csv.reader((tmp_path / "p.csv").read_text().splitlines()))
    assert rows[0] == ["index", "label", "p_c0", "p_c1"]
    assert all(float(row[2]) + float(row[3]) == pytest.approx(1, abs=1e-4) for row in rows[1:])
    assert all((row[1] == "c0") == (float(row[2]) > 0.5) for row in rows[1:])


def test_predict_series_without_labels(model, tmp_path):
    toy = make_toy(5)
    np.savetxt(tmp_path / "new.csv", toy.series[:, 0], delimiter=",")
    rows = run("predict", model, tmp_path / "new.csv", "--label-column", "none").stdout.splitlines()
    assert len(rows) == 6


def test_predict_agrees_with_python(model, mine):
    import tszoo

    X = tszoo.load_dataset(mine, split="test")
    labels = [row.split(",")[1] for row in run("predict", model, mine).stdout.splitlines()[1:]]
    assert labels == tszoo.Model.load(model).predict(X).tolist()


def test_evaluate(model, mine):
    text = run("evaluate", model, mine).output
    assert "Mine (test split), 24 series" in text
    assert "true \\ predicted" in text
    document = json.loads(run("evaluate", model, mine, "--json").stdout)
    wanted = {
        "model",
        "dataset",
        "split",
        "n_series",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "log_loss",
        "calibration_error",
        "classes",
        "confusion",
    }
    assert wanted <= set(document)
    confusion = np.array(document["confusion"])
    assert confusion.sum() == 24
    assert np.trace(confusion) / 24 == pytest.approx(document["accuracy"])


def test_pretrain(mine, tmp_path):
    published = tmp_path / "published.csv"
    published.write_text("dataset,name,accuracy,url\nMine,InceptionTime,0.9,https://example.org\n")
    few = ("--arch", "fcn", "--members", "2", "--epochs", "2")
    out = run("pretrain", mine, "--out", tmp_path / "zoo", *few, "--published", published).output
    assert "fcn.Mine: test accuracy" in out
    assert "0.9000" in (tmp_path / "zoo" / "fcn.Mine" / "README.md").read_text()
    assert "already in" in run("pretrain", mine, "--out", tmp_path / "zoo", *few, "--resume").stderr
    assert "fcn.Mine" in run("list", "--zoo", tmp_path / "zoo").output
    assert not (tmp_path / "zoo" / ".training").exists()


def test_every_hyper_parameter_can_be_set(mine, tmp_path):
    few = ("--source", "none", "--members", "1", "--epochs", "1")
    network = (
        "--set",
        "depth=3",
        "--set",
        "filters=4",
        "--set",
        "kernel_lengths=[8,4]",
        "--set",
        "residual=false",
    )
    run(
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        *few,
        *network,
        "--set",
        "schedule=constant",
        "--set",
        "patience=7",
    )
    config = json.loads(run("info", tmp_path / "m", "--json").stdout)
    assert config["architecture_args"]["kernel_lengths"] == [8, 4]
    assert config["architecture_args"]["residual"] is False
    recipe = config["recipe"]["training"]["recipe"]
    assert recipe["schedule"] == "constant"
    assert recipe["patience"] == 7


@pytest.mark.parametrize(
    ("setting", "source", "text"),
    [
        ("patience", "none", "--set patience: expected KEY=VALUE, such as patience=20"),
        ("patience=often", "none", "patience must be a whole number from 1 up, not 'often'"),
        ("width=3", "none", "inception has no argument 'width'; it has depth, filters"),
        ("depth=1e9", "none", "depth = 1000000000.0 is not a whole number up to"),
        (
            "depth=3",
            "inception.Bumps",
            "a source's network stays as it is, so depth can be set only from scratch",
        ),
    ],
)
def test_settings_that_make_no_sense(mine, zoo, tmp_path, setting, source, text):
    result = run(
        "finetune",
        mine,
        "--out",
        tmp_path / "m",
        "--zoo",
        zoo,
        "--source",
        source,
        "--set",
        setting,
        status=1,
    )
    assert text in result.stderr
    assert not (tmp_path / "m").exists()


def test_similarity(mine, tmp_path):
    other = write_folder(tmp_path / "Other", name="Other", seed=9)
    run("similarity", mine, other, "--out", tmp_path / "d.csv", "--plot", tmp_path / "d.png")
    rows = list(csv.reader((tmp_path / "d.csv").read_text().splitlines()))
    assert rows[0][1:] == ["Mine", "Other"]
    assert float(rows[1][1]) == 0.0
    assert float(rows[1][2]) > 0
    assert float(rows[1][2]) == pytest.approx(float(rows[2][1]))
    assert (tmp_path / "d.png").stat().st_size > 1000


def test_an_error_is_one_line_and_status_1(zoo, tmp_path):
    for arguments, text in (
        (("info", "inception.Bumqs", "--zoo", zoo), "inception.Bumps"),
        (("list", "--zoo", tmp_path / "none"), "none"),
        (("list", "--zoo", "hf://somebody"), "hf://somebody"),
    ):
        assert_one_line_says(text, run(*arguments, status=1))
    done = process("recommend", "Nowhere", "--zoo", zoo, env={**os.environ, "TSZOO_ARCHIVE": ""})
    assert done.returncode == 1
    assert_one_line_says("Nowhere: no such file or folder", done)


def assert_one_line_says(text, done):
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert text in line


def test_wrong_usage_is_status_2():
    assert process("recommend").returncode == 2
    run("finetune", "x.csv", "--out", "y", "--epochs", "0", status=2)
    run("nonsense", status=2)


def test_escape_sequences_from_files_do_not_reach_the_terminal(zoo, tmp_path):
    path = tmp_path / "evil.csv"
    path.write_text("\n".join(f"\x1b[31mred{k % 2},{k},{k + 1},3,{k}" for k in range(8)))
    done = process("recommend", path, "--zoo", zoo)
    assert "\x1b" not in done.stdout + done.stderr


def test_interrupted_by_ctrl_c_the_run_is_kept_and_goes_on(zoo, mine, tmp_path):
    command = [
        sys.executable,
        "-m",
        "tszoo",
        "finetune",
        str(mine),
        "--out",
        str(tmp_path / "out"),
        "--zoo",
        str(zoo),
        "--source",
        "inception.Bumps",
        "--epochs",
        "40",
        "--members",
        "1",
        "--checkpoint-seconds",
        "0",
    ]
    child = warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kept = tmp_path / "out.training"
    while child.poll() is None and not (kept / "member-0.partial.safetensors").exists():
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == 130, stderr
    assert "--resume" in stderr
    assert "Traceback" not in stderr
    assert (kept / "member-0.partial.safetensors").exists()
    assert not (tmp_path / "out").exists()
    done = warm.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "config.json").exists()
    assert not kept.exists()


def test_no_permission_and_half_written_files(model, mine, tmp_path):
    (tmp_path / "file").write_text("")
    assert (
        "cannot be written"
        in run("predict", model, mine, "--out", tmp_path / "file" / "p.csv", status=1).stderr
    )
    broken = shutil.copytree(model, tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "model.safetensors" in run("predict", broken, mine, status=1).stderr
    assert not list(tmp_path.glob("**/*.tmp"))
