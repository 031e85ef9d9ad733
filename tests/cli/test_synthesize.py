"""``tszoo datasets synthesize``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import process, run
from tszoo.data import load_dataset


def test_the_files_hold_the_papers_problem(tmp_path: Path) -> None:
    told = process("datasets", "synthesize", "--out", tmp_path / "Mine")
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"{tmp_path / 'Mine'}: 128 series of each split, 2 classes, length 256\n"
    train, test = (load_dataset(tmp_path / "Mine", split=split) for split in ("train", "test"))
    for data in (train, test):
        assert (data.n_series, data.length, data.n_classes) == (128, 256, 2)
        series, labels = data.series[:, 0], data.require_labels()
        is_pattern = series > 0.5
        assert (is_pattern.sum(axis=1) == 26).all()  # a tenth of 256
        noise = np.where(is_pattern, series - 1.0, series)
        assert noise.min() >= -1e-6
        assert 0.09 < noise.max() <= 0.1 + 1e-6
        for label in (0, 1):  # one place for each class
            assert len(np.unique(is_pattern[labels == label], axis=0)) == 1
    assert train.name == "Mine"
    assert not np.isin(train.series[:, 0, 0], test.series[:, 0, 0]).any()


def test_sizes_and_seeds(tmp_path: Path) -> None:
    sizes = ("--series", 12, "--classes", 3, "--length", 40)
    for name, seed in (("A", 1), ("B", 1), ("C", 2)):
        command = ("datasets", "synthesize", *sizes, "--seed", seed, "--out", tmp_path / name)
        document = json.loads(run(*command, "--json").stdout)
        assert (document["n_series"], document["n_classes"], document["length"]) == (12, 3, 40)
    a, b, c = (load_dataset(tmp_path / name) for name in "ABC")
    assert a.sha256 == b.sha256 != c.sha256
    test = load_dataset(tmp_path / "A", split="test")
    assert test.sha256 != c.sha256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--classes", 1), "--classes 1: classification needs 2 classes at least."),
        (("--series", 1), "--series 1: each of the 2 classes needs a series."),
        (("--length", 2), "--classes 2: in 2 points a pattern has 1 places"),
    ],
)
def test_bad_input(options: tuple, message: str, tmp_path: Path) -> None:
    told = run("datasets", "synthesize", *options, "--out", tmp_path / "Mine", status=1)
    assert f"error: {message}" in told.output
    assert not (tmp_path / "Mine").exists()


def test_what_is_there_stays_unless_forced(tmp_path: Path) -> None:
    command = ("datasets", "synthesize", "--out", tmp_path / "Mine")
    run(*command)
    assert "already there. Pass --force" in run(*command, status=1).output
    run(*command, "--force")
