"""Frozen bodies: their features of a whole data set, computed once for all draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from few.draws import SETS, Split
from tszoo.data import choose_preprocessing
from tszoo.data.ucr.table import is_kin
from tszoo.models.load import load_config, load_networks
from tszoo.nets.network import Network, initialize
from tszoo.nets.reduced import evenly
from tszoo.nets.registry import build
from tszoo.readout.features import extract
from tszoo.readout.spread import Prior, prior_of
from tszoo.readout.tangents import COPIES, bend, n_bent

Array = NDArray[np.float32]


class Features(NamedTuple):
    """Stage features of the training series and of the test series, one row a series.

    ``kinds`` says how many features each kind has, ``nuisance`` which directions are damped; it has
    no rows where the body names none, and ``bent`` no copies: (copies, n_drawn, n_features), what
    the features of the series that are in any draw change by when they are bent.
    """

    train: Array
    test: Array
    kinds: tuple[int, ...]
    nuisance: Array
    bent: Array

    def prior(self, places: NDArray[np.int64]) -> Prior:
        """What a head knows of them beforehand; ``places`` are those of its series in ``bent``."""
        if not len(self.nuisance):
            return Prior(self.kinds)
        n_series, n_features = len(places), self.train.shape[1]
        n_chosen = n_bent(n_series, 1, n_features)  # of the smallest sets
        some = places[evenly(n_series, n_chosen)]
        tangents = self.bent[:, some].reshape(-1, n_features)
        return Prior(self.kinds, nuisance=self.nuisance, tangents=tangents)


def random_network() -> Network:
    """Make the default InceptionTime network, untrained, with one seed for all sets."""
    network = build("inception", None, 1, 2)
    initialize(network, torch.Generator().manual_seed(0))
    return network


def universal_folder(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the first model that has learnt neither a data set nor its kin, None without one."""
    for folder in folders:
        trained_on = load_config(folder).trained_on
        learnt = [trained_on.dataset, *(part.dataset for part in trained_on.parts)]
        if not any(is_kin(name, other, SETS) for other in learnt):
            return folder
    return None


def universal_network(name: str, folders: Sequence[Path]) -> Network:
    folder = universal_folder(name, folders)
    if folder is None:
        msg = f"{name}: every folder of --universal has learnt it or its kin."
        raise SystemExit(msg)
    return load_networks(folder, 1)[0]


def cached(kind: str, name: str, cache: Path | None) -> Path | None:
    """Name the file of a body's features: ``CACHE/KIND.SET.npz``. None without a cache."""
    return None if cache is None else cache / f"{kind}.{name}.npz"


def features(
    kind: str, network_of: Callable[[], Network], split: Split, cache: Path | None
) -> Features:
    """Compute a body's features, or read those of an earlier run."""
    path = cached(kind, split.name, cache)
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            kinds = tuple(arrays["kinds"].tolist())
            rest = arrays["nuisance"], arrays["bent"]
            return Features(arrays["train"], arrays["test"], kinds, *rest)
    network = network_of()
    half_filters(network)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    preprocessing = choose_preprocessing(split.train)
    train, test = (extract(network, x, preprocessing).stages for x in (split.train, split.test))
    prior = prior_of(network, split.train.n_channels)
    nuisance, bent = np.empty((0, 0), np.float32), np.empty((0, 0, 0), np.float32)
    if prior.nuisance is not None:
        nuisance, drawn = prior.nuisance, split.drawn()
        copies = [bend(split.train.take(drawn), preprocessing, seed) for seed in range(COPIES)]
        bent = np.stack([extract(network, x, preprocessing).stages - train[drawn] for x in copies])
    computed = Features(train, test, tuple(prior.kinds), nuisance, bent)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **computed._asdict())
    return computed


def half_filters(network: Network) -> None:
    """Round filters to the float16 that models are stored in."""
    with torch.no_grad():
        for parameter in network.body.parameters():
            if parameter.ndim >= 2:
                parameter.copy_(parameter.half())
