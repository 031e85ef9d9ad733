"""Keep the weights of every n-th epoch on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import save

from tszoo.errors import OptionError
from tszoo.storage.files import write_file
from tszoo.training.watch.writer import Writer

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport


class Snapshots(Writer):
    """A watcher that keeps the weights of every ``every``-th epoch.

    Those of member K after epoch N are in ``member-K.epoch-N.safetensors``, K from 0 and N from 1.
    They are the weights as the epoch left them, batch norm's running statistics included: a moment
    of training, not a finished model. Where one cannot be written, it is the last: see ``Writer``.

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
    """

    def __init__(self, folder: str | Path, every: int) -> None:
        if every < 1:
            msg = f"snapshots every {every} epochs: expected a whole number from 1."
            raise OptionError(msg)
        self.folder, self.every = Path(folder), every

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        """Keep the epoch's weights, if it is its turn."""
        if self.is_stopped or report.epoch % self.every:
            return
        path = self.folder / f"member-{member}.epoch-{report.epoch}.safetensors"
        state = network.state_dict()
        data = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
        with self._writing(f"{path}: cannot write the snapshot"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_file(path, data)
