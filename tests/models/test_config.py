from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.json_values import JSON_VALUES
from tests.support.tiny import make_config
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig, read_config
from tszoo.models.labels import label_array
from tszoo.models.record import Base, TrainedOn
from tszoo.storage.strict_json import dump_json

FIELDS = sorted(make_config().to_dict())


def test_a_config_survives_a_round_trip():
    config = make_config(base=Base("inception.GunPoint", "v1"))
    assert ModelConfig.from_json(config.to_json()) == config


def test_the_keys_of_the_file_are_the_documented_ones():
    assert list(make_config().to_dict()) == [
        "format_version",
        "architecture",
        "architecture_args",
        "members",
        "classes",
        "label_type",
        "n_channels",
        "length",
        "preprocessing",
        "recipe",
        "trained_on",
        "base",
        "results",
        "training",
    ]


def test_names_come_from_architecture_and_data_set():
    config = make_config()
    assert (config.name, config.n_classes, config.class_names) == ("inception.Toy", 2, ("c0", "c1"))


@pytest.mark.parametrize(
    "labels",
    [
        (-1, 1),
        (10, 20, 30),
        (0.5, 1.5),
        ("a", "b"),
        ("1", "2"),
        (False, True),
        (10**30, 1),
        ("x\0", "é\n"),
        (1e300, -0.0),
    ],
)
def test_labels_come_back_as_they_went_in(labels):
    read = ModelConfig.from_json(make_config(classes=labels).to_json())
    assert read.classes == labels
    assert [type(label) for label in read.classes] == [type(label) for label in labels]
    assert label_array(read.classes).tolist() == list(labels)


def test_labels_of_other_types_come_back_as_text():
    config = make_config(classes=(("a", 1), ("b", 2)))
    assert config.classes == (("a", 1), ("b", 2))
    assert ModelConfig.from_json(config.to_json()).classes == ("('a', 1)", "('b', 2)")


@given(
    st.lists(st.integers(), min_size=2, max_size=5, unique=True)
    | st.lists(st.floats(allow_nan=False), min_size=2, max_size=5, unique_by=str)
    | st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1), min_size=2, max_size=5, unique=True
    )
)
@settings(max_examples=100, deadline=None)
def test_any_labels_of_one_type_come_back(labels):
    read = ModelConfig.from_json(make_config(classes=tuple(labels)).to_json())
    assert list(read.classes) == labels
    assert label_array(read.classes)[np.arange(len(labels))].tolist() == labels


def test_numbers_of_numpy_become_pythons():
    config = make_config(
        architecture_args={"depth": np.int64(7), "shape": (1, 2)},
        classes=(np.int64(1), np.int64(2)),
    )
    assert config.architecture_args == {"depth": 7, "shape": [1, 2]}
    assert config.classes == (1, 2)
    json.dumps(config.to_dict())


def test_the_config_keeps_no_hold_on_what_it_was_made_from():
    args = {"kernel_lengths": [1]}
    config = make_config(architecture_args=args)
    args["kernel_lengths"].append(2)
    config.to_dict()["architecture_args"]["kernel_lengths"].append(3)
    assert config.architecture_args == {"kernel_lengths": [1]}


@pytest.mark.parametrize("part", ["recipe", "results", "training"])
def test_unknown_entries_of_records_are_refused(part):
    values = make_config().to_dict()
    values[part]["more"] = {"x": [None, True]}
    with pytest.raises(ModelError, match=f"{part} has 'more', which is none of its fields"):
        ModelConfig.from_dict(values)


DATA = {"dataset": "a", "split": None, "n_series": 1, "sha256": "0" * 64}
BROKEN = {
    "format_version missing": ({"format_version": None}, "format_version must be 2, not None"),
    "format_version newer": (
        {"format_version": 3},
        "format_version is 3, this tszoo reads 2. Install a newer",
    ),
    "format_version text": ({"format_version": "2"}, "format_version must be 2, not '2'"),
    "format_version true": ({"format_version": True}, "format_version must be 2, not True"),
    "unknown field": ({"extra": 1}, "a config has 'extra', which is none of its fields"),
    "architecture path": ({"architecture": "../x"}, "architecture must be a word of lower-case"),
    "architecture number": ({"architecture": 3}, "architecture must be a word"),
    "architecture_args list": (
        {"architecture_args": []},
        r"architecture_args must be an object, not \[\]",
    ),
    "members text": (
        {"members": "five"},
        "members must be a whole number from 1 to 1000, not 'five'",
    ),
    "members zero": ({"members": 0}, "members must be a whole number"),
    "members true": ({"members": True}, "members must be a whole number"),
    "members fraction": ({"members": 2.0}, "members must be a whole number"),
    "members many": ({"members": 10**9}, "members must be a whole number"),
    "classes text": ({"classes": "ab"}, "classes must be a list of text, not 'ab'"),
    "classes numbers": ({"classes": [1, 2]}, "classes must be a list of text"),
    "one class": ({"classes": ["a"]}, "classes must be 2 to 100000 labels, not 1"),
    "a class twice": ({"classes": ["a", "a"]}, "two labels are written 'a'"),
    "an empty class": ({"classes": ["a", ""]}, "a label of 0 characters"),
    "a surrogate": ({"classes": ["a", "\ud800"]}, r"'\\ud800' is not valid Unicode"),
    "a long class": ({"classes": ["a", "b" * 1001]}, "a label of 1001 characters"),
    "label_type unknown": (
        {"label_type": "tuple"},
        "label_type must be one of int, float, str, bool, not 'tuple'",
    ),
    "label_type list": ({"label_type": []}, "label_type must be one of"),
    "labels no numbers": ({"label_type": "int"}, "'c0' is not a label of type int"),
    "labels odd numbers": (
        {"label_type": "int", "classes": ["1", "02"]},
        "'02' is not a label of type int",
    ),
    "labels odd digits": ({"label_type": "int", "classes": ["1", "٢"]}, "not a label of type int"),
    "labels long": (
        {"label_type": "int", "classes": ["1", "9" * 10**5]},
        "not a label of type int",
    ),
    "labels NaN": (
        {"label_type": "float", "classes": ["1.0", "nan"]},
        "'nan' is not a label of type float",
    ),
    "labels no truth": (
        {"label_type": "bool", "classes": ["True", "no"]},
        "'no' is not a label of type bool",
    ),
    "n_channels": ({"n_channels": -1}, "n_channels must be a whole number from 1 to 10000, not -1"),
    "length": ({"length": 10**12}, "length must be a whole number from 1 to 1000000"),
    "preprocessing null": ({"preprocessing": None}, "preprocessing must be an object, not None"),
    "preprocessing lacks": (
        {"preprocessing": {"normalize": True}},
        "preprocessing lacks 'unequal'",
    ),
    "normalize": (
        {"preprocessing": {"normalize": 1, "unequal": True}},
        "preprocessing.normalize must be true or",
    ),
    "unequal": (
        {"preprocessing": {"normalize": True, "unequal": 0}},
        "preprocessing.unequal must be true or false",
    ),
    "recipe": ({"recipe": "paper"}, "recipe must be an object, not 'paper'"),
    "trained_on": (
        {"trained_on": {"dataset": "x"}},
        "trained_on lacks 'n_series', 'sha256', 'split'",
    ),
    "name": (
        {"trained_on": {**DATA, "dataset": "a\x1b[2J"}},
        "trained_on.dataset must be .* characters that print",
    ),
    "digest": (
        {"trained_on": {**DATA, "sha256": "0"}},
        "trained_on.sha256 must be 64 hexadecimal digits",
    ),
    "split": ({"trained_on": {**DATA, "split": 1}}, "trained_on.split must be text"),
    "n_series": (
        {"trained_on": {**DATA, "n_series": 0}},
        "trained_on.n_series must be 1 or more",
    ),
    "base": ({"base": "inception.GunPoint"}, "base must be an object"),
    "base model": (
        {"base": {"model": "", "revision": None}},
        "base.model must be text of 1 to",
    ),
    "accuracy above": (
        {"results": {"accuracy": 1.5}},
        "results.accuracy must be a number from 0 to 1, not 1.5",
    ),
    "left-out accuracy": (
        {"results": {"left_out_accuracy": -1}},
        "results.left_out_accuracy must be a number from 0",
    ),
    "accuracy text": ({"results": {"accuracy": "high"}}, "results.accuracy must be a number"),
    "member accuracies": (
        {"results": {"member_accuracy": [0.5]}},
        "results.member_accuracy must be a list of 2",
    ),
    "published": ({"results": {"published": 0.9}}, "results.published must be an object"),
    "published name": (
        {"results": {"published": {"accuracy": 0.9}}},
        "results.published lacks 'name'",
    ),
    "epochs": ({"training": {"epochs": [1, "2"]}}, r"training.epochs\[1\] must be a whole number"),
    "epochs short": (
        {"training": {"epochs": [1]}},
        "training.epochs must be a list of 2 numbers, one a member, not 1",
    ),
    "seconds": ({"training": {"seconds": -1}}, "training.seconds must be a number from 0 up"),
    "versions": (
        {"training": {"versions": {"torch": 2}}},
        "training.versions.'torch' must be text",
    ),
    "too deep": (
        {"architecture_args": {"a": json.loads("[" * 40 + "]" * 40)}},
        "nested more than 16 levels",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_field_is_named(case):
    changes, message = BROKEN[case]
    with pytest.raises(ModelError, match=message):
        ModelConfig.from_dict({**make_config().to_dict(), **changes})


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(field):
    values = make_config().to_dict()
    del values[field]
    with pytest.raises(ModelError, match=field):
        ModelConfig.from_dict(values)


@given(st.sampled_from(FIELDS), JSON_VALUES)
@settings(max_examples=120, deadline=None)
def test_any_value_in_any_field_is_taken_or_refused(field, value):
    message = ""
    try:
        config = ModelConfig.from_dict({**make_config().to_dict(), field: value})
    except ModelError as error:
        message = str(error)
    if message:
        assert len(message.splitlines()) == 1
    else:
        assert ModelConfig.from_json(config.to_json()).to_dict() == config.to_dict()


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_changed_bytes_never_raise_anything_else(data):
    text = bytearray(make_config().to_json())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    message = ""
    try:
        ModelConfig.from_json(bytes(text))
    except ModelError as error:
        message = str(error)
    assert len(message) < 1000


def test_data_sets_are_described_by_printable_names():
    toy = make_toy()
    source = TrainedOn.of(
        Dataset(f"a\x1b]\n{'b' * 300}", toy.series, toy.lengths, toy.labels, toy.classes)
    )
    assert source.dataset.startswith("a\ufffd]\ufffdb")
    assert len(source.dataset) == 200
    assert source.sha256 == toy.sha256
    assert source.n_series == toy.n_series


def test_reading_names_the_file(tmp_path):
    (tmp_path / "config.json").write_bytes(dump_json({**make_config().to_dict(), "members": 0}))
    with pytest.raises(ModelError, match=r"config\.json: members must be a whole number"):
        read_config(tmp_path)


def test_configs_cards_and_prototypes_do_not_load_torch():
    code = (
        "import sys, tszoo.models.config, tszoo.models.load, tszoo.models.save, "
        "tszoo.models.card.page, tszoo.models.prototypes;"
        "sys.exit(bool({'torch', 'numba', 'huggingface_hub', 'sklearn', "
        "'scipy', 'tslearn'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
