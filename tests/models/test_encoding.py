"""Weights as whole numbers with scales.

As near as told, the same however often, and refused where they are not.
"""

from __future__ import annotations

import shutil
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load, save_file

from tests.support.digests import forget_digests
from tests.support.fits import RUN
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, OptionError
from tszoo.models.encoding import SCALE, decode, encode
from tszoo.models.load import load_folder, load_networks
from tszoo.models.model import Model
from tszoo.models.record import Results, TrainingRecord
from tszoo.models.weights import as_stored, write_weights
from tszoo.nets.registry import ARCHITECTURES
from tszoo.publishing.publish import Options, publish
from tszoo.transfer.finetune import finetune
from tszoo.zoo.hub.address import parse_address
from tszoo.zoo.hub.pull import pull_model

TINY = 2.0**-126
VALUES = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    | st.floats(-1, 1, width=32)
    | st.just(0.0),
)


def twin(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Encode number by number, in Python's floats."""
    numbers, scales = np.zeros(value.shape, np.int8), np.zeros(len(value), np.float32)
    for k, row in enumerate(value):
        largest = np.float32(max(abs(float(x)) for x in row.ravel()))
        bits = struct.unpack("<I", struct.pack("<f", largest / np.float32(127)))[0]
        scale = max(struct.unpack("<f", struct.pack("<I", bits >> 7 << 7))[0], TINY)
        scales[k] = scale
        for i, x in np.ndenumerate(row):
            numbers[(k, *i)] = round(float(x) / scale)  # halves to even, as Python does
    return numbers, scales


def encoded(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    numbers, scale = encode(torch.from_numpy(value))
    assert (numbers.dtype, scale.dtype, scale.shape) == (torch.int8, torch.float32, (len(value),))
    return numbers.numpy(), scale.numpy()


def decoded(numbers: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return decode(torch.from_numpy(numbers), torch.from_numpy(scale)).numpy()


@given(VALUES)
@settings(max_examples=150)
def test_encoding_is_its_twin_and_never_further_off_than_half_a_scale(value):
    numbers, scale = encoded(value)
    expected_numbers, expected_scale = twin(value)
    np.testing.assert_array_equal(numbers, expected_numbers)
    np.testing.assert_array_equal(scale, expected_scale)
    back, wide = (
        decoded(numbers, scale),
        scale.astype(np.float64).reshape(-1, *[1] * (value.ndim - 1)),
    )
    np.testing.assert_array_equal(back, numbers * wide)  # exact: nothing is lost in float32
    assert (np.abs(value.astype(np.float64) - back) <= wide / 2).all()
    large = np.abs(value).reshape(len(value), -1).max(axis=1) > 127 * TINY * (1 + 2**-16)
    most = np.abs(numbers.astype(int)).reshape(len(value), -1).max(axis=1)
    assert (most[large] == 127).all()
    assert (most <= 127).all()


@given(VALUES)
@settings(max_examples=150)
def test_what_was_encoded_once_is_encoded_the_same_again(value):
    numbers, scale = encoded(value)
    again, scale_again = encoded(decoded(numbers, scale))
    np.testing.assert_array_equal(again, numbers)
    assert scale_again.tobytes() == scale.tobytes()


def test_every_scale_is_found_again():
    """All 2^16 of them between two powers of two, of small and large powers.

    Scales of 24 bits would not be.
    """
    scale = (1 + torch.arange(2**16) / 2**16).reshape(-1, 1)
    for power in (-126, -20, 0, 120):
        value = scale * 2.0**power * torch.tensor([[127.0, -1.0, 0.0]])
        numbers, found = encode(value)
        assert torch.equal(found, scale.flatten() * 2.0**power)
        assert torch.equal(numbers, torch.tensor([[127, -1, 0]], dtype=torch.int8).expand(2**16, 3))
    halfway = scale + 2.0**-17
    assert (halfway * 127 / 127 != halfway).any()


def test_rows_without_a_scale_of_their_own():
    value = np.array(
        [[0.0, -0.0], [1e-38, -3e-38], [1e-45, 0.0], [3.4028235e38, -3.4028235e38]], np.float32
    )
    numbers, scale = encoded(value)
    assert scale[:3].tolist() == [TINY] * 3
    assert numbers.tolist() == [[0, 0], [1, -3], [0, 0], [127, -127]]
    assert np.isfinite(decoded(numbers, scale)).all()


def test_halves_go_to_even():
    numbers, scale = encoded(np.array([[127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]], np.float32))
    assert scale.tolist() == [1.0]
    assert numbers.tolist() == [[127, 0, 2, 2, 0, -2, -2]]


# files


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("original") / "model"
    make_model().save(path, dtype="int8")
    return path


@pytest.fixture
def folder(tmp_path, original) -> Path:
    return shutil.copytree(original, tmp_path / "model")


def alive(model: Model) -> Model:
    """Let what the batch norms of a random model subtract not be more than there is."""
    for network in model.networks:
        for key, value in network.state_dict().items():
            if key.endswith("running_mean"):
                value.zero_()
    return model


def states(networks) -> list[dict[str, np.ndarray]]:
    return [
        {key: value.numpy() for key, value in network.state_dict().items()} for network in networks
    ]


def test_filters_are_whole_numbers_beside_their_scales_and_the_rest_is_not(folder):
    held = load((folder / "model.safetensors").read_bytes())
    [*all_states] = states(make_model().networks)
    for k, state in enumerate(all_states):
        for key, value in state.items():
            name = f"members.{k}.{key}"
            if value.ndim < 2:
                np.testing.assert_array_equal(held.pop(name), value)
                continue
            numbers, scale = twin(value)
            np.testing.assert_array_equal(held.pop(name), numbers)
            np.testing.assert_array_equal(held.pop(name + SCALE), scale)
    assert not held


def test_they_are_read_as_they_were_meant(folder):
    for read, made in zip(
        states(load_folder(folder).networks), states(make_model().networks), strict=True
    ):
        assert read.keys() == made.keys()
        for key, value in made.items():
            numbers, scale = (
                twin(value) if value.ndim > 1 else (value, np.ones(len(value), np.float32))
            )
            expected = numbers * scale.reshape(-1, *[1] * (value.ndim - 1)).astype(np.float32)
            assert read[key].dtype == np.float32
            np.testing.assert_array_equal(read[key], expected.astype(np.float32))


def test_they_take_half_the_room_of_float16(tmp_path):
    model = make_model(architecture_args={})
    sizes = {
        dtype: len(write_weights(model.networks, model.config, dtype))
        for dtype in ("float16", "int8")
    }
    assert 0.5 < sizes["int8"] / sizes["float16"] < 0.55


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_saved_again_a_model_is_the_same_bytes(tmp_path, toy, architecture):
    model = alive(make_model(toy, architecture=architecture, architecture_args={}))
    model.save(tmp_path / "once", dtype="int8")
    read = load_folder(tmp_path / "once")
    read.save(tmp_path / "twice", dtype="int8")
    once, twice = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("once", "twice")
    )
    assert once == twice
    ours, theirs = read.embed(toy), model.embed(toy)
    assert 0 < np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32"])
def test_a_copy_as_stored_is_what_is_read(tmp_path, toy, dtype):
    model = make_model(toy)
    before = states(model.networks)
    with torch.no_grad():
        model.networks[0].head.weight[0, 0] = before[0]["head.weight"][0, 0] = 1e5  # beyond float16
    copied = [as_stored(network, dtype) for network in model.networks]
    model.save(tmp_path / "m", dtype=dtype)
    for ours, theirs in zip(
        states(copied), states(load_folder(tmp_path / "m").networks), strict=True
    ):
        assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)
    for ours, theirs in zip(states(model.networks), before, strict=True):
        assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)
    assert not any(network.training for network in copied)


def test_an_unknown_dtype_is_refused():
    with pytest.raises(
        OptionError, match=r"^dtype must be one of float16, bfloat16, float32, int8, not 'int4'\.$"
    ):
        as_stored(make_model().networks[0], "int4")


def test_weights_that_are_not_finite_are_not_rounded():
    network = make_model().networks[0]
    with torch.no_grad():
        network.head.weight[0, 0] = float("nan")
    with pytest.raises(ModelError, match=r"^head\.weight has values that are not finite\.$"):
        as_stored(network, "int8")


def test_a_file_may_mix_whole_numbers_with_others(folder, toy):
    whole = load_folder(folder)
    forget_digests(folder)
    path = folder / "model.safetensors"
    held = load(path.read_bytes())
    name = "members.1.head.weight"
    held[name] = (held[name] * held.pop(name + SCALE)[:, None]).astype(np.float16)
    save_file(held, path)
    mixed = load_folder(folder)
    np.testing.assert_array_equal(
        mixed.networks[1].head.weight.detach().numpy(), held[name].astype(np.float32)
    )
    ours, theirs = alive(mixed).predict_proba(toy), alive(whole).predict_proba(toy)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    assert np.ptp(ours[:, 0]) > 0.01


def test_the_first_networks_are_read_alone(tmp_path):
    make_model(members=3).save(tmp_path / "m", dtype="int8")
    path = tmp_path / "m" / "model.safetensors"
    whole = states(load_folder(tmp_path / "m").networks)
    forget_digests(tmp_path / "m")
    held = load(path.read_bytes())
    for key, value in held.items():
        if key.startswith("members.2.") and key.endswith(SCALE):
            held[key] = np.full_like(value, np.nan)
    save_file(held, path)
    for ours, theirs in zip(states(load_networks(tmp_path / "m", 2)), whole, strict=False):
        assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)
    with pytest.raises(
        ModelError, match=r"members\.2\..*\.scale has a scale that is not a number above zero"
    ):
        load_folder(tmp_path / "m")


def test_a_model_with_more_members_than_there_are_is_told_by_their_number(folder):
    model = load_folder(folder)
    many = replace(model.config, members=1000, results=Results(), training=TrainingRecord())
    (folder / "config.json").write_bytes(many.to_json())
    with pytest.raises(
        ModelError,
        match=r"\d+ tensors, config\.json implies \d+ \(1000 member\(s\) of \d+ tensors\)",
    ):
        load_folder(folder)


def test_they_can_be_trained_further(folder):
    network = load_folder(folder).networks[0].train()
    network(torch.from_numpy(make_toy().series.astype(np.float32))).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_published_pulled_and_built_upon_it_is_the_model_that_it_was(hub, folder, toy, tmp_path):
    publish(folder, "zoo/inception.Toy", Options(draw=lambda *_: b"\x89PNG\r\n\x1a\n"))
    pull_model(parse_address("hf://zoo/inception.Toy"), tmp_path / "pulled")
    weights = (folder / "model.safetensors").read_bytes()
    assert (tmp_path / "pulled" / "model.safetensors").read_bytes() == weights
    source = load_folder(tmp_path / "pulled")
    tuned = finetune(toy, source, recipe={"epochs": 1}, members=2, freeze=True, run=RUN)
    tuned.save(tmp_path / "tuned", dtype="int8")
    before, after = load(weights), load((tmp_path / "tuned" / "model.safetensors").read_bytes())
    assert before.keys() == after.keys()
    changed = {key for key in before if not np.array_equal(before[key], after[key])}
    assert changed
    assert all(".head." in key for key in changed)  # the frozen filters are the same numbers
    read = load_folder(tmp_path / "tuned")
    np.testing.assert_allclose(read.predict_proba(toy), tuned.predict_proba(toy), atol=0.02)
