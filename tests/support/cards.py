"""Cards of hostile and of ordinary models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.support.tiny import make_config
from tszoo.models.card.page import card
from tszoo.models.record import TrainedOn
from tszoo.similarity.prototypes import Prototypes

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "a\nb\n# c",
    "[x](http://evil.org)",
    "![x](y)",
    "`code`",
    "```",
    "---",
    "\n---\n",
    "\x1b[2J",
    "\u202eabc",
    "*bold*",
    "https://evil.org",
    "www.evil.org",
    "@someone",
    "&lt;",
    "$x$",
    "~~x~~",
    "\\",
    '"',
    "'",
    '"\'\\"',
    "{{ x }}",
    "# x",
    "a: b\n---\n",
    "a: b",
    "- a",
    "!!python/object:os.system x",
    "&a",
    "*a",
    "%TAG",
    "{a: b}",
    "[a]",
    "null",
    "yes",
    "1e5",
    "0o7",
    "12:30:00",
    "2026-01-01",
    ".inf",
    "=",
    "<<",
    "<!-- Written by tszoo -->",
    "-->",
    "\u2028x",
    "\ufeff",
    "心电图",
    "😀",
]


def make_card(config=None, reference=None, **options):
    config = make_config() if config is None else config
    prototypes = Prototypes(
        config.class_names, tuple(np.zeros((config.n_channels, 5), "f4") for _ in config.classes)
    )
    return card(config, prototypes, config.name if reference is None else reference, **options)


def gunpoint(**changes):
    trained_on = TrainedOn("GunPoint", "train", 50, "a" * 64)
    return replace(make_config(), trained_on=trained_on, length=150, classes=("1", "2"), **changes)
