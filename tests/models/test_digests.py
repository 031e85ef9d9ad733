"""A damaged file of a model does not pass for a sound one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.support.digests import forget_digests
from tests.support.tiny import make_model
from tszoo.errors import ModelError
from tszoo.models.load import load_folder, load_networks, load_prototypes
from tszoo.storage.layout import CONFIG, PROTOTYPES, WEIGHTS
from tszoo.zoo.hub.pull import copy_model

FLIPS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_model().save(tmp_path / "m")
    return tmp_path / "m"


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(bytes(data))


def bits(path: Path) -> list[int]:
    """Choose bits of a file at random, its header included."""
    return np.random.default_rng(0).integers(0, 8 * path.stat().st_size, FLIPS).tolist()


@pytest.mark.parametrize("name", [WEIGHTS, PROTOTYPES])
def test_no_bit_flips_unnoticed(folder: Path, name: str) -> None:
    for bit in bits(folder / name):
        flip(folder / name, bit)
        with pytest.raises(ModelError, match=name):
            load_folder(folder)
        flip(folder / name, bit)
    load_folder(folder)


@pytest.mark.parametrize("name", [WEIGHTS, PROTOTYPES])
def test_every_way_to_read_a_model_looks(folder: Path, tmp_path: Path, name: str) -> None:
    last = 8 * (folder / name).stat().st_size - 20  # in the fraction of the last number
    flip(folder / name, last)
    message = rf"{name}: not the file that config\.json was written with \(SHA-256 [0-9a-f]{{12}}…"
    with pytest.raises(ModelError, match=message):
        load_networks(folder, 1)
    with pytest.raises(ModelError, match=message):
        copy_model(folder, tmp_path / "copy")
    if name == PROTOTYPES:
        with pytest.raises(ModelError, match=message):
            load_prototypes(folder)


def test_a_model_without_digests_loads_as_before(folder: Path) -> None:
    forget_digests(folder)
    last = 8 * (folder / WEIGHTS).stat().st_size - 20
    before = load_file(folder / WEIGHTS)
    flip(folder / WEIGHTS, last)
    after = load_file(folder / WEIGHTS)
    assert any((before[key] != after[key]).any() for key in before)
    load_folder(folder)


@pytest.mark.parametrize("value", [{}, {WEIGHTS: "a" * 64}, {WEIGHTS: 1, PROTOTYPES: ""}, [], None])
def test_digests_that_are_none_are_refused(folder: Path, value: object) -> None:
    document = json.loads((folder / CONFIG).read_bytes())
    document["sha256"] = value
    (folder / CONFIG).write_text(json.dumps(document))
    with pytest.raises(ModelError, match="sha256"):
        load_folder(folder)
