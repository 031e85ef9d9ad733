"""The features that a frozen network gives of a data set's series."""

from __future__ import annotations

from collections.abc import Callable
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

# Values of one of the network's widest maps for one batch: what a core's cache holds, and what
# keeps a GPU busy.
VALUES_A_BATCH = 1 << 20
VALUES_A_BATCH_CUDA = 1 << 25


@dataclass(frozen=True, eq=False)
class Extracted:
    """What a network's maps come to, series by series.

    Attributes
    ----------
    stages : ndarray of float32, shape (n_series, n_stage_features)
        Poolings of the maps of every stage, of the series and of its first difference, not
        standardised; see ``tszoo.nets.network.Network.stage_features``.
    last : ndarray of float32, shape (n_series, n_features)
        The last maps' means over time, which are among ``stages``.
    logits : ndarray of float32, shape (n_series, n_source_classes), or None
        The network's own outputs; None if its head takes another number of channels.
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
    progress: Callable[[int, int], None] | None = None,
) -> Extracted:
    """Compute a frozen network's features of every series.

    Series are put through batch by batch, and those of several channels channel by channel where
    the body sees one, so that the memory needed beside the result grows with neither; a series'
    features do not depend on the others.

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
        Series (channels, where each goes through by itself) a batch; None fits it to their length.
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
    apart = n_channels // together
    values = VALUES_A_BATCH_CUDA if where.type == "cuda" else VALUES_A_BATCH
    rows = batch_size or max(1, values // (dataset.length * max(network.body.widths)))
    step = max(1, rows // apart)
    has_logits = n_channels == network.channels_apart * together
    parts: list[tuple[Tensor, Tensor, Tensor | None]] = []
    with torch.inference_mode():
        for start in range(0, dataset.n_series, step):
            own = dataset.take(np.arange(start, min(start + step, dataset.n_series)))
            x = torch.from_numpy(prepare(own, preprocessing)).to(where)
            lengths = as_lengths(own.lengths)
            stages = _by_channel(network, x, None if lengths is None else lengths.to(where), rows)
            last = network.last_features(stages)
            logits = None
            if has_logits:
                logits = network.head(
                    network.standardize(stages) if network.readout == "stages" else last
                ).cpu()
            parts.append((stages.cpu(), last.cpu(), logits))
            if progress is not None:
                progress(start + own.n_series, dataset.n_series)
    outputs = [logits for _, _, logits in parts if logits is not None]
    return Extracted(
        _joined([stages for stages, _, _ in parts]),
        _joined([last for _, last, _ in parts]),
        _joined(outputs) if outputs else None,
    )


def _by_channel(network: Network, x: Tensor, lengths: Tensor | None, rows: int) -> Tensor:
    """Compute stage features ``(batch, features)`` of at most ``rows`` series or channels at a time."""
    together = network.channels_together
    if together > 1 or x.shape[1] == 1 or x.shape[0] * x.shape[1] <= rows:
        return network.stage_features(x, lengths)
    alone = x.reshape(-1, 1, x.shape[2])
    own = None if lengths is None else lengths.repeat_interleave(x.shape[1])
    some = [
        network.stage_features(part, None if own is None else own[i * rows : (i + 1) * rows])
        for i, part in enumerate(torch.split(alone, rows))
    ]
    return torch.cat(some).reshape(len(x), -1)


def _joined(parts: list[Tensor]) -> NDArray[np.float32]:
    joined: NDArray[np.float32] = torch.cat(parts).numpy()
    return joined
