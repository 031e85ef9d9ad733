"""The script for some minutes with a GPU: packs, halves, and a session on the CPU."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import gpu_models
import gpu_session
import model_packs
import numpy as np
import packed_archive
import pytest
import timed_parts
import universal_halves
from gpu_log import Log
from zoo_plan import HELD_OUT

from tests.support.episodes import TINY_NETWORK, TINY_RECIPE
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, save_dataset
from tszoo.data.archive import list_archive
from tszoo.data.load import load_dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.data.ucr.table import archive_sets, kin_of, read_sets
from tszoo.errors import DataError, ModelError, TrainingError, ZooError
from tszoo.models.load import load_config
from tszoo.training.run import Run
from tszoo.zoo.zoo import Zoo

SCRIPTS = ROOT / "scripts"
# GunPoint and Beef are of different halves; Mine is no set of the archive
NAMES = ("GunPoint", "Beef", "Mine")
PLAN = """datasets,architecture,members,recipe,joint
Mine,inception,2,fast,
Beef,inception,2,fast,
GunPoint Beef,inception,1,fast,both
"""
# what a machine with a GPU may lack, beside the distribution of tszoo itself
MISSING = ("hypothesis", "matplotlib", "pandas", "pytest", "rich", "scipy", "sklearn", "tslearn")
WITHOUT = f"""
import runpy, sys
from importlib.metadata import Distribution, PackageNotFoundError

def from_name(name):
    if name == "tszoo":
        raise PackageNotFoundError(name)
    return find(name)

find, Distribution.from_name = Distribution.from_name, from_name
sys.modules.update(dict.fromkeys({MISSING!r}))  # an import of these fails
del sys.argv[0]
sys.path[0] = sys.argv[0].rpartition("/")[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def toy(name: str, seed: int, n_classes: int = 2) -> Dataset:
    data = make_toy(12 * n_classes, length=24, n_classes=n_classes, seed=seed)
    labels = [data.classes[k] for k in data.labels]
    return Dataset.from_arrays(data.series, labels, name=name, split="train")


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    for seed, name in enumerate(NAMES):
        (root / name).mkdir()
        save_dataset(toy(name, seed, 2 + seed), root / name / f"{name}_TRAIN.tsv")
    (root / "Bad").mkdir()
    (root / "Bad" / "Bad_TRAIN.tsv").write_text("1\t2.0\t3.0\n1\t2.0\t4.0\n")
    return root


def script(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the script from a plain folder, without what it may not need."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-c", WITHOUT, SCRIPTS / "gpu_session.py", *arguments]
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_session(archive: Path, tmp_path: Path) -> None:
    pack, plan = tmp_path / "archive.npz", tmp_path / "plan.csv"
    plan.write_text(PLAN)
    packed_archive.write_pack(packed_archive.archive_splits(archive), pack, 1 << 20)
    (tmp_path / "cards").mkdir()
    done = script(
        *(pack, "--budget", "100s", "--out", "session", "--plan", plan, "--cards", "cards"),
        *("--parts", "tests", "sources", "--device", "cpu", "--network", json.dumps(TINY_NETWORK)),
        cwd=tmp_path,
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    assert "s left] skipped  tests: pytest is not installed" in log
    out = tmp_path / "session"
    assert sorted(path.name for path in out.iterdir()) == ["log.txt", "zoo-1.zip"]
    noted = (out / "log.txt").read_text().splitlines()
    assert [line.split(":")[0] for line in noted] == [
        "skipped  tests",
        "done     inception.Mine",
        "done     inception.Beef",
        "done     sources",
    ]
    zoo = tmp_path / "zoo"
    assert model_packs.unpack(out, zoo) == ["inception.Beef", "inception.Mine"]
    assert len(Zoo(zoo)) == 2
    mine = load_config(zoo / "inception.Mine")
    assert mine.members == 2
    original = load_dataset("Mine", split="train", archive=archive)
    assert mine.trained_on.sha256 == original.sha256
    with pytest.raises(ZooError, match="there already"):
        model_packs.unpack(out, zoo)


@pytest.mark.slow
def test_universal_bodies_of_halves_and_of_all(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MISSING:
        monkeypatch.setitem(sys.modules, name, None)
    originals = list(packed_archive.archive_splits(archive))
    ours = replace(shop(tmp_path, 60, TINY_NETWORK), sets=originals, episodes=TINY_RECIPE)
    learnt, judged = {}, {}
    for half in ("A", "B", "ALL"):
        gpu_models.train_universal(ours, half, time.monotonic() + 2.0)
    model_packs.unpack(tmp_path, tmp_path / "zoo")
    for half in ("A", "B", "ALL"):
        config = load_config(tmp_path / "zoo" / f"inception.universal{half}")
        learnt[half] = {part.dataset: part.sha256 for part in config.trained_on.parts}
        judged[half] = set(config.recipe.episodic.held_out)
    assert learnt["ALL"] == {dataset.name: dataset.sha256 for dataset in originals}
    assert learnt["A"] | learnt["B"] == learnt["ALL"]
    assert judged["A"] == set(learnt["B"])
    assert judged["B"] == set(learnt["A"])
    assert judged["ALL"] == set()
    assert gpu_models.next_body("A", tmp_path / "zoo") == ("universalA2", 3)
    assert gpu_models.next_body("ALL", tmp_path / "cards") == ("universalALL", 2)
    alone = replace(ours, out=tmp_path / "alone", is_judged=False)
    alone.out.mkdir()
    gpu_models.train_universal(alone, "A", time.monotonic() + 2.0)
    model_packs.unpack(alone.out, tmp_path / "other")
    config = load_config(tmp_path / "other" / "inception.universalA")
    assert {part.dataset for part in config.trained_on.parts} == set(learnt["A"])
    assert config.recipe.episodic.held_out == ()


def test_a_body_is_there_in_time_though_reading_data_took_long(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the budget's clock does not know of a delay, the body is made of what was learnt."""
    pool = gpu_models.pretrain_universal

    def late(sets: object, *, budget: str, **more: object) -> object:
        return pool(sets, budget="60s", **more)

    monkeypatch.setattr(gpu_models, "pretrain_universal", late)
    sets = list(packed_archive.archive_splits(archive))
    ours = replace(shop(tmp_path, 60, TINY_NETWORK), sets=sets, episodes=TINY_RECIPE)
    began = time.monotonic()
    gpu_models.train_universal(ours, "ALL", began + 1)
    assert time.monotonic() - began < 50
    assert "done     inception.universalALL" in ours.log.path.read_text()


def facts_of(parts: Sequence[str], out: Path) -> SimpleNamespace:
    """What the command line says of a session that trains nothing."""
    facts = {"parts": parts, "out": out, "device": "cpu", "precision": "auto", "cards": out}
    return SimpleNamespace(**facts, network={}, episodes={}, no_judging=True)


def test_parts_share_the_time_that_is_left(tmp_path: Path, monkeypatch) -> None:
    """Time that a part leaves goes to those behind it, and one that fails stops no other."""
    log = Log(tmp_path / "log.txt", time.monotonic() + 11_000)

    def body(shop: gpu_models.Shop, half: str, until: float) -> int:
        (tmp_path / half).write_text(f"{until - time.monotonic():.0f}")
        if half == "B":
            msg = "CUDA out of memory"
            raise RuntimeError(msg)
        return 0

    monkeypatch.setattr(gpu_session, "train_universal", body)
    parts = ["A", "B", "ALL"]
    facts = {
        "parts": parts,
        "out": tmp_path,
        "device": "cpu",
        "precision": "auto",
        "no_judging": True,
        "cards": tmp_path,
    }
    options = SimpleNamespace(**facts, network={}, episodes={})
    assert gpu_session.Session(options, [], log).walk() == 1
    shares = [float((tmp_path / half).read_text()) for half in parts]
    np.testing.assert_allclose(shares, [11_000 * 5 / 16, 11_000 * 5 / 11, 11_000], atol=150)
    assert log.path.read_text().splitlines() == [
        "failed   universalB: CUDA out of memory",
        "failed   B: exit status 1",
    ]


def test_an_interrupt_ends_the_session(tmp_path: Path, monkeypatch) -> None:
    log = Log(tmp_path / "log.txt", time.monotonic() + 60)
    session_process = os.getpid()

    def body(*_: object) -> int:
        os.kill(session_process, signal.SIGTERM)
        time.sleep(60)
        return 0

    monkeypatch.setattr(gpu_session, "train_universal", body)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        assert (
            gpu_session.Session(facts_of(["A", "B"], tmp_path), [], log).walk()
            == timed_parts.INTERRUPTED
        )
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    assert log.path.read_text() == "stopped  A: interrupted; what was done before is kept\n"


def test_halves_share_no_recordings() -> None:
    sets = {**archive_sets(), **read_sets(HELD_OUT)}
    halves = {name: universal_halves.half_of(name) for name in sets}
    for name in sets:
        assert {halves[relative] for relative in kin_of(name, sets)} == {halves[name]}
    assert universal_halves.half_of("Lightning7") == universal_halves.half_of("Lightning2")
    assert {universal_halves.half_of(f"New{k}") for k in range(20)} == {"A", "B"}
    for half in "AB":
        parts = load_config(ROOT / "cards" / f"inception.universal{half}").trained_on.parts
        assert {halves[part.dataset] for part in parts} == {half}


def test_a_pack_has_the_series_and_the_first_digests(archive: Path, tmp_path: Path) -> None:
    gaps = make_toy(6, length=20).series.copy()
    gaps[0, 0, 5] = np.nan
    labels = [1, 2] * 3
    ragged = [np.arange(8.0), np.arange(5.0) ** 2]
    sets = [
        *packed_archive.archive_splits(archive),
        Dataset.from_arrays(gaps, labels, name="Gaps", split="train"),
        Dataset.from_arrays(ragged, ["a", "b"], name="Ragged", split="train"),
    ]
    pack = tmp_path / "archive.npz"
    assert packed_archive.write_pack(sets, pack, 1 << 20) == []
    packed = packed_archive.training_sets(pack)
    assert len(packed) == len(list_archive(archive)) - 1 + 2
    for ours, theirs in zip(packed, sets, strict=True):
        assert (ours.name, ours.split, ours.sha256) == (theirs.name, "train", theirs.sha256)
        assert (ours.classes, ours.any_length) == (theirs.classes, theirs.any_length)
        assert np.array_equal(ours.labels, theirs.labels)
        assert np.array_equal(ours.lengths, theirs.lengths)
        assert np.array_equal(np.isnan(ours.series), np.isnan(theirs.series))
        both = [prepare(dataset, Preprocessing(unequal=True)) for dataset in (ours, theirs)]
        np.testing.assert_allclose(*both, atol=4e-3)
        assert ours.take([0]).sha256 != ours.sha256


def test_what_has_no_room_is_left_out(tmp_path: Path) -> None:
    small, large = toy("Small", 0), toy("Large", 1, n_classes=40)
    pack = tmp_path / "archive.npz"
    assert packed_archive.write_pack([large, small], pack, 7000) == ["Large"]
    assert pack.stat().st_size < 7000
    assert [dataset.name for dataset in packed_archive.read_pack(pack)] == ["Small"]
    with pytest.raises(DataError, match="not one data set fits into 10 bytes"):
        packed_archive.write_pack([small], pack, 10)
    pack.write_bytes(b"no pack")
    with pytest.raises(DataError, match="cannot be read as a pack of data sets"):
        packed_archive.read_pack(pack)


def test_models_go_to_the_next_file_when_one_is_full(tmp_path: Path) -> None:
    models = [make_model(toy(f"Toy{k}", k), members=1) for k in range(3)]
    size = model_packs.add_to_packs(tmp_path, models[0]).stat().st_size + model_packs.SLACK
    room = partial(model_packs.add_to_packs, tmp_path, pack_bytes=2 * size - model_packs.SLACK)
    assert room(models[1]).name == "zoo-1.zip"
    assert room(models[2]).name == "zoo-2.zip"
    with pytest.raises(model_packs.NoRoomError, match="no room for inception"):
        model_packs.add_to_packs(tmp_path, models[0], pack_bytes=size - 1000)
    assert len(model_packs.unpack(tmp_path, tmp_path / "zoo")) == 3


@pytest.mark.parametrize("name", ["../config.json", "inception.Toy/other.txt", "config.json"])
def test_what_is_no_model_is_not_unpacked(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zoo-1.zip", "w") as file:
        file.writestr(name, "text")
    with pytest.raises(ModelError, match="which is no file of a model"):
        model_packs.unpack(tmp_path, tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def shop(out: Path, seconds: float, network: Mapping[str, object]) -> gpu_models.Shop:
    log = Log(out / "log.txt", time.monotonic() + seconds)
    cards = out / "cards"
    cards.mkdir(exist_ok=True)
    return gpu_models.Shop([], out, log, network, {}, Run(device="cpu"), cards)


def wanted(tmp_path: Path, names: Sequence[str]) -> list[gpu_models.Wanted]:
    (tmp_path / "plan.csv").write_text(PLAN)
    sets = [toy(name, k) for k, name in enumerate(names)]
    return list(gpu_models.wanted_sources(sets, tmp_path / "zoo", tmp_path / "plan.csv"))


def test_sources_that_are_missing_or_single_are_wanted(tmp_path: Path) -> None:
    zoo = Zoo(tmp_path / "zoo")
    assert [source.is_missing for source in wanted(tmp_path, NAMES)] == [True, True]
    zoo.add(make_model(toy("Beef", 1), members=2))
    zoo.add(make_model(toy("Mine", 2), members=1))
    sources = wanted(tmp_path, NAMES)
    assert [(source.train.name, source.is_missing) for source in sources] == [("Mine", False)]


def test_a_source_that_fails_does_not_stop_the_next(tmp_path: Path, monkeypatch) -> None:
    made = []

    def train_source(shop: object, source: gpu_models.Wanted, until: float) -> None:
        made.append(source.train.name)
        if source.train.name == "Mine":
            msg = "CUDA out of memory"
            raise TrainingError(msg)

    monkeypatch.setattr(gpu_models, "train_source", train_source)
    sources = wanted(tmp_path, NAMES)
    ours = shop(tmp_path, 60, TINY_NETWORK)
    assert gpu_models.train_sources(ours, iter(sources), ours.log.until) == 1
    assert made == ["Mine", "Beef"]
    assert ours.log.path.read_text() == "failed   inception.Mine: CUDA out of memory\n"


def test_where_an_ensemble_takes_too_long_the_first_member_is_made(
    tmp_path: Path, monkeypatch
) -> None:
    def check(pace: gpu_models.Pace, seconds: float) -> None:
        if pace.warm_up > gpu_models.WARM_UP:
            msg = "99 s more, 9 s are left"
            raise gpu_models.TooLongError(msg)

    monkeypatch.setattr(gpu_models.Pace, "_check", check)
    (source,) = wanted(tmp_path, ["Mine"])
    ours = shop(tmp_path, 60, TINY_NETWORK)
    gpu_models.train_source(ours, source, ours.log.until)
    model_packs.unpack(tmp_path, tmp_path / "zoo")
    assert load_config(tmp_path / "zoo" / "inception.Mine").members == 1
    assert ours.log.path.read_text().startswith("no time  inception.Mine: 2 members: 99 s more")
    with pytest.raises(gpu_models.TooLongError):
        gpu_models.train_source(ours, source._replace(is_missing=False), ours.log.until)


def test_a_pace_stops_what_would_be_late(monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr(gpu_models.time, "monotonic", lambda: now)
    pace = gpu_models.Pace(until=100.0, warm_up=2)
    for step in range(1, 5):
        now = 10.0 * step if step <= 2 else now + 1.0  # the first ones compile
        pace.advance(82)  # 20 s and 80 steps of a second: it would just be done
    now += 1.0
    with pytest.raises(gpu_models.TooLongError, match="79 s more, 77 s are left"):
        gpu_models.Pace.advance(pace, 84)


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_part_is_stopped_when_its_time_is_over(stubborn: bool, monkeypatch) -> None:
    monkeypatch.setattr(timed_parts, "GRACE_SECONDS", 0.3)

    def work() -> int:
        if stubborn:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(60)
        return 0

    part = timed_parts.Part()
    began = time.monotonic()
    assert part.run(work, began + 0.3) == timed_parts.CUT
    assert time.monotonic() - began < 50
    assert part.run(lambda: 3, time.monotonic() + 60) == 3
    assert part.run(lambda: 1 // 0, time.monotonic() + 60) == 1


def test_another_program_writes_to_its_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; print(sys.path[1:3], os.getcwd())"]
    work = partial(timed_parts.become, command, tmp_path / "out.txt", tmp_path, [tmp_path])
    assert timed_parts.Part().run(work, time.monotonic() + 60) == 0
    assert str(tmp_path) in (tmp_path / "out.txt").read_text()


def test_commands_of_programs(tmp_path: Path) -> None:
    assert str(Path("tests", "system", "test_gpu.py")) in gpu_session.tests_command()
    on_cpu = gpu_session.benchmark_command(tmp_path, "cpu", 10.0)
    assert on_cpu[-2:] == ["--seconds", "0.1"]
    on_gpu = gpu_session.benchmark_command(tmp_path, "cuda", 10.0)
    assert "2000x1000" in on_gpu
    assert on_gpu[on_gpu.index("--most-seconds") + 1] == "6"


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.setattr(sys, "argv", ["gpu_session", "archive.npz", "--out", str(tmp_path)])
    assert gpu_session.main() == 1
    assert "not empty. Name a new folder for what this session makes." in capsys.readouterr().err
