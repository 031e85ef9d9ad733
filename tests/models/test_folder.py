from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import warm
from tests.support.places import ROOT
from tests.support.tiny import TINY_ARGS, make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, OptionError, TszooError
from tszoo.models.load import load_config, load_folder, load_networks, load_prototypes, read_card
from tszoo.nets.registry import ARCHITECTURES
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage import exchange, files, layout

FILES = ("README.md", "config.json", "model.safetensors", "prototypes.safetensors")


def state(model):
    return {
        f"{k}.{key}": value
        for k, network in enumerate(model.networks)
        for key, value in network.state_dict().items()
    }


def header_of(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write_tensors(path, header, body, size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if size is None else size) + text + body)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "model"
    make_model().save(path)
    return path


@pytest.fixture
def folder(tmp_path, original):
    return shutil.copytree(original, tmp_path / "model")


# round trips


def test_float32_is_exact(tmp_path, toy):
    model = make_model(toy)
    model.save(tmp_path / "m", dtype="float32")
    read = load_folder(tmp_path / "m")
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == sorted(FILES)
    assert read.config == model.config
    assert state(read).keys() == state(model).keys()
    assert all(torch.equal(state(read)[key], value) for key, value in state(model).items())
    np.testing.assert_allclose(read.predict_proba(toy), model.predict_proba(toy), atol=1e-7)
    for ours, theirs in zip(read.prototypes.series, model.prototypes.series, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 2e-3), ("bfloat16", 2e-2)])
def test_half_precision_is_close_and_predicts_the_same(tmp_path, dtype, tolerance):
    toy = make_toy(200)
    model = make_model(toy)
    model.save(tmp_path / "m", dtype=dtype)
    read = load_folder(tmp_path / "m")
    for key, value in state(model).items():
        assert state(read)[key].dtype == value.dtype
        torch.testing.assert_close(state(read)[key], value, rtol=tolerance * 5, atol=tolerance)
    ours, theirs = read.predict_proba(toy), model.predict_proba(toy)
    np.testing.assert_allclose(ours, theirs, atol=tolerance * 2)
    sure = np.abs(theirs[:, 0] - theirs[:, 1]) > tolerance * 8
    assert (read.predict(toy) == model.predict(toy))[sure].all()


def test_filters_are_halved_and_statistics_are_not(folder):
    header, _ = header_of(folder / "model.safetensors")
    header.pop("__metadata__")
    assert {(len(t["shape"]) > 1, t["dtype"]) for t in header.values()} == {
        (True, "F16"),
        (False, "F32"),
    }
    assert all(key.startswith(("members.0.", "members.1.")) for key in header)


def test_saving_what_was_loaded_changes_nothing(folder, tmp_path):
    load_folder(folder).save(tmp_path / "other" / "model")
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "other" / "model" / name).read_bytes()


def test_weights_too_large_for_float16_are_kept_whole(tmp_path, toy):
    model = make_model(toy)
    with torch.no_grad():
        model.networks[0].head.weight[0, 0] = 1e5
    model.save(tmp_path / "m")
    assert load_folder(tmp_path / "m").networks[0].head.weight[0, 0] == 1e5


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_what_is_loaded_can_be_trained_further(tmp_path, toy, architecture):
    make_model(toy, architecture=architecture, architecture_args={}).save(tmp_path / "m")
    network = load_folder(tmp_path / "m").networks[0]
    assert not any(tensor.is_meta for tensor in [*network.parameters(), *network.buffers()])
    assert all(parameter.requires_grad for parameter in network.parameters())
    network.train()
    network(torch.zeros(4, 1, 32)).sum().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 1


@given(
    n_channels=st.integers(1, 3),
    n_classes=st.integers(2, 4),
    members=st.integers(1, 3),
    length=st.integers(1, 40),
    dtype=st.sampled_from(["float32", "float16", "int8"]),
    architecture=st.sampled_from(["inception", "fcn"]),
)
@settings(max_examples=25, deadline=None)
def test_any_model_survives_a_round_trip(
    tmp_path_factory, n_channels, n_classes, members, length, dtype, architecture
):
    toy = make_toy(12, length, n_classes, n_channels)
    args = (
        TINY_ARGS if architecture == "inception" else {"filters": [3, 5], "kernel_lengths": [4, 1]}
    )
    model = make_model(toy, members, architecture=architecture, architecture_args=args)
    path = tmp_path_factory.mktemp("zoo") / "m"
    model.save(path, dtype=dtype)
    read = load_folder(path)
    assert read.config == model.config
    np.testing.assert_allclose(
        read.predict_proba(toy), model.predict_proba(toy), atol=1e-6 if dtype == "float32" else 0.02
    )


def test_parts_are_read_without_the_weights(folder, toy):
    (folder / "model.safetensors").write_bytes(b"")
    assert load_config(folder).name == "inception.Toy"
    assert load_prototypes(folder).classes == ("c0", "c1")
    assert read_card(folder).startswith("---\n")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int8"])
def test_the_first_networks_are_read_alone(tmp_path, toy, dtype):
    make_model(toy, members=3).save(tmp_path / "m", dtype=dtype)
    whole = load_folder(tmp_path / "m").networks
    for n, found in ((1, 1), (2, 2), (3, 3), (9, 3)):
        some = load_networks(tmp_path / "m", n)
        assert len(some) == found
        for ours, theirs in zip(some, whole, strict=False):
            ours_held, theirs_held = ours.state_dict(), theirs.state_dict()
            assert ours_held.keys() == theirs_held.keys()
            assert all(torch.equal(ours_held[key], theirs_held[key]) for key in theirs_held)
            assert not ours.training


def test_networks_share_no_memory(folder):
    one, other = load_networks(folder, 2)
    before = other.head.weight.clone()
    with torch.no_grad():
        one.head.weight.add_(1)
        one.body.get_buffer(next(name for name, _ in one.body.named_buffers())).add_(1)
    assert torch.equal(other.head.weight, before)
    assert state(load_folder(folder)).keys() == state(make_model()).keys()


def test_what_stands_behind_the_first_networks_is_checked_as_before(folder):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[:-1])
    with pytest.raises(ModelError, match=r"model\.safetensors: the tensors take .* truncated"):
        load_networks(folder, 1)
    (folder / WEIGHTS).write_bytes(content.replace(b"members.1.head.bias", b"members.1.head.bios"))
    with pytest.raises(ModelError, match=r"model\.safetensors: lacks 'members\.1\.head\.bias'"):
        load_networks(folder, 1)


# refusals


def edit_config(**changes):
    def edit(folder):
        values = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**values, **changes}))

    return edit


def edit_header(name, edit):
    def rewrite(folder):
        header, body = header_of(folder / name)
        write_tensors(folder / name, *edit(header, body))

    return rewrite


def in_weights(edit):
    return edit_header("model.safetensors", edit)


def in_prototypes(edit):
    return edit_header("prototypes.safetensors", edit)


def replace_file(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def cut(name, keep):
    """Keep so many bytes; a negative number counts from the end."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:keep])


def append(name, content):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + content)


def swap(a, b):
    def edit(folder):
        (folder / a).rename(folder / "x")
        (folder / b).rename(folder / a)
        (folder / "x").rename(folder / b)

    return edit


def first(header):
    return next(key for key in header if key != "__metadata__")


def change(**changes):
    return lambda header, body: (
        {**header, first(header): {**header[first(header)], **changes}},
        body,
    )


def change_twin(**changes):
    """Change a header in a way that keeps the tensor's number of bytes."""

    def edit(header, body):
        key = next(
            k
            for k, t in header.items()
            if k != "__metadata__" and t["dtype"] == "F16" and len(t["shape"]) == 4
        )
        return {
            **header,
            key: {**header[key], **{k: f(header[key]) for k, f in changes.items()}},
        }, body

    return edit


def rename(header, body):
    return {
        ("members.0.other" if key == first(header) else key): value for key, value in header.items()
    }, body


def without_last(header, body):
    last = max(
        (key for key in header if key != "__metadata__"),
        key=lambda key: header[key]["data_offsets"][1],
    )
    start = header[last]["data_offsets"][0]
    return {key: value for key, value in header.items() if key != last}, body[:start]


def overlapping(header, body):
    keys = [key for key in header if key != "__metadata__"]
    a = header[keys[0]]
    return {**header, keys[1]: a}, body


def twice(header, body):
    text = json.dumps(header)
    key = json.dumps(first(header))
    return (text[:-1] + f", {key}: {json.dumps(header[first(header)])}}}").encode(), body


def poisoned(name, value):
    def edit(folder):
        header, body = header_of(folder / name)
        tensor = next(
            t for key, t in header.items() if key != "__metadata__" and t["dtype"] == "F32"
        )
        start = tensor["data_offsets"][0]
        write_tensors(
            folder / name, header, body[:start] + struct.pack("<f", value) + body[start + 4 :]
        )

    return edit


def negative_variance(folder):
    header, body = header_of(folder / "model.safetensors")
    start = next(t for key, t in header.items() if key.endswith("running_var"))["data_offsets"][0]
    write_tensors(
        folder / "model.safetensors",
        header,
        body[:start] + struct.pack("<f", -1) + body[start + 4 :],
    )


def link_out(name):
    def edit(folder):
        outside = folder.parent / f"outside-{name}"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return edit


def in_place_of(name, make):
    def edit(folder):
        (folder / name).unlink()
        make(folder / name)

    return edit


def grow(name):
    return lambda folder: os.truncate(folder / name, layout.MOST_BYTES[name] + 1)


def merge_class_metadata(header, body):
    return {**header, "__metadata__": {"classes": '["c0", "other"]'}}, body


def relabel(header, body):
    return {**header, "__metadata__": {"classes": '["c1", "c0"]'}}, body


WEIGHTS, PROTOTYPES = "model.safetensors", "prototypes.safetensors"
DEEP = {"depth": 40, "filters": 1, "kernel_lengths": [1] * 16}
WIDE = {**TINY_ARGS, "filters": 4096, "kernel_lengths": [4096, 4096, 4096]}
MALFORMED = {
    **{
        f"no {name}": (lambda folder, name=name: (folder / name).unlink(), f"{name} missing")
        for name in FILES[1:]
    },
    "no file but one": (
        lambda f: [(f / n).unlink() for n in FILES[1:]],
        "config.json and model.safetensors and proto",
    ),
    "card not text": (replace_file("README.md", b"\xff"), "README.md: not UTF-8 text"),
    "card too large": (
        grow("README.md"),
        "README.md: 1048577 bytes; such a file has 1048576 at most",
    ),
    "config too large": (grow("config.json"), "config.json: 4194305 bytes"),
    "weights too large": (grow(WEIGHTS), "model.safetensors: 4294967297 bytes"),
    "prototypes too large": (grow(PROTOTYPES), "prototypes.safetensors: 268435457 bytes"),
    "config empty": (replace_file("config.json", b""), "config.json: not JSON"),
    "config a list": (
        replace_file("config.json", b"[]"),
        "config.json: a config must be an object",
    ),
    "config cut": (cut("config.json", 100), "config.json: not JSON"),
    "config of zeros": (replace_file("config.json", b"\0" * 64), "config.json: not JSON"),
    "architecture unknown": (edit_config(architecture="unheard"), "unknown architecture 'unheard'"),
    "argument unknown": (
        edit_config(architecture_args={"width": 3}),
        "inception has no argument 'width'",
    ),
    "argument huge": (
        edit_config(architecture_args={"depth": 10**9}),
        "inception: depth = 1000000000 is not",
    ),
    "network deep": (
        edit_config(architecture_args=DEEP),
        r"model.safetensors: \d+ tensors, config.json implies \d+",
    ),
    "network huge": (
        edit_config(architecture_args=WIDE),
        "inception: these arguments ask for [0-9,]+ parameters",
    ),
    "network larger": (
        edit_config(architecture_args={**TINY_ARGS, "filters": 800}),
        "model.safetensors: .* config.json implies",
    ),
    "other architecture": (
        edit_config(architecture="fcn", architecture_args={}),
        "model.safetensors: .* tensors",
    ),
    "other filters": (
        edit_config(architecture_args={**TINY_ARGS, "filters": 5}),
        r"has shape .*, config.json implies",
    ),
    "more members": (
        edit_config(members=3, results={}, training={}),
        r"config.json implies \d+ \(3 member\(s\) of \d+ tensors\)",
    ),
    "most members": (edit_config(members=1000, results={}, training={}), r"1000 member\(s\)"),
    "fewer members": (
        edit_config(members=1, results={}, training={}),
        r"config.json implies \d+ \(1 member\(s\)",
    ),
    "more classes": (  # prototypes may miss classes
        edit_config(classes=["c0", "c1", "c2"]),
        r"'members.0.head.weight' has shape \(2, .*, config.json implies \(3, ",
    ),
    "other classes": (edit_config(classes=["c1", "c0"]), "prototypes of classes"),
    "other channels": (edit_config(n_channels=2), r"config.json says 2 channel\(s\)"),
    "weights empty": (
        replace_file(WEIGHTS, b""),
        "model.safetensors: 0 bytes are no safetensors file",
    ),
    "weights of 7 bytes": (replace_file(WEIGHTS, b"1234567"), "7 bytes are no safetensors file"),
    "weights text": (
        replace_file(WEIGHTS, b"version https://git-lfs\n" * 9),
        "announces a header of",
    ),
    "weights a pickle": (
        replace_file(WEIGHTS, b"\x80\x04\x95" + b"\0" * 100),
        "a header of 9766016 bytes",
    ),
    "weights cut": (cut(WEIGHTS, -1), "the tensors take .* truncated"),
    "weights cut in the header": (cut(WEIGHTS, 300), "announces a header of .* in a file of 300"),
    "weights with more behind": (append(WEIGHTS, b"x"), "something behind"),
    "header length huge": (
        in_weights(lambda h, b: (h, b, 2**63)),
        "a header of 9223372036854775808 bytes",
    ),
    "header length 0": (in_weights(lambda h, b: (h, b, 0)), "announces a header of 0 bytes"),
    "header short": (in_weights(lambda h, b: (h, b, 40)), "not JSON"),
    "header a list": (in_weights(lambda h, b: (b"[]", b)), "does not begin with '{'"),
    "header deep": (
        in_weights(lambda h, b: (b'{"a":' + b"[" * 100_000, b)),
        "nested too deeply|not JSON",
    ),
    "header twice": (in_weights(twice), "stands twice in one object"),
    "header metadata": (
        in_weights(lambda h, b: ({**h, "__metadata__": {"a": 1}}, b)),
        "metadata must be text",
    ),
    "tensor a list": (
        in_weights(lambda h, b: ({**h, first(h): []}, b)),
        "must have exactly dtype, shape",
    ),
    "tensor more": (in_weights(change(extra=1)), "must have exactly dtype, shape and data_offsets"),
    "tensor F64": (
        in_weights(change(dtype="F64")),
        "has dtype 'F64', expected one of F16, BF16, F32, I8",
    ),
    "tensor dtype list": (in_weights(change(dtype=[])), r"has dtype \[\]"),
    "shape negative": (
        in_weights(change(shape=[-1, -4])),
        r"has shape \[-1, -4\], expected at most 8",
    ),
    "shape fraction": (in_weights(change(shape=[1.5])), r"has shape \[1.5\]"),
    "shape true": (in_weights(change(shape=[True])), r"has shape \[True\]"),
    "shape zero": (in_weights(change(shape=[0], data_offsets=[0, 0])), r"has shape \[0\]"),
    "shape huge": (in_weights(change(shape=[2**60] * 8)), "has .* bytes, but shape"),
    "shape long": (in_weights(change(shape=[1] * 9)), "expected at most 8 whole numbers"),
    "shape turned": (
        in_weights(change_twin(shape=lambda t: t["shape"][::-1])),
        "config.json implies",
    ),
    "offsets turned": (in_weights(change(data_offsets=[8, 0])), "has -8 bytes, but shape"),
    "offsets beyond": (
        in_weights(change(data_offsets=[10**9, 10**9 + 8])),
        "bytes, but shape|must stand side",
    ),
    "offsets three": (in_weights(change(data_offsets=[0, 1, 2])), "expected two whole numbers"),
    "offsets overlap": (in_weights(overlapping), "tensors must stand side by side"),
    "tensor renamed": (
        in_weights(rename),
        "lacks 'members.* and has 'members.0.other', which config.json",
    ),
    "tensor missing": (in_weights(without_last), r"\d+ tensors, config.json implies \d+"),
    "weights NaN": (
        poisoned(WEIGHTS, float("nan")),
        r"model.safetensors: members\.\d\..* not finite",
    ),
    "weights infinite": (poisoned(WEIGHTS, float("inf")), "has values that are not finite"),
    "variance negative": (negative_variance, "running_var has a variance below zero"),
    "prototypes empty": (replace_file(PROTOTYPES, b""), "prototypes.safetensors: 0 bytes"),
    "prototypes cut": (cut(PROTOTYPES, -4), "prototypes.safetensors: .*truncated"),
    "prototypes NaN": (
        poisoned(PROTOTYPES, float("nan")),
        "prototypes.safetensors: .*missing or infinite",
    ),
    "prototypes half": (
        in_prototypes(change(dtype="F16", shape=[1, 64])),
        "is F16 of shape .* expected F32",
    ),
    "prototypes of channels": (
        in_prototypes(change(shape=[2, 16])),
        r"of shape \(2, 16\), expected F32",
    ),
    "prototypes flat": (in_prototypes(change(shape=[32])), r"of shape \(32,\), expected F32"),
    "prototype renamed": (in_prototypes(rename), "lacks 'classes.0'"),
    "prototype missing": (
        in_prototypes(without_last),
        "1 tensors, expected one for each of .* 2 classes",
    ),
    "prototype labels": (in_prototypes(merge_class_metadata), "prototypes of classes .*'other'"),
    "prototype order": (in_prototypes(relabel), "prototypes of classes"),
    "prototypes unlabelled": (
        in_prototypes(lambda h, b: ({k: v for k, v in h.items() if k[0] == "c"}, b)),
        "must hold 'classes'",
    ),
    "prototype labels broken": (
        in_prototypes(lambda h, b: ({**h, "__metadata__": {"classes": "[[["}}, b)),
        "not JSON: line 1, column 4",
    ),
    "weights and prototypes swapped": (
        swap(WEIGHTS, PROTOTYPES),
        "prototypes.safetensors: the metadata must hold",
    ),
    **{
        f"{name} a link out": (link_out(name), f"{name}: a link that leaves its folder")
        for name in FILES
    },
    "a link round": (
        in_place_of(WEIGHTS, lambda p: p.symlink_to(p)),
        "model.safetensors: cannot be read",
    ),
    "a link nowhere": (
        in_place_of(WEIGHTS, lambda p: p.symlink_to("nowhere")),
        "model.safetensors: no such file",
    ),
    "a folder for a file": (
        in_place_of("config.json", Path.mkdir),
        "config.json: (not a regular file|cannot be read)",
    ),
    "a pipe for a file": (in_place_of(WEIGHTS, os.mkfifo), "model.safetensors: not a regular file"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_folders_are_refused(folder, case):
    spoil, message = MALFORMED[case]
    spoil(folder)
    with pytest.raises(ModelError, match=message) as caught:
        load_folder(folder)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600


def cached_as_by_the_hub(folder, root):
    """Lay a model folder out as the Hub's client does in its cache; the folder with its links."""
    snapshot = root / "models--org--name" / "snapshots" / ("5e" * 20)
    blobs = root / "models--org--name" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for k, name in enumerate(FILES):
        shutil.copy(folder / name, blobs / str(k))
        (snapshot / name).symlink_to(Path("..", "..", "blobs", str(k)))
    return snapshot


def test_links_of_the_hubs_cache_are_followed(folder, tmp_path):
    snapshot = cached_as_by_the_hub(folder, tmp_path / "cache")
    (tmp_path / "link").symlink_to(tmp_path / "cache")
    link = tmp_path / "link" / snapshot.relative_to(tmp_path / "cache")
    expected = load_folder(folder)
    for path in (snapshot, link):
        read = load_folder(path)
        assert read.config == expected.config
        assert all(torch.equal(state(read)[key], value) for key, value in state(expected).items())


LINKS_BESIDE_THE_CACHE = {
    "another snapshot": lambda snapshot, _: snapshot.with_name("other") / WEIGHTS,
    "below blobs": lambda snapshot, _: snapshot.parent.parent / "blobs" / "deep" / "x",
    "blobs of another model": lambda snapshot, root: root / "models--org--other" / "blobs" / "x",
    "blobs in snapshots": lambda snapshot, _: snapshot.with_name("blobs") / "x",
    "refs": lambda snapshot, _: snapshot.parent.parent / "refs" / "x",
}


@pytest.mark.parametrize("case", LINKS_BESIDE_THE_CACHE)
def test_links_to_anything_else_around_the_hubs_cache_are_not(folder, tmp_path, case):
    snapshot = cached_as_by_the_hub(folder, tmp_path / "cache")
    target = LINKS_BESIDE_THE_CACHE[case](snapshot, tmp_path / "cache")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / WEIGHTS, target)
    (snapshot / WEIGHTS).unlink()
    (snapshot / WEIGHTS).symlink_to(target)
    with pytest.raises(ModelError, match=r"model\.safetensors: a link that leaves its folder"):
        load_folder(snapshot)


def test_blobs_that_lead_elsewhere_are_not_followed(folder, tmp_path):
    snapshot = cached_as_by_the_hub(folder, tmp_path / "cache")
    blobs = snapshot.parent.parent / "blobs"
    target = (blobs / "1").rename(tmp_path / "secret")
    (blobs / "1").symlink_to(target)
    with pytest.raises(ModelError, match=r"config\.json: a link that leaves its folder"):
        load_folder(snapshot)
    (blobs / "1").unlink()
    with pytest.raises(ModelError, match=r"config\.json: no such file"):
        load_folder(snapshot)
    shutil.copytree(blobs, tmp_path / "elsewhere")
    shutil.rmtree(blobs)
    blobs.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"config\.json: a link that leaves its folder"):
        load_folder(snapshot)


def test_the_hubs_way_is_for_the_hubs_folders_alone(folder, tmp_path):
    """Two floors up and into blobs, but not from a folder of snapshots."""
    snapshot = cached_as_by_the_hub(folder, tmp_path / "cache")
    repository = snapshot.parent.parent
    snapshot.parent.rename(repository / "versions")
    with pytest.raises(ModelError, match="a link that leaves its folder"):
        load_folder(repository / "versions" / snapshot.name)


@pytest.mark.parametrize("path", ["nowhere", "file", "empty", "a\0b"])
def test_what_is_no_model_folder_is_refused(tmp_path, path):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for load in (load_folder, load_config, load_prototypes):
        with pytest.raises(ModelError, match="a model is"):
            load(tmp_path / path)
    with pytest.raises(ModelError, match=r"README\.md: "):
        read_card(tmp_path / path)


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_mutations_of_what_describes_the_bytes_never_load_as_something_else(
    tmp_path_factory, mutated, data
):
    """Bytes of the config or of a header are changed.

    The folder is refused, or is still the model that it was.
    """
    folder, originals = mutated
    name = data.draw(st.sampled_from(["config.json", WEIGHTS, PROTOTYPES]))
    content = bytearray(originals[name])
    end = len(content) if name == "config.json" else 8 + struct.unpack("<Q", content[:8])[0]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(
            st.integers(0, min(end, len(content)) - 1)
        )  # an earlier round may have shortened it
        how = data.draw(st.sampled_from(["set", "delete", "insert"]))
        if how == "set":
            content[at] = data.draw(st.integers(0, 255))
        elif how == "delete":
            del content[at : at + data.draw(st.integers(1, 20))]
        else:
            content[at:at] = data.draw(st.binary(min_size=1, max_size=8))
    (folder / name).write_bytes(content)
    message = None
    try:
        model = load_folder(folder)
    except TszooError as error:
        message = str(error)
    if message is None:
        # a digit of a result or a letter of a label may differ: not what is computed with
        assert {key: value.shape for key, value in state(model).items()} == SHAPES
    else:
        assert len(message.splitlines()) == 1
    (folder / name).write_bytes(originals[name])


SHAPES = {key: value.shape for key, value in state(make_model()).items()}


@pytest.fixture(scope="module")
def mutated(tmp_path_factory, original):
    folder = shutil.copytree(original, tmp_path_factory.mktemp("mutated") / "model")
    return folder, {name: (folder / name).read_bytes() for name in FILES}


# saving


def test_an_unknown_dtype_is_refused(tmp_path, toy):
    with pytest.raises(
        OptionError, match="dtype must be one of float16, bfloat16, float32, int8, not 'int4'"
    ):
        make_model(toy).save(tmp_path / "m", dtype="int4")


def test_weights_that_are_not_finite_are_not_saved(tmp_path, toy):
    model = make_model(toy)
    with torch.no_grad():
        model.networks[1].head.bias[0] = float("nan")
    with pytest.raises(ModelError, match=r"members\.1\.head\.bias has values that are not finite"):
        model.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_networks_that_the_config_does_not_describe_are_not_saved(tmp_path, toy):
    model = make_model(toy)
    other = replace(
        model,
        config=replace(model.config, architecture_args={**TINY_ARGS, "kernel_lengths": [8, 4, 3]}),
    )
    with pytest.raises(
        ModelError, match=r"member 0 is not the network that the config of inception\.Toy describes"
    ):
        other.save(tmp_path / "m")


def test_a_model_is_replaced_only_when_asked(folder, toy):
    other = make_model(toy, seed=1)
    with pytest.raises(ModelError, match="there is a model already"):
        other.save(folder)
    other.save(folder, overwrite=True, dtype="float32")
    np.testing.assert_allclose(
        load_folder(folder).predict_proba(toy), other.predict_proba(toy), atol=1e-7
    )
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_empty_folder_is_filled(tmp_path, toy):
    (tmp_path / "m").mkdir()
    make_model(toy).save(tmp_path / "m")
    load_folder(tmp_path / "m")


def test_a_broken_model_is_replaced(folder, toy):
    (folder / "model.safetensors").unlink()
    make_model(toy).save(folder, overwrite=True)
    load_folder(folder)


@pytest.mark.parametrize("name", ["notes.txt", "src"])
def test_what_is_not_a_model_alone_is_never_replaced(folder, toy, name):
    (folder / name).mkdir()
    with pytest.raises(ModelError, match=f"not a model's folder alone \\(it holds {name}\\)"):
        make_model(toy).save(folder, overwrite=True)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match="not a model's folder alone"):
        make_model(toy).save(folder, overwrite=True)


def test_files_and_links_are_never_replaced(tmp_path, folder, toy):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(folder)
    for name in ("file", "link"):
        with pytest.raises(ModelError, match="exists and is no folder"):
            make_model(toy).save(tmp_path / name, overwrite=True)
    with pytest.raises(
        ModelError, match=r"cannot be (written|looked into) \((Not a directory|File exists)\)"
    ):
        make_model(toy).save(tmp_path / "file" / "m")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("fails", ["fsync", "rename", "mkdir"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failed_save_leaves_nothing_and_harms_nothing(
    folder, toy, monkeypatch, number, fails, overwrite
):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    target = folder if overwrite else folder.parent / "new"

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    if fails == "fsync":
        monkeypatch.setattr(files.os, "fsync", fail)
    else:
        monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
        monkeypatch.setattr(files.Path, fails, fail)
    with pytest.raises(
        ModelError, match=rf"{target.name}: the model cannot be written \({os.strerror(number)}\)"
    ):
        make_model(toy, seed=1).save(target, overwrite=overwrite)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_interrupt_leaves_nothing(tmp_path, toy, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_model(toy).save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_where_names_cannot_be_exchanged_the_second_rename_is_taken_back(folder, toy, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    renames = []
    rename = Path.rename

    def fail_second(self, target):
        renames.append(target)
        if len(renames) == 2:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    monkeypatch.setattr(files.Path, "rename", fail_second)
    with pytest.raises(ModelError, match="Input/output error"):
        make_model(toy, seed=1).save(folder, overwrite=True)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    make_model(toy, seed=1).save(folder, overwrite=True)
    assert (folder / "model.safetensors").read_bytes() != before["model.safetensors"]
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.tiny import make_model
from tszoo.storage import exchange, files
from tszoo.models.load import load_folder
from tszoo.models.record import ModelRecipe, TrainingRecipe
from tszoo.training.recipe import Recipe

path = Path(sys.argv[1]) / "model"
def model_of(run):
    return make_model(recipe=ModelRecipe(TrainingRecipe(Recipe(epochs=3), seed=run)))

model = model_of(1000)
model.save(path)
last = 1000
for step in range(100):
    child = os.fork()
    if child == 0:
        left = [step]
        def counted(function):
            def call(*args, **kwargs):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **kwargs)
            return call
        files.os.fsync = counted(os.fsync)
        exchange._exchange = counted(exchange._exchange)
        files.shutil.rmtree = counted(files.shutil.rmtree)
        model_of(step).save(path, overwrite=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    run = load_folder(path).config.recipe.training.seed
    assert run in (last, step), (run, last, step)
    last = run
    if status == 0:
        assert run == step
        print("steps", step)
        sys.exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_killed_while_saving_leaves_the_old_model_or_the_new(tmp_path):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    root = ROOT
    done = warm.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) >= 7  # it was killed at each of the steps


def test_prototypes_may_differ_in_length(tmp_path, toy):
    model = make_model(toy)
    series = (model.prototypes.series[0], model.prototypes.series[1][:, :7])
    replace(model, prototypes=Prototypes(("c0", "c1"), series)).save(tmp_path / "m")
    assert [s.shape for s in load_prototypes(tmp_path / "m").series] == [(1, 32), (1, 7)]


def test_a_model_is_written_alike_each_time(tmp_path, toy):
    model = make_model(toy)
    model.save(tmp_path / "a" / "m")
    model.save(tmp_path / "b" / "m")
    assert all(
        (tmp_path / "a/m" / n).read_bytes() == (tmp_path / "b/m" / n).read_bytes() for n in FILES
    )


def test_a_model_needs_no_card(tmp_path):
    make_model(members=1).save(tmp_path / "m")
    whole = load_folder(tmp_path / "m")
    (tmp_path / "m" / "README.md").unlink()
    assert load_folder(tmp_path / "m").config == whole.config
    assert len(load_networks(tmp_path / "m", 1)) == 1
