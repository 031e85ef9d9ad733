"""Members that are not trained: frozen bodies, each under a ridge head of its own."""

from __future__ import annotations

import time
from threading import Lock
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.models.record import Calibration, ReadoutRecipe, Results
from tszoo.nets.network import Network
from tszoo.readout.few import can_be_left_out
from tszoo.readout.head import POOLINGS, FittedHead, fit_head
from tszoo.training.run import Progress, Run
from tszoo.training.threads import in_threads_alone
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.prepare import Prepared
from tszoo.transfer.results import reached_by
from tszoo.transfer.start import Start
from tszoo.transfer.trained import fresh_network


class Readout(NamedTuple):
    """Frozen networks under ridge heads, and what their fits came to.

    Attributes
    ----------
    networks : tuple of Network
    heads : tuple of FittedHead
    seconds : float
    """

    networks: tuple[Network, ...]
    heads: tuple[FittedHead, ...]
    seconds: float

    @property
    def rows(self) -> NDArray[np.int64] | None:
        """The series that the heads were judged by, of many; None for all."""
        return self.heads[0].rows

    def recipe(
        self, ensemble: Ensemble, start: Start | None, sharper: float = 1.0
    ) -> ReadoutRecipe:
        """Describe how the heads were fitted."""
        return ReadoutRecipe(
            body="untrained" if start is None else "source",
            seed=ensemble.seed,
            poolings=POOLINGS,
            penalties=self.heads[0].penalties,
            penalty=tuple(head.penalty for head in self.heads),
            temperature=tuple(head.temperature for head in self.heads),
            sharper=sharper,
        )

    def results(self, target: Dataset) -> Results:
        """Describe how the training series fare, as they were fitted and left out one by one."""
        labels = target.require_labels()
        can_be = can_be_left_out(labels, target.group_codes)
        if self.rows is not None:
            labels = labels[self.rows]
        fitted = reached_by(np.array([head.probabilities for head in self.heads]), labels)
        if not can_be:
            return Results(train_accuracy=fitted.accuracy, train_loss=fitted.loss)
        left_out = reached_by(np.array([head.left_out for head in self.heads]), labels)
        return Results(
            train_accuracy=fitted.accuracy,
            train_loss=fitted.loss,
            left_out_accuracy=left_out.accuracy,
            left_out_loss=left_out.loss,
            member_left_out_accuracy=left_out.members,
        )

    def calibration(self, target: Dataset) -> Calibration:
        """Keep what the ensemble gives each training series that is left out."""
        left_out = np.mean([head.left_out for head in self.heads], axis=0)
        if self.rows is not None:
            target = target.take(self.rows)
        return Calibration.of(target, left_out, left_out=True)


def fit_readout(
    ensemble: Ensemble, start: Start | None, target: Dataset, data: Prepared, run: Run
) -> Readout:
    """Fit ridge heads to the frozen bodies of an ensemble.

    Bodies are those of the sources, with the batch-norm statistics that they were trained with.
    Without a source they are random filters, Glorot-uniform; their batch norms stay the identity,
    for with the target's statistics they tell less apart.

    Raises
    ------
    DataError, ModelError
        If the target cannot be used, or a body cannot take its series.
    OptionError
        If another precision than float32 is asked for, and nothing is trained in it.
    """
    if run.precision == "bfloat16" and ensemble.n_trained == 0:
        msg = 'a ridge head is fitted in float32: leave precision="bfloat16" out.'
        raise OptionError(msg)
    started = time.perf_counter()
    read = _Read(run.progress, ensemble.n_frozen, target.n_series)

    def fit(k: int) -> tuple[Network, FittedHead]:
        network = _body(ensemble, start, target, k)
        head = fit_head(
            network,
            target,
            data.preprocessing,
            device=run.device,
            class_weight=ensemble.class_weight,
            progress=read.of(k),
        )
        return network.cpu(), head

    networks, heads = [], []
    with in_threads_alone(run, ensemble.n_frozen) as spread:
        for network, head in spread(fit, range(ensemble.n_frozen)):
            networks.append(network)
            heads.append(head)
            read.done(len(heads) - 1)
    return Readout(tuple(networks), tuple(heads), time.perf_counter() - started)


class _Read:
    """Tells how many series bodies have read, all bodies together; a head counts as the last one.

    So not all is done before every head is fitted. Bodies may be in threads of their own.
    """

    def __init__(self, progress: Progress | None, n_bodies: int, n_series: int) -> None:
        self._progress, self._n_series = progress, n_series
        self._read = [0] * n_bodies
        self._lock = Lock()

    def of(self, k: int) -> Progress:
        """Make the callback of body ``k``."""
        return lambda done, _: self._tell(k, min(done, self._n_series - 1))

    def done(self, k: int) -> None:
        """Say that body ``k`` has its head."""
        self._tell(k, self._n_series)

    def _tell(self, k: int, n_read: int) -> None:
        if self._progress is None:
            return
        with self._lock:
            self._read[k] = max(self._read[k], n_read)
            self._progress(sum(self._read), len(self._read) * self._n_series)


def _body(ensemble: Ensemble, start: Start | None, target: Dataset, k: int) -> Network:
    """Take member k's body: that of a source, or random filters."""
    if start is None:
        generator = torch.Generator().manual_seed(ensemble.seed + k)
        return fresh_network(ensemble, target, generator)
    return start.member(k, ensemble)
