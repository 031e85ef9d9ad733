"""What is noted of a trial while it is done: every epoch, and how nodes learn."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tszoo.nets.network import Network
from tszoo.study.outcome import Reported
from tszoo.study.trial import Conditions
from tszoo.training.epoch import EpochReport, Watcher
from tszoo.training.watch.nodes import NodeRecorder


class Noted:
    """What is noted of a trial.

    Attributes
    ----------
    watchers : list of Watcher
        What the run is watched by.
    curves : list of Reported
        The epochs that have ended.
    """

    def __init__(self, conditions: Conditions, folder: Path) -> None:
        self.watchers: list[Watcher] = []
        self.curves: list[Reported] = []
        self._nodes: NodeRecorder | None = None
        if conditions.curves:
            self.watchers.append(_Epochs(self.curves))
        if conditions.record:
            self._nodes = NodeRecorder(folder)
            self.watchers.append(self._nodes)

    def nodes(self, members: int) -> list[bytes]:
        """Return the record of each member's nodes, nothing for one that has none."""
        if self._nodes is None:
            return []
        self._nodes.close()
        paths = map(self._nodes.path, range(members))
        return [path.read_bytes() if path.exists() else b"" for path in paths]


@contextmanager
def noting(conditions: Conditions) -> Iterator[Noted]:
    """Note what is asked for, as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
        yield Noted(conditions, Path(folder))


class _Epochs:
    """A watcher that keeps what it is told."""

    reads_network = False

    def __init__(self, curves: list[Reported]) -> None:
        self.curves = curves

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        self.curves.append(Reported(member, report))
