"""About how long fitting takes on this machine: one pass of the network, timed, and counted up."""

from __future__ import annotations

import time

import numpy as np
import torch

from tszoo.data import Dataset, prepare
from tszoo.data.levels import level_numbers
from tszoo.data.shorten import LONG, LONGEST
from tszoo.nets.device import resolve_device
from tszoo.nets.network import as_lengths
from tszoo.readout.timing import seconds_of_a_readout
from tszoo.similarity.prototypes import AVERAGED_CELLS
from tszoo.training.spread import seconds_spread
from tszoo.training.threads import cores_to_use, using_threads
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.prepare import preprocessing_for
from tszoo.transfer.start import Start
from tszoo.transfer.trained import fresh_network

MOST_SERIES = 32
MOST_POINTS = 5_000
# A step of training takes as long as this many passes, a ridge head as this many and its own time.
PASSES_A_STEP = 3.0
PASSES_A_STEP_OF_STAGES = 7.5  # the first difference too, and norms that are not fused
PASSES_A_READOUT = 2.2  # each series, its first difference, and poolings of every stage
SECONDS_A_HEAD = 0.1  # beside its fit
CELLS_A_SECOND = 1e9  # of warping matrices, for prototypes
ITERATIONS = 10


def estimate_seconds(
    ensemble: Ensemble,
    start: Start | None,
    target: Dataset,
    device: str = "cpu",
    jobs: int | None = None,
) -> float:
    """Estimate the seconds that fitting an ensemble to a target takes, to within a factor of two.

    Parameters
    ----------
    ensemble : Ensemble
    start : Start or None
    target : Dataset
    device : str
    jobs : int or None
        How many members are fitted at a time on a CPU; None is one for each core.

    Raises
    ------
    ModelError
        If the network cannot take the target's series.
    """
    most, threads = 1, torch.get_num_threads()
    if ensemble.members > 1 and resolve_device(device).type == "cpu":
        most, threads = jobs or cores_to_use(), 1
    with using_threads(threads):
        seconds = _prototypes(target)
        if ensemble.n_frozen:
            a_readout = _seconds_a_readout(ensemble, start, target, device)
            seconds += -(-ensemble.n_frozen // most) * a_readout
        if ensemble.recipe is None:
            return round(seconds, 1)
        a_pass = _seconds_a_series(ensemble, start, target, device) * target.n_series
    passes = ensemble.recipe.epochs * PASSES_A_STEP
    if ensemble.recipe.head == "ridge":
        passes = ensemble.recipe.epochs * PASSES_A_STEP_OF_STAGES + PASSES_A_READOUT
    trained = ensemble.n_trained * a_pass * passes
    seconds += seconds_spread(trained, ensemble.n_trained, most)
    return round(seconds, 1)


def _prototypes(target: Dataset) -> float:
    """Count the seconds that the target's prototypes take."""
    length = LONGEST if target.length > LONG else target.length
    cells = float(ITERATIONS) * target.n_series * length**2
    return min(cells, AVERAGED_CELLS) * target.n_channels / CELLS_A_SECOND


def _seconds_a_readout(
    ensemble: Ensemble, start: Start | None, target: Dataset, device: str
) -> float:
    """Time a frozen body on a few of the series, and count the fit of its head."""
    if start is None:
        network = fresh_network(ensemble, target, torch.Generator().manual_seed(0))
    else:
        network = start.member(0, ensemble)
    return seconds_of_a_readout(network, target, device) + SECONDS_A_HEAD


def _seconds_a_series(
    ensemble: Ensemble, start: Start | None, target: Dataset, device: str
) -> float:
    """Time a pass of the network over a few of the series."""
    where = resolve_device(device)
    network = fresh_network(ensemble, target, torch.Generator().manual_seed(0))
    if start is not None and start.channels_apart is not None:
        network.channels_apart = start.channels_apart
    points = target.length * target.n_channels
    n_series = min(target.n_series, MOST_SERIES, max(1, MOST_POINTS // points))
    sample = target.take(np.arange(n_series))
    x = torch.from_numpy(prepare(sample, preprocessing_for(target, ensemble.architecture)))
    lengths = as_lengths(sample.lengths)
    network = network.to(where, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    x, levels = x.to(where), torch.from_numpy(level_numbers(sample)).to(where)
    if lengths is not None:
        lengths = lengths.to(where)
    times = []
    with torch.inference_mode():
        for _ in range(2):  # the first one warms up
            began = time.perf_counter()
            network.features(x, lengths, levels).sum().item()
            times.append(time.perf_counter() - began)
    return min(times) / n_series
