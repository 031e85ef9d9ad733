"""Write curves for TensorBoard."""

from __future__ import annotations

import io
import itertools
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.errors import MissingExtraError
from tszoo.storage.files import append
from tszoo.training.watch.writer import Writer

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport

_TAGS = {
    "loss": "loss/training",
    "validation_loss": "loss/validation",
    "accuracy": "accuracy/training",
    "validation_accuracy": "accuracy/validation",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}
# what the first event of a file says of those behind it
_VERSION = "brain.Event:2"


class TensorBoard(Writer):
    """A watcher that writes scalars for TensorBoard.

    Each member is a run of its own, ``member-K`` in ``folder``. An epoch's scalars are on disk when
    the call returns: all of them or, where the disk is full, none, and the curves end there (see
    ``Writer``). When a member begins at an epoch that ``folder`` already has, TensorBoard shows the
    new epochs and hides the old ones from there on.

    Parameters
    ----------
    folder : path
        Made when needed; look at it with ``tensorboard --logdir FOLDER``.

    Raises
    ------
    MissingExtraError
        If tensorboard is not installed.
    """

    reads_network = False

    def __init__(self, folder: str | Path) -> None:
        try:
            # not PyTorch's writer: what a full disk does to it ends in a thread of its own
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError as error:
            msg = 'curves for TensorBoard need tensorboard: pip install "tszoo[tensorboard]"'
            raise MissingExtraError(msg) from error
        self.folder = Path(folder)
        self._events: Any = event_pb2
        self._summaries: Any = summary_pb2
        self._record_writer: Any = RecordWriter
        self._files: dict[int, Path] = {}

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        """Write the epoch's scalars."""
        if self.is_stopped:
            return
        with self._writing(f"{self.folder}: cannot write for TensorBoard"):
            if member not in self._files:
                self._files[member] = self._begin(member, report.epoch)
            append(self._files[member], self._records(self._scalars(report)))

    def _begin(self, member: int, epoch: int) -> Path:
        """Make a member's file, which hides what earlier ones have from ``epoch`` on."""
        file = _unused(self.folder / f"member-{member}")
        start = self._events.SessionLog(status=self._events.SessionLog.START)
        opening = [
            self._events.Event(wall_time=time.time(), file_version=_VERSION),
            self._events.Event(wall_time=time.time(), step=epoch, session_log=start),
        ]
        append(file, self._records(opening))
        return file

    def _scalars(self, report: EpochReport) -> list[Any]:
        """Make an event of an epoch."""
        scalars = {tag: getattr(report, field) for field, tag in _TAGS.items()}
        for name, (loss, accuracy) in report.watched.items():
            scalars |= {f"loss/{name}": loss, f"accuracy/{name}": accuracy}
        values = [
            self._summaries.Summary.Value(tag=tag, simple_value=value)
            for tag, value in scalars.items()
            if value is not None
        ]
        summary = self._summaries.Summary(value=values)
        return [self._events.Event(wall_time=time.time(), step=report.epoch, summary=summary)]

    def _records(self, events: list[Any]) -> bytes:
        """Pack events as TensorBoard's files hold them."""
        packed = io.BytesIO()
        writer = self._record_writer(packed)
        for event in events:
            writer.write(event.SerializeToString())
        return packed.getvalue()


def _unused(folder: Path) -> Path:
    """Make an empty file in a folder, with a name that TensorBoard looks for and nothing has."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}"
    for number in itertools.count():
        file = folder / f"{name}.{number}"
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            continue
        return file
    raise AssertionError
