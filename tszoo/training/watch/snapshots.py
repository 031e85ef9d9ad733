"""Keep the weights of every n-th epoch on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import save

from tszoo.errors import OptionError, TrainingError
from tszoo.storage.files import reason, write_file

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport


class Snapshots:
    """A watcher that keeps the weights of every ``every``-th epoch.

    Those of member K after epoch N are in ``member-K.epoch-N.safetensors``, K from 0 and N from 1.
    They are the weights as the epoch left them, batch norm's running statistics included: a moment
    of training, not a finished model.

    Parameters
    ----------
    folder : path
        Made when needed; a file of the same name is replaced in one step.
    every : int
        From 1.

    Raises
    ------
    OptionError
        If ``every`` is below 1.
    TrainingError
        When called, if a file cannot be written.
    """

    def __init__(self, folder: str | Path, every: int) -> None:
        if every < 1:
            msg = f"snapshots every {every} epochs: expected a whole number from 1."
            raise OptionError(msg)
        self.folder, self.every = Path(folder), every

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Keep the epoch's weights, if it is its turn."""
        if report.epoch % self.every:
            return
        path = self.folder / f"member-{member}.epoch-{report.epoch}.safetensors"
        state = network.state_dict()
        data = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_file(path, data)
        except OSError as error:
            msg = f"{path}: cannot write the snapshot ({reason(error)})."
            raise TrainingError(msg) from error
