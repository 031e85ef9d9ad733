from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save

from tests.support import warm
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, ZooError
from tszoo.models.load import load_prototypes
from tszoo.models.record import TrainedOn
from tszoo.recommendation import recommend
from tszoo.zoo import catalogue as catalogue_module
from tszoo.zoo import prototypes as prototypes_module
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import read_folder, rebuild_catalogue
from tszoo.zoo.local import add_model
from tszoo.zoo.lock import locked
from tszoo.zoo.zoo import Zoo


def named(name, seed=0, **changes):
    toy = replace(make_toy(seed=seed), name=name)
    return make_model(toy, seed=seed, **changes)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("original") / "zoo"
    for seed, name in enumerate(["Alpha", "Beta", "Gamma"]):
        add_model(root, named(name, seed))
    return root


@pytest.fixture
def zoo(tmp_path, original):
    return shutil.copytree(original, tmp_path / "zoo")


def same(a, b):
    return a.classes == b.classes and all(
        np.array_equal(x, y) for x, y in zip(a.series, b.series, strict=True)
    )


def test_a_catalogue_tells_what_the_folders_hold(zoo):
    opened = Zoo(zoo)
    assert sorted(path.name for path in zoo.iterdir()) == [
        "catalogue.json",
        "catalogue.safetensors",
        "inception.Alpha",
        "inception.Beta",
        "inception.Gamma",
    ]
    assert [entry.model for entry in opened.models] == [
        "inception.Alpha",
        "inception.Beta",
        "inception.Gamma",
    ]
    entry = opened.entry("inception.Beta")
    model = named("Beta", 1)
    assert entry.dataset == "Beta"
    assert entry.sha256 == model.config.trained_on.sha256
    assert (entry.n_series, entry.n_classes, entry.classes, entry.length) == (
        24,
        2,
        ("c0", "c1"),
        32,
    )
    assert (entry.n_channels, entry.members, entry.accuracy, entry.kind) == (1, 2, 0.925, None)
    assert entry.bytes == (zoo / "inception.Beta" / "model.safetensors").stat().st_size
    assert opened.broken == ()
    assert opened.packed_sha256 is not None


def test_prototypes_come_from_one_file(zoo, monkeypatch):
    opened = Zoo(zoo)
    expected = {
        name: named(name, seed).prototypes for seed, name in enumerate(["Alpha", "Beta", "Gamma"])
    }
    monkeypatch.setattr(prototypes_module, "load_prototypes", None)  # no folder is looked into
    for name, prototypes in expected.items():
        assert same(opened.prototypes(f"inception.{name}"), prototypes)


def test_an_unknown_model_is_refused_with_a_suggestion(zoo):
    for ask in (Zoo(zoo).prototypes, Zoo(zoo).entry):
        with pytest.raises(
            ZooError, match=r"no model 'inception\.Bata' in this zoo\. Did you mean inception\.Beta"
        ):
            ask("inception.Bata")


def test_rebuilding_changes_nothing(zoo):
    before = [(zoo / name).read_bytes() for name in ("catalogue.json", "catalogue.safetensors")]
    rebuilt = rebuild_catalogue(zoo)
    assert before == [
        (zoo / name).read_bytes() for name in ("catalogue.json", "catalogue.safetensors")
    ]
    assert rebuilt.models == Zoo(zoo).models


def remove(name):
    return lambda zoo: (zoo / name).unlink()


def overwrite(name, content):
    return lambda zoo: (zoo / name).write_bytes(content)


def change_document(**changes):
    def change(zoo):
        values = json.loads((zoo / "catalogue.json").read_text())
        (zoo / "catalogue.json").write_text(json.dumps({**values, **changes}))

    return change


def change_entry(**changes):
    def change(zoo):
        values = json.loads((zoo / "catalogue.json").read_text())
        values["models"][1].update(changes)
        (zoo / "catalogue.json").write_text(json.dumps(values))

    return change


SPOILED = {
    "json gone": remove("catalogue.json"),
    "prototypes gone": remove("catalogue.safetensors"),
    "json empty": overwrite("catalogue.json", b""),
    "json cut": overwrite("catalogue.json", b'{"format_version": 1, "models"'),
    "json a list": overwrite("catalogue.json", b"[]"),
    "json older": change_document(format_version=1),
    "json newer": change_document(format_version=3),
    "json of a version that is no number": change_document(format_version=[2]),
    "json with more": change_document(extra=1),
    "no models": change_document(models=[]),
    "models not a list": change_document(models={}),
    "an entry of nothing": change_document(models=[{}]),
    "digest of no file": change_document(prototypes_sha256="0" * 64),
    "digest no digest": change_document(prototypes_sha256=3),
    "an entry of a path": change_entry(model="../outside"),
    "an entry twice": change_entry(model="inception.Alpha"),
    "an entry unknown": change_entry(model="inception.Other"),
    "an entry with text for a number": change_entry(length="32"),
    "an entry with more": change_entry(extra=1),
    "an entry with other classes": change_entry(classes=["a", "b", "c"]),
    "prototypes empty": overwrite("catalogue.safetensors", b""),
    "prototypes other": overwrite("catalogue.safetensors", b"\x02\0\0\0\0\0\0\0{}"),
    "size of the weights": change_entry(bytes=7),
    "size of the prototypes": change_entry(prototypes_bytes=7),
    "digest of the config": change_entry(config_sha256="0" * 64),
}


def repack(**changes):
    """Change the arrays of the prototypes' file, and have the catalogue vouch for it."""

    def change(zoo):
        arrays = {**load_file(zoo / "catalogue.safetensors"), **changes}
        packed = save(
            {key: np.asarray(value) for key, value in arrays.items() if value is not None}
        )
        (zoo / "catalogue.safetensors").write_bytes(packed)
        change_document(prototypes_sha256=hashlib.sha256(packed).hexdigest())(zoo)

    return change


def out_of_line(zoo):
    """Put the arrays where numbers of eight bytes cannot lie."""
    content = (zoo / "catalogue.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    content = (
        (length + 4).to_bytes(8, "little")
        + content[8 : 8 + length]
        + b"    "
        + content[8 + length :]
    )
    (zoo / "catalogue.safetensors").write_bytes(content)
    change_document(prototypes_sha256=hashlib.sha256(content).hexdigest())(zoo)


STARTS = np.arange(6) * 32
VALUES = np.linspace(-1, 1, 192, dtype=np.float32)

# what goes wrong with the arrays, and what the log says of it
HOSTILE = {
    "array missing": (
        repack(owners=None),
        "tensors ['channels', 'lengths', 'starts', 'values'], expected values",
    ),
    "array more": (repack(more=STARTS), "expected values, starts, lengths, channels, owners"),
    "values of two axes": (
        repack(values=VALUES.reshape(6, 32)),
        "'values' is F32 of shape (6, 32), expected F32 in one",
    ),
    "values of whole numbers": (repack(values=STARTS), "'values' is I64"),
    "values of doubles": (
        repack(values=VALUES.astype("f8")),
        "'values' has dtype 'F64', expected one of F32, I64",
    ),
    "lengths of floats": (repack(lengths=np.full(6, 32, "f4")), "'lengths' is F32"),
    "fewer series": (
        repack(starts=STARTS[:5]),
        "expected I64 in shape (6,), a number for each prototype of the models",
    ),
    "outside": (repack(starts=STARTS + 1), "a series lies outside the 192 values"),
    "before": (repack(starts=STARTS - 32), "a series lies outside the 192 values"),
    "overlapping": (repack(starts=STARTS // 2), "series that do not stand side by side"),
    "room left": (
        repack(values=np.append(VALUES, np.float32(0))),
        "series that do not stand side by side",
    ),
    "no length": (
        repack(lengths=np.array([32] * 5 + [0])),
        "lengths and channels must be 1 or more",
    ),
    "wrapping round": (
        repack(channels=np.array([1] * 5 + [2**62])),
        "lengths and channels must be 1 or more",
    ),
    "other channels": (
        repack(channels=np.full(6, 2), lengths=np.full(6, 16)),
        "series of other channels than the models",
    ),
    "other owners": (
        repack(owners=np.array([0, 0, 0, 1, 2, 2])),
        "each as often as it has classes",
    ),
    "not finite": (
        repack(values=np.where(VALUES < 0.5, VALUES, np.nan)),
        "missing or infinite values",
    ),
    "out of line": (out_of_line, "expected a multiple of 8"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_arrays_that_are_vouched_for_but_wrong_give_way_to_the_folders(zoo, case, caplog):
    expected = Zoo(zoo)
    change, message = HOSTILE[case]
    change(zoo)
    found = Zoo(zoo)
    assert found.packed_sha256 is not None
    for entry in expected.models:
        assert same(found.prototypes(entry.model), expected.prototypes(entry.model))
    assert "catalogue.safetensors: " in caplog.text
    assert message in caplog.text
    assert "reading prototypes from the model folders" in caplog.text


def test_a_catalogue_of_another_version_is_named(zoo, caplog):
    change_document(format_version=1)(zoo)
    assert len(Zoo(zoo).models) == 3
    assert (
        "catalogue.json: format_version is 1, this tszoo reads 2; describing the models"
        in caplog.text
    )


def test_prototypes_are_used_as_they_lie_in_the_file(zoo):
    opened = Zoo(zoo)
    names = [entry.model for entry in opened.models]
    pool = opened.pool(names)
    assert pool.names == tuple(names)
    assert not pool.values.flags.writeable
    assert not pool.values.flags.owndata
    assert opened.pool(names) is pool
    assert np.shares_memory(opened.prototypes(names[1]).series[0], pool.values)
    two = opened.pool([names[2], names[0]])
    assert two.names == (names[2], names[0])
    assert np.shares_memory(two.values, pool.values)
    with pytest.raises(ZooError, match=r"no model 'inception\.Bata'"):
        opened.pool(["inception.Bata"])


def test_an_open_catalogue_outlives_its_replacement(zoo):
    opened = Zoo(zoo)
    before = opened.prototypes("inception.Alpha")
    add_model(zoo, named("Alpha", 9), overwrite=True)
    add_model(zoo, named("Aardvark", 5))
    assert same(before, named("Alpha", 0).prototypes)
    assert same(opened.prototypes("inception.Gamma"), named("Gamma", 2).prototypes)
    assert same(Zoo(zoo).prototypes("inception.Alpha"), named("Alpha", 9).prototypes)


def test_a_pool_is_the_same_from_the_folders(zoo):
    packed = Zoo(zoo).pool(["inception.Gamma", "inception.Alpha"])
    (zoo / "catalogue.safetensors").unlink()
    loose = Zoo(zoo).pool(["inception.Gamma", "inception.Alpha"])
    assert loose.names == packed.names
    assert all(same(loose.source(i), packed.source(i)) for i in range(2))


@pytest.mark.parametrize("case", SPOILED)
def test_a_spoiled_catalogue_is_named_and_gives_way_to_the_folders(zoo, case, caplog):
    expected = Zoo(zoo)
    # not the mapped ones: the file is about to be changed under them
    prototypes = {entry.model: load_prototypes(zoo / entry.model) for entry in expected.models}
    SPOILED[case](zoo)
    found = Zoo(zoo)
    assert found.models == expected.models
    assert all(same(found.prototypes(model), own) for model, own in prototypes.items())
    named = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(named) == (case != "json gone")
    assert all(
        str(zoo) in line and "from the model folders" in line.replace("their", "the model")
        for line in named
    )


def test_folders_side_by_side_need_no_catalogue(zoo, caplog):
    (zoo / "catalogue.json").unlink()
    (zoo / "catalogue.safetensors").unlink()
    assert len(Zoo(zoo).models) == 3
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@given(st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changed_bytes_of_a_catalogue_never_raise_and_never_mix(zoo, data):
    name = data.draw(st.sampled_from(["catalogue.json", "catalogue.safetensors"]))
    before = (zoo / name).read_bytes()
    content = bytearray(before)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (zoo / name).write_bytes(content)
    opened = Zoo(zoo)
    for entry in opened.models:
        assert same(opened.prototypes(entry.model), PROTOTYPES[entry.model])
    (zoo / name).write_bytes(before)


PROTOTYPES = {
    f"inception.{n}": named(n, seed).prototypes for seed, n in enumerate(["Alpha", "Beta", "Gamma"])
}


def test_a_folder_copied_by_hand_is_seen(zoo):
    named("Delta", 3).save(zoo / "inception.Delta")
    opened = Zoo(zoo)
    assert [entry.dataset for entry in opened.models] == ["Alpha", "Beta", "Delta", "Gamma"]
    assert same(opened.prototypes("inception.Delta"), named("Delta", 3).prototypes)


def test_a_folder_removed_or_edited_by_hand_is_seen(zoo):
    for path in (zoo / "inception.Alpha").iterdir():
        path.unlink()
    (zoo / "inception.Alpha").rmdir()
    values = json.loads((zoo / "inception.Beta/config.json").read_text())
    values["results"]["accuracy"] = 0.125
    (zoo / "inception.Beta/config.json").write_text(json.dumps(values))
    assert [(entry.dataset, entry.accuracy) for entry in Zoo(zoo).models] == [
        ("Beta", 0.125),
        ("Gamma", 0.925),
    ]


def test_a_reader_never_pairs_old_entries_with_new_prototypes(zoo):
    reader = Zoo(zoo)
    add_model(zoo, named("Alpha", 9), overwrite=True)
    assert same(reader.prototypes("inception.Alpha"), named("Alpha", 9).prototypes)
    assert same(reader.prototypes("inception.Beta"), named("Beta", 1).prototypes)


def test_between_the_two_files_the_folders_answer(zoo, monkeypatch):
    """A writer that dies after the first file leaves prototypes that no catalogue vouches for."""
    write_file = catalogue_module.write_file

    def die_at_json(path, content):
        if path.name == "catalogue.json":
            raise KeyboardInterrupt
        write_file(path, content)

    monkeypatch.setattr(catalogue_module, "write_file", die_at_json)
    with pytest.raises(KeyboardInterrupt):
        add_model(zoo, named("Delta", 3))
    monkeypatch.undo()
    opened = Zoo(zoo)
    assert [entry.dataset for entry in opened.models] == ["Alpha", "Beta", "Delta", "Gamma"]
    assert same(opened.prototypes("inception.Delta"), named("Delta", 3).prototypes)
    add_model(zoo, named("Epsilon", 4))
    assert len(Zoo(zoo).models) == 5


def test_broken_models_are_left_out_and_named(zoo, caplog, tmp_path):
    (zoo / "inception.Beta" / "model.safetensors").unlink()
    (zoo / "inception.Gamma" / "prototypes.safetensors").write_bytes(b"1234567")
    named("Delta").save(tmp_path / "elsewhere")
    (zoo / "inception.Delta").symlink_to(tmp_path / "elsewhere")
    named("Odd").save(zoo / "what a name")
    named("Empty").save(zoo / "empty")
    (zoo / "empty" / "model.safetensors").write_bytes(b"")
    opened = rebuild_catalogue(zoo)
    assert [entry.model for entry in opened.models] == ["inception.Alpha"]
    reasons = {model.model: model.reason for model in opened.broken}
    assert "model.safetensors missing" in reasons["inception.Beta"]
    assert "prototypes.safetensors: 7 bytes" in reasons["inception.Gamma"]
    assert "model.safetensors: 0 bytes; such a file has 1 to" in reasons["empty"]
    assert "a link; put the model's folder itself into the zoo" in reasons["inception.Delta"]
    assert "'what a name' cannot name a model" in reasons["what a name"]
    assert all(name in caplog.text for name in reasons)
    assert [entry.model for entry in Zoo(zoo).models] == [
        "inception.Alpha",
        "inception.Gamma",
    ]
    with pytest.raises(ModelError, match=r"prototypes\.safetensors: 7 bytes"):
        Zoo(zoo).prototypes("inception.Gamma")


def test_hidden_folders_and_other_things_are_no_models(zoo):
    named("Delta").save(zoo / ".inception.Delta.0123.tmp")
    (zoo / "notes").mkdir()
    (zoo / "README.md").write_text("A zoo.")
    assert len(Zoo(zoo).models) == 3
    assert Zoo(zoo).packed_sha256 is not None


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(ZooError, match="nowhere: no such folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(ZooError, match="file: not a folder that can be read"):
        read_folder(tmp_path / "file")
    assert read_folder(tmp_path).models == ()


def test_a_catalogue_that_cannot_be_written_leaves_the_old_one(zoo, monkeypatch):
    before = (zoo / "catalogue.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(catalogue_module, "write_file", full)
    with pytest.raises(
        ZooError, match=r"zoo: the catalogue cannot be written \(No space left on device\)"
    ):
        rebuild_catalogue(zoo)
    assert (zoo / "catalogue.json").read_bytes() == before
    assert not (zoo / ".lock").exists()


def test_entries_survive_a_round_trip(zoo):
    for entry in Zoo(zoo).models:
        assert CatalogueEntry.from_dict(json.loads(json.dumps(entry.to_dict()))) == entry
        with pytest.raises(ModelError, match="an entry lacks 'dataset'"):
            CatalogueEntry.from_dict(
                {key: value for key, value in asdict(entry).items() if key != "dataset"}
            )


def test_kinds_of_known_sources_are_told(tmp_path):
    series = np.random.default_rng(0).standard_normal((4, 1, 24))
    toy = replace(make_toy(4, 24), name="ItalyPowerDemand", series=series.astype("f4"))
    add_model(tmp_path, make_model(toy))
    assert Zoo(tmp_path).models[0].kind == "power demand"


def test_recommendation_works_on_a_catalogue(zoo):
    ranking = recommend(make_toy(seed=1), Zoo(zoo), top=2, method="dtw")
    assert [found.rank for found in ranking] == [1, 2]
    assert ranking[0].dataset in ("Alpha", "Beta", "Gamma")


# one writer at a time


def test_the_lock_goes_away(tmp_path):
    with locked(tmp_path):
        assert (tmp_path / ".lock").exists()
    assert not list(tmp_path.iterdir())


def test_a_second_writer_waits_and_then_gives_up(tmp_path):
    with locked(tmp_path):
        start = time.monotonic()
        with (
            pytest.raises(ZooError, match="another process has been writing to this zoo"),
            locked(tmp_path, timeout=0.2),
        ):
            pass
        assert time.monotonic() - start >= 0.2
        assert (tmp_path / ".lock").exists()
    with locked(tmp_path, timeout=0.2):
        pass


def test_a_lock_file_left_behind_is_no_lock(tmp_path):
    (tmp_path / ".lock").touch()
    with locked(tmp_path, timeout=0.2):
        pass
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written_that_is_said(tmp_path):
    with (
        pytest.raises(ZooError, match=r"nowhere: the zoo cannot be written \(No such file"),
        locked(tmp_path / "nowhere"),
    ):
        pass


WRITER = """
import sys
from dataclasses import replace
from tests.support.toys import make_toy
from tests.support.tiny import make_model
from tszoo.zoo.local import add_model
for k in range(2):
    toy = replace(make_toy(seed=k), name=f"{sys.argv[2]}{k}")
    add_model(sys.argv[1], make_model(toy, seed=k))
"""


def test_several_processes_may_write_to_one_zoo(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", WRITER, str(tmp_path / "zoo")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    root = ROOT
    writers = [warm.Popen([*command, name], cwd=root, env=environment) for name in ("A", "B")]
    broken = 0
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "zoo").is_dir():  # a reader sees whole models only, at every moment
            broken += len(Zoo(tmp_path / "zoo").broken)
        time.sleep(0.05)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert broken == 0
    opened = Zoo(tmp_path / "zoo")
    assert opened.packed_sha256 is not None  # the files agree
    assert [entry.dataset for entry in opened.models] == ["A0", "A1", "B0", "B1"]
    for entry in opened.models:
        assert same(
            opened.prototypes(entry.model),
            named(entry.dataset, int(entry.dataset[1])).prototypes,
        )
    assert not (tmp_path / "zoo" / ".lock").exists()


def test_names_with_other_characters_become_names(tmp_path):
    toy = make_toy()
    trained_on = TrainedOn.of(replace(toy, name="../my data: 1"))
    path = add_model(tmp_path / "zoo", make_model(toy, trained_on=trained_on))
    assert path == tmp_path / "zoo" / "inception._my_data_1"
    assert Zoo(tmp_path / "zoo").models[0].dataset == "../my data: 1"
