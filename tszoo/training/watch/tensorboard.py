"""Write curves for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.errors import MissingExtraError, TrainingError
from tszoo.storage.files import reason

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


class TensorBoard:
    """A watcher that writes scalars for TensorBoard.

    Each member is a run of its own, ``member-K`` in ``folder``. An epoch's scalars are on disk when
    the call returns. When a member begins at an epoch that ``folder`` already has, TensorBoard
    shows the new epochs and hides the old ones from there on.

    Parameters
    ----------
    folder : path
        Made when needed; look at it with ``tensorboard --logdir FOLDER``.

    Raises
    ------
    MissingExtraError
        If tensorboard is not installed.
    TrainingError
        When called, if a file cannot be written.
    """

    reads_network = False

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            msg = 'curves for TensorBoard need tensorboard: pip install "tszoo[tensorboard]"'
            raise MissingExtraError(msg) from error
        self.folder = Path(folder)
        self._make: Any = SummaryWriter
        self._writers: dict[int, Any] = {}

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        """Write the epoch's scalars."""
        try:
            if member not in self._writers:
                folder = self.folder / f"member-{member}"
                self._writers[member] = self._make(str(folder), purge_step=report.epoch)
            writer = self._writers[member]
            for field, tag in _TAGS.items():
                value = getattr(report, field)
                if value is not None:
                    writer.add_scalar(tag, value, report.epoch)
            writer.flush()
        except OSError as error:
            msg = f"{self.folder}: cannot write for TensorBoard ({reason(error)})."
            raise TrainingError(msg) from error

    def close(self) -> None:
        """Close the files; nothing is lost if this is never called."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
