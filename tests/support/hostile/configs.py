"""Configs that ask for what there is not, say what cannot be, or are no JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from tests.support.hostile.parts import Spoil, config_edited, config_text, in_recipe

NOT_WHOLE = [None, True, -1, 1.5, 2.0, "2", [], {}, 10**39]
NOT_TEXT = [True, 1, 1.5, [], {}, ""]
NOT_A_NAME = [
    *NOT_TEXT,
    "x" * 201,
    "a\nb",
    "a\x1b[2J",
    "a\x9b2J",
    "a\u202eb",
    "a\u2066b",
    "a\0",
    "\ud800",
    "a\u2028b",
]
NOT_AN_OBJECT = [None, True, 1, "x", []]
NOT_A_SHARE = [True, -0.1, 1.5, "1", [], {}]
PART = {"dataset": "a", "n_series": 12, "n_classes": 1, "length": 32, "sha256": "0" * 64}

WRONG: dict[tuple[str, ...], list[Any]] = {
    (): [None, 1, "x", [], {}, [{}]],
    ("format_version",): [None, True, 0, -1, 1, 2.0, 3, "2", [2], 10**39],
    ("architecture",): [
        None,
        1,
        "",
        "../inception",
        "Inception",
        "inception\0",
        "unheard",
        "x" * 5000,
        ["inception"],
        "fcn",
        "mlp",
        "os.system",
        "tszoo.nets.fcn:FCN",
        "__class__",
    ],
    ("architecture_args",): [*NOT_AN_OBJECT, {}, {"width": 1}, {"__class__": 1}],
    ("architecture_args", "depth"): [*NOT_WHOLE, 0, 2, 4, 100, 10**6],
    ("architecture_args", "filters"): [*NOT_WHOLE, 0, 3, 4096, 4097, 10**9],
    ("architecture_args", "kernel_lengths"): [
        None,
        8,
        "842",
        {},
        [],
        [0],
        [8, 4],
        [8, 4, 2, 1],
        [8, 4, True],
        [8.0, 4, 2],
        [[8], 4, 2],
        [10**9, 4, 2],
        [2, 4, 8],
        [1] * 17,
        [4096] * 16,
    ],
    ("architecture_args", "bottleneck"): [*NOT_WHOLE, 0, 5, 10**9],
    ("architecture_args", "residual"): [None, 1, "yes", False],
    ("architecture_args", "channels_apart"): [None, 1, "yes"],
    ("architecture_args", "readout"): [None, 1, "last", "stages"],
    ("members",): [*NOT_WHOLE, 0, 1, 3, 1000, 10**6, 10**9],
    ("classes",): [
        None,
        "ab",
        2,
        {},
        [],
        ["c0"],
        ["c0", "c0"],
        ["c0", ""],
        ["c0", 1],
        ["c0", None],
        ["c1", "c0"],
        ["c0", ["c1"]],
        ["c0", "c1", "c2"],
        ["c0", "x" * 1001],
        ["c0", "\ud800"],
        ["c0", "c1\0"],
        ["c0", "c1 "],
    ],
    ("label_type",): [None, 1, [], "tuple", "int", "float", "bool", "object"],
    ("n_channels",): [*NOT_WHOLE, 0, 2, 10_000, 10**9],
    ("length",): [*NOT_WHOLE, 0, 31, 10**9],
    ("preprocessing",): [*NOT_AN_OBJECT, {}],
    ("preprocessing", "normalize"): [None, 1, "true", []],
    ("preprocessing", "unequal"): [None, 0, "false", []],
    ("recipe",): [*NOT_AN_OBJECT, {}, {"head": "softmax"}],
    ("recipe", "head"): [None, 1, [], "ridge", "both", "tree"],
    ("recipe", "readout"): [*NOT_AN_OBJECT, {}],
    ("recipe", "training"): [*NOT_AN_OBJECT, {}],
    ("recipe", "training", "seed"): NOT_WHOLE,
    ("recipe", "training", "trainable"): [None, 1, "body", [], {}],
    ("recipe", "training", "heads"): [True, 1, "x", [], {}],
    ("recipe", "training", "recipe"): [*NOT_AN_OBJECT, {}, {"epochs": 1, "more": 1}],
    ("recipe", "training", "recipe", "epochs"): [None, True, 0, -1, 1.5, "2", [], {}],
    ("recipe", "training", "recipe", "learning_rate"): [None, True, 0, -1, "1", [], {}],
    ("recipe", "training", "recipe", "schedule"): [None, 1, "fast", [], {}],
    ("recipe", "training", "recipe", "stop_at_convergence"): [None, 1, "no", []],
    ("recipe", "bases"): [None, 1, "x", {}, [1], [""], ["a\n"], ["x" * 1001]],
    ("recipe", "deep"): [json.loads("[" * 40 + "]" * 40)],
    ("recipe", "\ud800"): [1],
    ("recipe", "text"): ["\udfff"],
    ("recipe", "large"): [2**65],
    ("trained_on",): [*NOT_AN_OBJECT, {}],
    ("trained_on", "dataset"): [None, *NOT_A_NAME],
    ("trained_on", "split"): NOT_A_NAME,
    ("trained_on", "n_series"): [*NOT_WHOLE, 0, 10**17],
    ("trained_on", "sha256"): [
        None,
        0,
        "",
        "0" * 63,
        "0" * 65,
        "g" * 64,
        "A" * 64,
        "0" * 63 + "\n",
    ],
    ("trained_on", "parts"): [
        None,
        1,
        "x",
        {},
        [1],
        [None],
        [{}],
        [PART],
        [PART, PART],
        [PART, {**PART, "dataset": "b", "n_series": 13}],
        [PART, {**PART, "dataset": "b", "n_classes": 2}],
        [PART, {**PART, "dataset": "b\x1b"}],
    ],
    ("base",): [
        True,
        1,
        "x",
        [],
        {},
        {"model": "x"},
        {"model": "x", "revision": None, "more": 1},
        *(
            {"model": one, "revision": None}
            for one in (None, 1, "", "a\x1b", "a\nb", "a\u202eb", "\ud800", "x" * 1001)
        ),
        *({"model": "x", "revision": revision} for revision in (1, "", "a\nb", "x" * 201)),
    ],
    ("results",): NOT_AN_OBJECT,
    ("results", "split"): NOT_A_NAME,
    ("results", "n_series"): [value for value in NOT_WHOLE if value is not None],
    ("results", "accuracy"): NOT_A_SHARE,
    ("results", "train_accuracy"): NOT_A_SHARE,
    ("results", "member_accuracy"): [
        1,
        "x",
        {},
        [0.9],
        [0.9, 0.9, 0.9],
        [0.9, 2],
        [0.9, "x"],
        [0.9, None],
    ],
    ("results", "per_dataset"): [1, "x", [], {"x": 1}, {"a\n": {}}, {"x": {"accuracy": 2}}],
    ("results", "published"): [
        1,
        "x",
        [],
        {},
        {"name": "x"},
        {"name": "", "accuracy": 0.5},
        {"name": "a\x1b", "accuracy": 0.5},
        {"name": "x", "accuracy": 2},
    ],
    ("training",): NOT_AN_OBJECT,
    ("training", "epochs"): [1, "3", {}, [3], [3, -1], [3, 1.5], [3, True], [3, None]],
    ("training", "seconds"): [True, -1, "1", [], {}],
    ("training", "device"): NOT_A_NAME,
    ("training", "precision"): NOT_TEXT,
    ("training", "date"): NOT_TEXT,
    ("training", "versions"): [
        1,
        "x",
        [],
        {"torch": 2},
        {"a\n": "1"},
        {"torch": ""},
        {"torch": "\x1b[31m"},
    ],
    ("training", "stopped"): [1, "x", [], {"0": 1}, {"": "x"}, {"0": "a\x1b"}, {"2": "x"}],
    ("training", "validation"): [1, "x", [], {}, {"dataset": "x", "split": None, "n_series": 0}],
}
NEEDED = [
    *(
        (key,)
        for key in (
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
        )
    ),
    *(("trained_on", key) for key in ("dataset", "split", "n_series", "sha256")),
    *(("preprocessing", key) for key in ("normalize", "unequal")),
    *(("architecture_args", key) for key in ("depth", "filters", "kernel_lengths", "bottleneck")),
]


def with_value(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    """Copy a tree with another value at a path, which may be new."""
    if not path:
        return value
    tree = deepcopy(tree)
    at = tree
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return tree


def without(tree: Any, path: tuple[str, ...]) -> Any:
    """Copy a tree without what is at a path."""
    tree = deepcopy(tree)
    at = tree
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return tree


def config_trees() -> Iterator[tuple[str, Spoil]]:
    for path, values in WRONG.items():
        for value in values:
            shown = (
                repr(value)
                if len(repr(value)) < 60
                else f"{repr(value)[:50]} and on, {len(repr(value))}"
            )
            name = f"config {'.'.join(path)} = {shown}"
            yield (
                name,
                config_edited(lambda tree, path=path, value=value: with_value(tree, path, value)),
            )
    for path in NEEDED:
        yield (
            f"config without {'.'.join(path)}",
            config_edited(lambda tree, path=path: without(tree, path)),
        )
        key = path[-1]
        # the same value twice: a reader that takes the last and one that takes the first would
        # still agree
        name = f"config with {'.'.join(path)} twice"
        yield (
            name,
            config_text(
                lambda text, key=key: text.replace(
                    b'"%s":' % key.encode(), b'"%s": 1, "%s":' % ((key.encode(),) * 2), 1
                )
            ),
        )
    for where in (
        (),
        ("trained_on",),
        ("recipe",),
        ("results",),
        ("training",),
        ("preprocessing",),
        ("architecture_args",),
    ):
        yield (
            f"config with more in {where}",
            config_edited(lambda tree, where=where: with_value(tree, (*where, "x"), 1)),
        )


def config_texts() -> Iterator[tuple[str, Spoil]]:
    values = {
        "NaN": "NaN",
        "Infinity": "Infinity",
        "-Infinity": "-Infinity",
        "1e999": "1e999",
        "10^400": "1" + "0" * 400,
        "-10^400": "-1" + "0" * 400,
        "a float of 10^5 digits": "1" * 100_000 + ".0",
        "hex": "0x10",
        "octal": "010",
        "single quotes": "'a'",
        "a comment": ("1 // one"),
        "a raw tab": '"\t"',
        "a raw NUL": '"\0"',
        "+1": "+1",
        ".5": ".5",
        "True": "True",
        "undefined": "undefined",
        "an escape": '"\\x"',
        "900 brackets": "[" * 900 + "]" * 900,
        "an open bracket": "[",
        "a comma": "[1,]",
    }
    for name, value in values.items():
        yield f"config with {name}", config_text(in_recipe(value))
    texts: dict[str, Callable[[bytes], bytes]] = {
        "a mark of byte order": lambda text: b"\xef\xbb\xbf" + text,
        "UTF-32": lambda text: text.decode().encode("utf-32"),
        "Latin-1": lambda text: text.replace(b"Toy", b"T\xf6y"),
        "two documents": lambda text: text + text,
        "something behind": lambda text: text + b"x",
        "NUL behind": lambda text: text + b"\0",
        "no end": lambda text: text.rstrip()[:-1],
        "an end more": lambda text: text + b"}",
        "a raw surrogate": lambda text: text.replace(b"Toy", b"T\xed\xa0\x80y"),
        "an overlong slash": lambda text: text.replace(b"Toy", b"T\xc0\xafy"),
    }
    for name, edit in texts.items():
        yield f"config with {name}", config_text(edit)
