from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.full_disk import full_disk
from tests.support.tiny import make_model
from tszoo.errors import MissingExtraError
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.tensorboard import TensorBoard

NETWORK = make_model(members=1).networks[0]


def report(epoch: int, *validation: float) -> EpochReport:
    return EpochReport(epoch, 9, 0.5 / epoch, 0.25, 0.125, 2.0, *validation)


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    tags = events.Tags()
    read = {
        tag: [(one.step, one.tensor_proto.float_val[0]) for one in events.Tensors(tag)]
        for tag in tags["tensors"]
    }
    return read | {
        tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in tags["scalars"]
    }


def test_scalars_of_each_member_are_on_disk_after_the_epoch(tmp_path):
    pytest.importorskip("tensorboard")
    watcher = TensorBoard(tmp_path / "board")  # it has nothing to be closed
    for epoch in (1, 2):
        watcher(0, report(epoch), NETWORK)
        watcher(1, report(epoch, 0.75, 0.5), NETWORK)
    common = {"accuracy/training": 0.25, "learning_rate": 0.125, "seconds": 2.0}
    expected = {tag: [(1, value), (2, value)] for tag, value in common.items()}
    expected["loss/training"] = [(1, 0.5), (2, 0.25)]
    held = {"loss/validation": [(1, 0.75), (2, 0.75)], "accuracy/validation": [(1, 0.5), (2, 0.5)]}
    assert scalars(tmp_path / "board" / "member-0") == expected
    assert scalars(tmp_path / "board" / "member-1") == expected | held


def test_a_resumed_run_hides_what_comes_again(tmp_path):
    pytest.importorskip("tensorboard")
    for epochs in ((1, 2, 3), (2, 3)):
        watcher = TensorBoard(tmp_path)
        for epoch in epochs:
            watcher(0, report(epoch), NETWORK)
    assert [step for step, _ in scalars(tmp_path / "member-0")["loss/training"]] == [1, 2, 3]


def test_bad_places_are_one_line(tmp_path, caplog):
    pytest.importorskip("tensorboard")
    (tmp_path / "file").write_text("")
    watcher = TensorBoard(tmp_path / "file")
    for epoch in (1, 2):
        watcher(0, report(epoch), NETWORK)
    (said,) = caplog.messages
    assert "file: cannot write for TensorBoard (" in said
    assert said.endswith("It ends here; training goes on.")


def test_a_full_disk_ends_the_curves_after_a_whole_epoch(tmp_path, caplog):
    pytest.importorskip("tensorboard")
    watcher = TensorBoard(tmp_path)
    watcher(0, report(1), NETWORK)
    (file,) = (tmp_path / "member-0").iterdir()
    before = file.read_bytes()
    with full_disk(len(before) + 20):
        for epoch in (2, 3):
            watcher(0, report(epoch), NETWORK)
    assert file.read_bytes() == before
    said = f"{tmp_path}: cannot write for TensorBoard (File too large)."
    assert caplog.messages == [f"{said} It ends here; training goes on."]
    assert scalars(tmp_path / "member-0")["loss/training"] == [(1, 0.5)]


def test_missing_tensorboard_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
    with pytest.raises(
        MissingExtraError, match=r'need tensorboard: pip install "tszoo\[tensorboard\]"'
    ):
        TensorBoard(tmp_path)


def test_it_works_without_tensorflow_and_warns_of_nothing(tmp_path):
    pytest.importorskip("tensorboard")
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from tszoo.training.watch.tensorboard import TensorBoard; from tszoo.training.epoch "
        "import EpochReport\n"
        f"TensorBoard({str(tmp_path)!r})(0, EpochReport(1, 1, 0.5, 0.5, 0.5, 0.5), None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert scalars(tmp_path / "member-0")["seconds"] == [(1, 0.5)]
