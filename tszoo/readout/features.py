"""Compute the features that a frozen network gives of a data set's series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import ModelError, OptionError
from tszoo.nets.device import resolve_device
from tszoo.nets.network import Network, as_lengths
from tszoo.readout.levels import levels_for

# Values of one of the network's widest maps for one batch: what a core's cache holds, and what
# keeps a GPU busy.
VALUES_A_BATCH = 1 << 20
VALUES_A_BATCH_CUDA = 1 << 25


@dataclass(frozen=True, eq=False)
class Extracted:
    """What a network makes of each series.

    Attributes
    ----------
    stages : ndarray of float32, shape (n_series, n_stage_features)
        Poolings of the maps of every stage, of the series and of its first difference, not
        standardised; see ``tszoo.nets.network.Network.stage_features``.
    last : ndarray of float32, shape (n_series, n_features)
        Means over time of the last stage's maps, which are among ``stages``.
    logits : ndarray of float32, shape (n_series, n_source_classes), or None
        The network's own outputs; None if its head takes another number of channels, or where
        they are not asked for.
    """

    stages: NDArray[np.float32]
    last: NDArray[np.float32]
    logits: NDArray[np.float32] | None


def extract(
    network: Network,
    dataset: Dataset,
    preprocessing: Preprocessing,
    *,
    device: str = "cpu",
    batch_size: int | None = None,
    with_logits: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Extracted:
    """Compute a frozen network's features of every series.

    Series are put through batch by batch. Where the body sees one channel, those of several go
    through channel by channel. So the memory needed beside the result does not grow with the number
    of series or channels. A series' features do not depend on the other series.

    Parameters
    ----------
    network : Network
        Moved to the device and put into evaluation mode. A body that sees one channel serves series
        of several: each channel goes through by itself, and the features of the first one come
        first.
    dataset : Dataset
    preprocessing : Preprocessing
        What suits the data set, which may be another than the network was trained with.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.
    batch_size : int or None
        Series in a batch, or channels where each goes through by itself. None fits it to the
        series' length.
    with_logits : bool
        Whether to compute the network's own outputs, which few ask for.
    progress : callable or None
        Called with (series done, series in all).

    Raises
    ------
    DataError
        If series of a model of one length differ in length.
    ModelError
        If the body sees several channels together and the series have another number of them, or if
        it takes series of one length only and theirs is another.
    OptionError
        If the batch size is below 1 or there is no such device.
    """
    together, n_channels = network.channels_together, dataset.n_channels
    if together > 1 and n_channels != together:
        msg = (
            f"{dataset.name}: {n_channels} channel(s); the network sees {together} together, and "
            "takes no others."
        )
        raise ModelError(msg)
    if batch_size is not None and batch_size < 1:
        msg = f"batch_size must be 1 or more, not {batch_size}."
        raise OptionError(msg)
    where = resolve_device(device)
    network = network.to(where).eval()
    rows = batch_size or rows_a_batch(network, network.points_read(dataset.length), where)
    step = max(1, rows // network.n_read(n_channels))
    has_logits = with_logits and n_channels == network.channels_apart * together
    all_stages, all_last, all_logits = [], [], []
    with torch.inference_mode():
        for start in range(0, dataset.n_series, step):
            part = dataset.take(np.arange(start, min(start + step, dataset.n_series)))
            x = torch.from_numpy(prepare(part, preprocessing)).to(where)
            lengths = as_lengths(part.lengths)
            if lengths is not None:
                lengths = lengths.to(where)
            x, lengths = network.reduce(x, lengths)
            stages = _by_channel(network, x, lengths, rows)
            last = network.last_features(stages)
            all_stages.append(stages.cpu())
            all_last.append(last.cpu())
            if has_logits:
                levels = levels_for([network], part, where)
                all_logits.append(_head(network, stages, last, levels).cpu())
            if progress is not None:
                progress(start + part.n_series, dataset.n_series)
    logits = None
    if has_logits:
        logits = _joined(all_logits)
    return Extracted(_joined(all_stages), _joined(all_last), logits)


def rows_a_batch(network: Network, length: int, device: torch.device) -> int:
    """Count the series that a batch of bounded size holds, or the channels that go alone."""
    values = VALUES_A_BATCH
    if device.type == "cuda":
        values = VALUES_A_BATCH_CUDA
    return max(1, values // (length * max(network.body.widths)))


def _head(network: Network, stages: Tensor, last: Tensor, levels: Tensor | None) -> Tensor:
    """Compute the logits ``(batch, classes)`` of what the head reads."""
    read = last
    if network.readout == "stages":
        read = network.standardize(stages)
    logits: Tensor = network.head(network.with_levels(read, levels))
    return logits


def _by_channel(network: Network, x: Tensor, lengths: Tensor | None, rows: int) -> Tensor:
    """Compute stage features ``(batch, features)``, of at most ``rows`` channels at a time.

    Series come as ``Network.reduce`` leaves them.
    """
    together = network.channels_together
    if together > 1 or x.shape[1] == 1 or x.shape[0] * x.shape[1] <= rows:
        return network.features_of_reduced(x, lengths)
    channels = torch.split(x.reshape(-1, 1, x.shape[2]), rows)
    ends: Sequence[Tensor | None] = [None] * len(channels)
    if lengths is not None:
        ends = torch.split(lengths.repeat_interleave(x.shape[1]), rows)
    both = zip(channels, ends, strict=True)
    parts = [network.features_of_reduced(part, end) for part, end in both]
    return torch.cat(parts).reshape(len(x), -1)


def _joined(parts: list[Tensor]) -> NDArray[np.float32]:
    joined: NDArray[np.float32] = torch.cat(parts).numpy()
    return joined
