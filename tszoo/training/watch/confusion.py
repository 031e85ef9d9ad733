"""Count, in the middle of training, which classes a network takes for which."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.nets.network import Network
from tszoo.training.data import TrainingData

Counts = NDArray[np.int64]


@torch.no_grad()
def count_confusion(network: Network, data: TrainingData) -> Counts:
    """Count the series of each class by the class that a network in evaluation mode predicts.

    Parameters
    ----------
    network : Network
    data : TrainingData
        Of any device; series go to the network's.

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
        True classes in rows, predicted ones in columns.
    """
    n_classes, device = network.head.out_features, network.head.weight.device
    counts = torch.zeros(n_classes * n_classes, dtype=torch.int64)
    for batch in data.batches(network):
        part = batch.to(device)
        predicted = network(part.x, part.lengths, part.levels).argmax(dim=1)
        pairs = (part.y * n_classes + predicted).cpu()
        counts += torch.bincount(pairs, minlength=n_classes * n_classes)
    matrix: Counts = counts.reshape(n_classes, n_classes).numpy()
    return matrix


def confusion_csv(matrices: Mapping[str, Counts], classes: Sequence[str]) -> bytes:
    """Write counts as a table: a line for each pair of classes that was seen, of each data set."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("data", "true", "predicted", "count"))
    for name, matrix in matrices.items():
        for i, k in np.argwhere(matrix).tolist():
            rows.writerow((name, classes[i], classes[k], int(matrix[i, k])))
    return text.getvalue().encode("utf-8")
