"""``tszoo list``: a page to choose from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tszoo.cli import app
from tszoo.models.record import TrainedPart
from tszoo.zoo.contents import Contents
from tszoo.zoo.find import open_zoo
from tszoo.zoo.order import ORDERS, in_order, kind_of, of_kind
from tszoo.zoo.zoo import Zoo

LONGEST = "inception.ProximalPhalanxOutlineAgeGroup"
# model, kind, classes, length, series, members, accuracy, MiB
MODELS = (
    ("inception.Beat", "ECG", 2, 96, 100, 5, 0.93, 4.1),
    ("inception.Amber", "ECG", 5, 140, 500, 1, 0.95, 0.8),
    (LONGEST, "image outline", 3, 80, 400, 1, None, 0.8),
    ("inception.Leaf", "image outline", 15, 1024, 3636, 5, 0.97, 4.2),
    ("inception.Mystery", None, 60, 2844, 24000, 1, 0.5, 0.8),
    ("inception.Hum", "sensor", 2, 500, 20, 1, 1.0, 0.05),
)


@pytest.fixture(scope="module")
def entries():
    one = open_zoo().entry("inception.ArrowHead")
    digest = hashlib.sha256(b"").hexdigest()
    plain = [
        replace(
            one,
            model=model,
            dataset=model.partition(".")[2],
            kind=kind,
            n_classes=n,
            classes=tuple(map(str, range(n))),
            length=length,
            n_series=series,
            members=members,
            accuracy=accuracy,
            bytes=int(size * 2**20),
        )
        for model, kind, n, length, series, members, accuracy, size in MODELS
    ]
    parts = tuple(TrainedPart(name, 10, 2, 30, digest) for name in ("A", "B"))
    return (
        *plain,
        replace(
            plain[0], model="inception.all", dataset="all", kind=None, n_series=20, parts=parts
        ),
    )


@pytest.fixture
def run(monkeypatch, entries):
    def run(*arguments, zoo=entries, status=0):
        monkeypatch.setattr(
            "tszoo.zoo.find.open_zoo", lambda _: Zoo.of(Contents(Path("zoo"), tuple(zoo)))
        )
        done = CliRunner().invoke(app, ["list", *arguments], env={"TSZOO_ZOO": ""})
        assert done.exit_code == status, done.output
        return done.output

    return run


def models(text):
    return [line.split()[0] for line in text.splitlines() if line.strip().startswith("inception.")]


def test_models_stand_under_their_kinds(run):
    lines = [line.rstrip() for line in run().splitlines()]
    assert lines[0].split() == [
        "model",
        "classes",
        "length",
        "series",
        "members",
        "accuracy",
        "MiB",
    ]
    groups = [line for line in lines if line.endswith(")")]
    assert groups == ["ECG (2)", "image outline (2)", "sensor (1)", "other (1)", "joint (1)"]
    under = lines.index("ECG (2)")
    assert lines[under + 1].split() == ["inception.Amber", "5", "140", "500", "1", "0.950", "0.8"]
    assert lines[under + 2].split() == ["inception.Beat", "2", "96", "100", "5", "0.930", "4.1"]
    assert lines[under + 3] == ""
    outline = lines.index("image outline (2)")
    assert lines[outline + 2].split() == [LONGEST, "3", "80", "400", "1", "–", "0.8"]
    assert lines[lines.index("joint (1)") + 1].split()[0] == "inception.all"
    assert lines[-1] == "7 models. More about one: tszoo info inception.Amber"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", ["inception.all", "inception.Amber", "inception.Beat", "inception.Hum"]),
        (
            "accuracy",
            [
                "inception.Hum",
                "inception.Leaf",
                "inception.Amber",
                "inception.all",
                "inception.Beat",
            ],
        ),
        (
            "length",
            [LONGEST, "inception.all", "inception.Beat", "inception.Amber", "inception.Hum"],
        ),
        ("size", ["inception.Hum", "inception.Amber", "inception.Mystery", LONGEST]),
    ],
)
def test_sorted_models_have_their_kind_beside_them(run, order, expected):
    text = run("--sort", order)
    assert models(text)[: len(expected)] == expected
    assert text.splitlines()[0].split()[:3] == ["model", "kind", "classes"]
    assert ["inception.Hum", "sensor", "2", "500", "20", "1", "1.000", "0.050"] in map(
        str.split, text.splitlines()
    )


def test_a_model_without_an_accuracy_comes_last(run):
    assert models(run("--sort", "accuracy"))[-1] == LONGEST


def test_a_kind_is_named_by_its_beginning(run):
    assert models(run("--kind", "IMAGE")) == ["inception.Leaf", LONGEST]
    assert models(run("--kind", "joint")) == ["inception.all"]
    assert models(run("--kind", "ecg", "--filter", "*amber")) == ["inception.Amber"]


def test_an_unknown_kind_names_those_that_there_are(run):
    text = run("--kind", "audio", status=1)
    expected = (
        "error: no model of kind 'audio'; there are ECG, image outline, sensor, other, joint.\n"
    )
    assert text == expected


def test_json_keeps_its_order_unless_told(run):
    by_name = [
        "inception.all",
        "inception.Amber",
        "inception.Beat",
        "inception.Hum",
        "inception.Leaf",
        "inception.Mystery",
        LONGEST,
    ]
    assert [one["model"] for one in json.loads(run("--json"))["models"]] == by_name
    found = json.loads(run("--json", "--kind", "ecg", "--sort", "accuracy"))["models"]
    assert [one["model"] for one in found] == ["inception.Amber", "inception.Beat"]
    assert {"kind", "bytes", "n_series", "n_channels"} <= set(found[0])


@pytest.mark.parametrize("order", ORDERS)
def test_ninety_models_fit_into_100_columns(run, entries, order):
    many = [
        replace(entry, model=f"{entry.model[:36]}{k:04}") for k in range(13) for entry in entries
    ]
    text = run("--sort", order, zoo=many)
    assert len(models(text)) == 91
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text


def test_channels_are_shown_where_they_differ(run, entries):
    text = run(zoo=[*entries, replace(entries[0], model="inception.Wrist", n_channels=3)])
    assert text.splitlines()[0].split()[1:4] == ["classes", "length", "channels"]


def test_orders_and_kinds_from_python(entries):
    assert [kind_of(entry) for entry in in_order(entries, "kind")][-2:] == ["other", "joint"]
    assert of_kind(entries, "sen")[0].model == "inception.Hum"
    with pytest.raises(
        ValueError, match="order must be one of kind, name, accuracy, length, size, not 'price'"
    ):
        in_order(entries, "price")
