"""Find the directions in which series of one class differ, for a body, on made-up tasks."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data.synthetic import draw_tasks
from tszoo.nets.network import Network
from tszoo.readout.features import rows_a_batch
from tszoo.readout.nuisance import LEAST_SHARE
from tszoo.readout.spread import feature_kinds, mean_of_kind

# The made-up tasks that show the directions: how many of each length, their classes, and series.
LENGTHS, TASKS, CLASSES, SERIES = (64, 128, 256), 54, 4, 5
# Nothing within a class varies less than this, beside what varies most.
LEAST_SPREAD = 1e-6


def find_nuisance(network: Network, n_directions: int, seed: int = 0) -> NDArray[np.float32]:
    """Find the main directions in which made-up series of one class differ, for a body.

    Of every task the series' distances from the mean of their class are taken, each feature divided
    by its spread within classes over all tasks, and each task scaled to count the same. The main
    directions are the principal components of all these.

    Parameters
    ----------
    network : Network
        Its body sees one channel; computed where it is.
    n_directions : int
    seed : int
        Of the tasks.

    Returns
    -------
    ndarray of float32, shape (n_directions, stage_features_a_channel)
        Times the spreads within classes, beside the mean spread of each kind. The longest first.
        Zeros where the features have fewer directions.
    """
    gaps = np.concatenate([_gaps(network, length, seed) for length in LENGTHS])
    n_tasks, n_rows, width = gaps.shape
    variances = np.einsum("trf,trf->f", gaps, gaps, dtype=np.float64) / (n_tasks * n_rows)
    spreads = np.sqrt(variances)
    spreads = spreads.clip(min=max(LEAST_SPREAD * float(spreads.max()), np.finfo(float).tiny))
    gaps /= spreads.astype(np.float32)
    lengths = np.sqrt(np.square(gaps).mean(axis=(1, 2), keepdims=True))
    gaps /= lengths.clip(min=np.finfo(np.float32).tiny)
    found = _principal(gaps.reshape(-1, width), n_directions)
    kinds = feature_kinds(network, 1)
    directions = np.zeros((n_directions, width), np.float32)
    directions[: len(found)] = found * (spreads / np.sqrt(mean_of_kind(spreads**2, kinds)))
    return directions


def _gaps(network: Network, length: int, seed: int) -> NDArray[np.float32]:
    """Compute what features of made-up series of one class differ by.

    These are orthonormal contrasts of each class: fewer rows than distances from the mean, with the
    same sums of squares and products. Float32 of shape (n_tasks, n_classes * (n_series - 1),
    n_features).
    """
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    tasks = draw_tasks(TASKS, CLASSES, SERIES, length, generator)
    centred = tasks - tasks.mean(-1, keepdim=True)
    deviations = centred.square().mean(-1, keepdim=True).sqrt()
    contrasts = torch.from_numpy(_contrasts(SERIES)).to(device)
    series = (centred / deviations.clip(min=1e-6)).reshape(-1, 1, length)
    n_classes = max(1, rows_a_batch(network, length, device) // SERIES)
    gaps = []
    with torch.inference_mode():
        for batch in torch.split(series, n_classes * SERIES):
            features = network.stage_features(batch.to(device)).float()
            gaps.append((contrasts @ features.reshape(-1, SERIES, features.shape[1])).cpu())
    by_class = torch.cat(gaps).numpy()
    return by_class.reshape(TASKS, CLASSES * (SERIES - 1), -1)


def _contrasts(n: int) -> NDArray[np.float32]:
    """Return n - 1 orthonormal combinations of n values that are 0 where all are equal."""
    apart = np.eye(n) - 1 / n
    return np.linalg.svd(apart)[2][: n - 1].astype(np.float32)


def _principal(rows: NDArray[np.float32], most: int) -> NDArray[np.float64]:
    """Find the main directions of rows, of length 1, the largest first; at most as many as exist.

    By the smaller Gram matrix, as there are often more features than rows.
    """
    gram = (rows @ rows.T).astype(np.float64)
    n = len(gram)
    most = min(most, n)
    values, vectors = np.linalg.eigh(gram)  # all of them: a machine with a GPU may lack SciPy
    values, vectors = values[n - most :], vectors[:, n - most :]
    kept = values > LEAST_SHARE * max(float(values[-1]), np.finfo(float).tiny)
    main = (vectors[:, kept] / np.sqrt(values[kept]))[:, ::-1]
    directions: NDArray[np.float64] = main.T @ rows
    return directions


def with_nuisance(network: Network, seed: int = 0) -> Network:
    """Write a body's nuisance directions, as many as it has room for, on it, and return it."""
    if network.nuisance is not None:
        directions = find_nuisance(network, len(network.nuisance), seed)
        network.nuisance.copy_(torch.from_numpy(directions))
    return network
