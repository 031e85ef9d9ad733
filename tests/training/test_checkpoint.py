"""A run on disk goes on to the very same weights, and no other file is taken for its own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tszoo.errors import TrainingError
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.training.checkpoint import Checkpoint, read_tensors, write_tensors
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, EpochReport, Watcher
from tszoo.training.loop import train
from tszoo.training.member import History
from tszoo.training.recipe import Recipe

TINY = {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4}
PLATEAU = Recipe(
    epochs=12, batch_size=5, learning_rate=1e-2, patience=2, min_delta=0.3, min_learning_rate=1e-3
)
COSINE = Recipe(epochs=8, batch_size=5, learning_rate=1e-2, schedule="cosine")
State = dict[str, Tensor]
Logs = pytest.LogCaptureFixture


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums over threads are added in the order of their number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def noise() -> tuple[Tensor, Tensor]:
    x = torch.randn(18, 2, 21, generator=torch.Generator().manual_seed(3))
    return x, torch.arange(18) % 3


def fresh() -> Network:
    network = build("inception", TINY, 2, 3)
    initialize(network, torch.Generator().manual_seed(0))
    return network.to(memory_format=torch.channels_last)  # as ensembles are trained


def interrupt_at(epoch: int) -> Watcher:
    def watch(_: int, report: EpochReport, __: Network) -> None:
        if report.epoch == epoch:
            raise KeyboardInterrupt

    return watch


def note(seen: list[int]) -> Watcher:
    return lambda _, report, __: seen.append(report.epoch)


def run(
    recipe: Recipe,
    checkpoint: Checkpoint | None = None,
    watcher: Watcher | None = None,
    trainable: str = "all",
) -> tuple[State, History]:
    x, y = noise()
    network = fresh()
    watchers = [] if watcher is None else [watcher]
    (history,) = train(
        [network],
        [TrainingData(x, y)],
        recipe,
        seeds=[1],
        trainable=trainable,
        audience=Audience(watchers),
        checkpoint=checkpoint,
    )
    return network.state_dict(), history


@cache
def whole_run(recipe: Recipe, trainable: str = "all") -> tuple[State, History]:
    """What a run without a checkpoint comes to, for all tests that compare with it."""
    return run(recipe, trainable=trainable)


def assert_same(a: tuple[State, History], b: tuple[State, History]) -> None:
    for name, tensor in a[0].items():
        assert torch.equal(tensor, b[0][name]), name
    assert replace(a[1], seconds=0.0) == replace(b[1], seconds=0.0)


@pytest.mark.parametrize("trainable", ["all", "head"])
@pytest.mark.parametrize("recipe", [PLATEAU, COSINE], ids=["plateau", "cosine"])
def test_an_interrupted_run_goes_on_bit_for_bit(
    tmp_path: Path, recipe: Recipe, trainable: str
) -> None:
    whole = whole_run(recipe, trainable)
    checkpoint = Checkpoint(tmp_path / "deep" / "run.safetensors", "a run", every_seconds=1e9)
    for stop in (2, 3, 7):
        with pytest.raises(KeyboardInterrupt):
            run(recipe, checkpoint, interrupt_at(stop), trainable)
        checkpoint = replace(checkpoint, resume=True)
    seen: list[int] = []
    resumed = run(recipe, checkpoint, note(seen), trainable)
    assert seen == list(range(8, recipe.epochs + 1))
    assert_same(whole, resumed)


def test_the_plateau_recipe_reduces_its_rate_before_and_after_the_interruptions() -> None:
    rates = whole_run(PLATEAU)[1].learning_rate
    assert rates[0] > rates[6] > rates[-1]


def test_a_converged_run_resumes_as_converged(tmp_path: Path) -> None:
    recipe = replace(PLATEAU, epochs=100, min_delta=10.0, stop_at_convergence=True)
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", every_seconds=0)
    whole = run(recipe, checkpoint)
    assert len(whole[1].loss) < 100
    resumed = run(recipe, replace(checkpoint, resume=True), interrupt_at(len(whole[1].loss) + 1))
    assert_same(whole, resumed)


def test_a_run_saved_after_its_last_epoch_resumes_without_training(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", every_seconds=1e9)
    whole = whole_run(COSINE)
    with pytest.raises(KeyboardInterrupt):
        run(COSINE, checkpoint, interrupt_at(COSINE.epochs))
    assert_same(whole, run(COSINE, replace(checkpoint, resume=True), interrupt_at(COSINE.epochs)))


def test_resume_without_a_file_starts_at_the_beginning(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", resume=True)
    assert_same(whole_run(COSINE), run(COSINE, checkpoint))
    assert not checkpoint.path.exists()  # a minute has not passed


def test_without_resume_a_run_starts_at_the_beginning(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        run(COSINE, checkpoint, interrupt_at(3))
    assert checkpoint.path.exists()
    seen: list[int] = []
    run(COSINE, checkpoint, note(seen))
    assert seen[0] == 1


def test_seconds_add_up_over_interruptions(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run")
    with pytest.raises(KeyboardInterrupt):
        run(COSINE, checkpoint, interrupt_at(4))
    _, progress = read_tensors(checkpoint.path, "a run")
    first = progress["members"]["0"]["history"]["seconds"]
    assert first > 0
    assert run(COSINE, replace(checkpoint, resume=True))[1].seconds > first


# ---- what is refused


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a run that was interrupted after three epochs."""
    path = tmp_path_factory.mktemp("interrupted") / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(COSINE, Checkpoint(path, "a run"), interrupt_at(3))
    return path


@pytest.fixture
def saved(tmp_path: Path, interrupted: Path) -> Checkpoint:
    """A copy of it, to be resumed."""
    path = Path(shutil.copy(interrupted, tmp_path))
    return Checkpoint(path, "a run", resume=True)


def test_the_checkpoint_of_another_run_is_refused(saved: Checkpoint) -> None:
    expected = (
        r"run\.safetensors: belongs to another run \(its data, recipe, seed or source differ\)\. "
        r"Repeat the command that began it, or train without resume=True\.$"
    )
    with pytest.raises(TrainingError, match=expected):
        run(COSINE, replace(saved, run="another run"))


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(saved: Checkpoint, keep: float) -> None:
    whole = saved.path.read_bytes()
    saved.path.write_bytes(whole[: int(keep if keep >= 1 or keep == 0 else keep * len(whole))])
    with pytest.raises(
        TrainingError,
        match=r"run\.safetensors: not a checkpoint \(.*\)\. Delete it, or train without",
    ):
        run(COSINE, saved)


@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        b"\xff" * 4096,
        b"\x10\x27\x00\x00\x00\x00\x00\x00{}",
        b"\xff\xff\xff\xff\xff\xff\xff\x7f{}",
        b"\x08\x00\x00\x00\x00\x00\x00\x00notjson!",
    ],
)
def test_garbage_is_refused(saved: Checkpoint, content: bytes) -> None:
    saved.path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"not a checkpoint"):
        run(COSINE, saved)


def test_a_folder_in_the_checkpoints_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.safetensors").mkdir()
    with pytest.raises(TrainingError, match=r"run\.safetensors: not a checkpoint"):
        run(COSINE, Checkpoint(tmp_path / "run.safetensors", "a run", resume=True))


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"progress": "{"},
        {"progress": "[]"},
        {"progress": "{}"},
        {"progress": "3"},
        {"progress": "null"},
        {"progress": '{"run": ' + "[" * 100_000},
    ],
    ids=range(8),
)
def test_other_safetensors_files_are_refused(
    saved: Checkpoint, metadata: dict[str, str] | None
) -> None:
    save_file({"a": torch.zeros(1)}, saved.path, metadata=metadata)
    with pytest.raises(TrainingError, match=r"not a checkpoint"):
        run(COSINE, saved)


def test_a_checkpoint_that_lacks_a_part_is_refused(saved: Checkpoint) -> None:
    tensors, progress = read_tensors(saved.path, "a run")
    for missing in ("shuffle", "best.head.bias", "network.head.weight"):
        missing = f"members.0.{missing}"
        write_tensors(saved.path, {k: v for k, v in tensors.items() if k != missing}, progress)
        with pytest.raises(
            TrainingError,
            match=r"not a whole checkpoint \(.*\)\. Delete it, or train without resume=True",
        ):
            run(COSINE, saved)
    for missing in ("schedule", "history"):
        member = {k: v for k, v in progress["members"]["0"].items() if k != missing}
        write_tensors(saved.path, tensors, {**progress, "members": {"0": member}})
        with pytest.raises(TrainingError, match=r"not a whole checkpoint"):
            run(COSINE, saved)


def test_a_checkpoint_of_another_shape_is_refused(saved: Checkpoint) -> None:
    tensors, progress = read_tensors(saved.path, "a run")
    tensors["members.0.network.head.weight"] = torch.zeros(7, 7)
    write_tensors(saved.path, tensors, progress)
    with pytest.raises(TrainingError, match=r"not a whole checkpoint"):
        run(COSINE, saved)


def test_optimizer_states_of_unknown_parameters_are_refused(saved: Checkpoint) -> None:
    tensors, progress = read_tensors(saved.path, "a run")
    write_tensors(
        saved.path, {**tensors, "members.0.optimizer.999.exp_avg": torch.zeros(1)}, progress
    )
    with pytest.raises(TrainingError, match=r"not a whole checkpoint"):
        run(COSINE, saved)


CANNOT_WRITE = re.compile(
    r"run\.safetensors: cannot write the checkpoint \([^\n]*\)\. Training goes on\.$"
)


def test_a_folder_that_cannot_be_made_is_a_warning_in_one_line(
    tmp_path: Path, caplog: Logs
) -> None:
    (tmp_path / "file").write_text("in the way")
    checkpoint = Checkpoint(tmp_path / "file" / "run.safetensors", "a run", every_seconds=0)
    assert_same(run(COSINE, checkpoint), whole_run(COSINE))
    assert len(caplog.messages) == COSINE.epochs
    assert all(CANNOT_WRITE.search(message) for message in caplog.messages)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(
    tmp_path: Path, caplog: Logs
) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "a run", every_seconds=0)
    (checkpoint.path / "inside").mkdir(parents=True)
    run(COSINE, checkpoint)
    assert len(caplog.messages) == COSINE.epochs
    assert all(CANNOT_WRITE.search(message) for message in caplog.messages)
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


# ---- the file itself


def test_tensors_and_progress_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    tensors = {
        "a": torch.randn(3, 4, 1, 5).contiguous(memory_format=torch.channels_last),
        "b": torch.arange(6).reshape(2, 3).T,
        "c": torch.tensor(2, dtype=torch.uint8),
    }
    tensors["shared"] = tensors["a"]
    progress = {
        "run": "r",
        "numbers": [float("inf"), -float("inf"), 0.1 + 0.2, 5e-324],
        "text": "ü",
    }
    write_tensors(path, tensors, progress)
    got, described = read_tensors(path, "r")
    assert described == progress
    assert all(
        torch.equal(got[name], tensor) and got[name].dtype == tensor.dtype
        for name, tensor in tensors.items()
    )
    assert set(got) == set(tensors)
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_what_is_written_is_json_and_tensors(saved: Checkpoint) -> None:
    raw = saved.path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert set(json.loads(header["__metadata__"]["progress"])) == {"run", "members"}


def test_no_bit_of_a_checkpoint_flips_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    tensors = {"a": torch.randn(40, 7), "b": torch.arange(5), "c": torch.randn(3).bfloat16()}
    write_tensors(path, tensors, {"run": "x", "steps": 12})
    whole = path.read_bytes()
    for bit in torch.randint(8 * len(whole), (200,)).tolist():
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(data))
        try:
            found, progress = read_tensors(path, "x")
        except TrainingError:
            continue
        # a name of the metadata, or a blank, that nothing reads
        assert progress == {"run": "x", "steps": 12}
        assert all(torch.equal(found[key], tensor) for key, tensor in tensors.items())


def test_damage_is_told_from_another_run(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    write_tensors(path, {"a": torch.zeros(4)}, {"run": "x"})
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(TrainingError, match="its digest differs: it is damaged"):
        read_tensors(path, "x")


def test_a_checkpoint_without_a_digest_is_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    save_file({"a": torch.ones(4)}, path, metadata={"progress": json.dumps({"run": "x"})})
    tensors, _ = read_tensors(path, "x")
    assert torch.equal(tensors["a"], torch.ones(4))
