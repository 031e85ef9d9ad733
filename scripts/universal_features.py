"""Distances of data sets in the features of a frozen body, by their class prototypes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.data import Dataset, choose_preprocessing
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import build
from tszoo.readout.features import extract
from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.zoo import Zoo

Array = NDArray[np.float64]
UNIVERSAL = "inception.universal"
LEAST_SPREAD = 1e-6  # a feature that is the same for all prototypes says nothing


def bodies(zoo: Zoo) -> dict[str, Network]:
    """Load the zoo's universal bodies, and the same network with random filters."""
    names = [entry.name for entry in zoo if entry.name.startswith(UNIVERSAL)]
    models = {name: zoo.load(name) for name in names}
    networks = {
        f"universal {name.removeprefix(UNIVERSAL)}": model.networks[0]
        for name, model in models.items()
    }
    config = models[names[0]].config
    random = build(config.architecture, config.architecture_args, 1, 2)
    initialize(random, torch.Generator().manual_seed(0))
    return {**networks, "random filters": random}


def single_sets(zoo: Zoo) -> list[CatalogueEntry]:
    """List the sources of a single data set of one channel, each set once.

    Those without a prototype, whose classes have too few series, lie nowhere.
    """
    entries = [entry for entry in zoo if not entry.parts and entry.n_channels == 1]
    by_content = {entry.sha256: entry for entry in entries}
    return [entry for entry in by_content.values() if zoo.prototypes(entry.model).series]


def feature_distances(network: Network, sources: Sequence[Prototypes]) -> Array:
    """Compute how far data sets are apart in a body's features: that of their nearest classes.

    Features of each class's prototype are standardised over all classes of all sets. The distance
    of two classes is the root mean square of the differences, so that it does not grow with the
    number of features.

    Parameters
    ----------
    network : Network
    sources : sequence of Prototypes
        Those of n data sets.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric, with zeros on the diagonal.
    """
    parts = [stage_features(network, source) for source in sources]
    classes = standardised(np.concatenate(parts))
    squares = (classes**2).sum(axis=1)
    gaps = np.maximum(squares[:, None] + squares - 2 * classes @ classes.T, 0.0)
    starts = np.cumsum([0, *map(len, parts[:-1])])
    nearest = np.minimum.reduceat(np.minimum.reduceat(gaps, starts, axis=0), starts, axis=1)
    np.fill_diagonal(nearest, 0.0)
    matrix: Array = np.sqrt(nearest / classes.shape[1])
    return (matrix + matrix.T) / 2


def stage_features(network: Network, source: Prototypes) -> Array:
    """Compute the stage features of each class, shape (n_classes, n_features)."""
    is_unequal = len({series.shape for series in source.series}) > 1
    dataset = Dataset.from_arrays(list(source.series), name="prototypes", unequal=is_unequal)
    return extract(network, dataset, choose_preprocessing(dataset)).stages.astype(np.float64)


def standardised(features: Array) -> Array:
    """Bring each feature to mean 0 and standard deviation 1; one that does not vary is left out."""
    spread = features.std(axis=0)
    varies = spread > LEAST_SPREAD
    return (features[:, varies] - features[:, varies].mean(axis=0)) / spread[varies]
