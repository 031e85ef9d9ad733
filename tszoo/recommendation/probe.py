"""Running sources on a target.

How well the features of their frozen networks tell its classes apart.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.readout.temperature import softmax
from tszoo.recommendation.cache import Key, prune_cache, read_cached, write_cached
from tszoo.recommendation.sample import sample_series
from tszoo.recommendation.scores import (
    h_score,
    knn_leave_one_out,
    leep,
    log_me,
    nce,
    ridge_leave_one_out,
)
from tszoo.storage.files import open_checked
from tszoo.storage.layout import WEIGHTS
from tszoo.zoo.entry import CatalogueEntry, read_entry
from tszoo.zoo.find import find_model

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.zoo.zoo import Zoo

Progress = Callable[[int, int], None]

# Raised by one whenever a score means something else than before: kept results are then computed
# again.
VERSION = 2
RANDOM = "random"
RANDOM_ARCHITECTURE = "inception"
MOST_SERIES = 500
MOST_POINTS = 1 << 17


@dataclass(frozen=True)
class Probe:
    """What a network's features say of a target, before anything is trained on it.

    Scores without a prefix are of all features: of every stage of the body, for each series and its
    first difference. Those with ``last`` are of what the head reads, as the scores' papers have it.
    Of several members each score is the mean. A score that cannot be had is None.

    Attributes
    ----------
    model : str
        The model's name, or ``"random"`` for the untrained body.
    n_series : int
        How many of the target's series were looked at.
    knn, ridge : float or None
        Left-out accuracy of the nearest neighbour and of a ridge readout, from 0 to 1, higher is
        better.
    ridge_error : float or None
        Brier score of that readout, from 0, lower is better: it tells apart where accuracies are
        equal.
    log_me, h_score : float or None
        Higher is better; to be compared on one target only.
    last_knn, last_ridge, last_ridge_error, last_log_me, last_h_score : float or None
    leep, nce : float or None
        At most 0, higher is better; None where the source's head cannot be asked, because its
        network sees each channel of the target by itself or was never trained.
    problem : str or None
        Why there are no scores, if there are none.
    """

    model: str
    n_series: int
    knn: float | None = None
    ridge: float | None = None
    ridge_error: float | None = None
    log_me: float | None = None
    h_score: float | None = None
    last_knn: float | None = None
    last_ridge: float | None = None
    last_ridge_error: float | None = None
    last_log_me: float | None = None
    last_h_score: float | None = None
    leep: float | None = None
    nce: float | None = None
    problem: str | None = None


SCORES = tuple(
    field.name for field in fields(Probe) if field.name not in ("model", "n_series", "problem")
)
# What sources are ranked by; the others cost three times as much again.
RIDGE_SCORES = ("ridge", "ridge_error")


def probe_sources(
    target: Dataset,
    models: Sequence[str | Path | CatalogueEntry],
    zoo: Zoo | str | Path | None = None,
    *,
    n_members: int = 1,
    device: str = "cpu",
    cache: Path | None = None,
    progress: Progress | None = None,
    most_series: int = MOST_SERIES,
    most_points: int = MOST_POINTS,
    ridge_only: bool = False,
) -> list[Probe]:
    """Score sources for a target by their frozen networks' features of its training series.

    Each network sees each series and its first difference once, in batches of bounded size, with
    PyTorch's threads. Large targets are represented by a sample, the same every time: see
    ``tszoo.recommendation.sample``.

    Parameters
    ----------
    target : Dataset
        The training series, with labels.
    models : sequence of str, Path or CatalogueEntry
        Names in the zoo, model folders, or entries of the zoo's catalogue.
    zoo : Zoo, str, Path or None
        Where names are looked up; None for the embedded zoo.
    n_members : int
        How many of a source's networks to run, or all that it has.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.
    cache : Path or None
        A folder for results, made if it is not there; None keeps none. Results are told apart by
        the target's content and by the model's, so a changed one is never taken for another. A
        folder that cannot be written is reported as a warning in the log.
    progress : callable or None
        Called with (sources done, sources in all).
    most_series, most_points : int
        Size of the sample: series, and points (series times channels times length), at most.
    ridge_only : bool
        Compute ``ridge`` and ``ridge_error`` alone, a third of the work; the other scores are None.

    Returns
    -------
    list of Probe
        In the order of ``models``. A source whose networks cannot take the target's series, or give
        no finite features of them, has no scores, and says why in ``problem``.

    Raises
    ------
    DataError
        If the target has no labels, or series of one class only.
    OptionError
        If ``n_members``, ``most_series`` or ``most_points`` is below 1, or there is no such device.
    ZooError
        If there is no such model.
    ModelError
        If a model's folder is damaged.
    """
    if n_members < 1:
        msg = f"n_members must be 1 or more, not {n_members}."
        raise OptionError(msg)
    series = _sample(target, most_series, most_points)
    probes = []
    for done, reference in enumerate(models, start=1):
        name = reference.model if isinstance(reference, CatalogueEntry) else str(reference)
        folder = find_model(name if isinstance(reference, CatalogueEntry) else reference, zoo)
        entry = read_entry(folder)
        members = min(n_members, entry.members)
        key: Key = {}
        if cache is not None:
            key = _key(
                series,
                ridge_only,
                config=entry.config_sha256,
                weights=_digest(folder),
                members=members,
            )
        probe = _kept(cache, key, name, series)
        if probe is None:
            probe = _probe_model(series, name, folder, members, device, ridge_only)
            _keep(cache, key, probe)
        probes.append(probe)
        if progress is not None:
            progress(done, len(models))
    return probes


def probe_random(
    target: Dataset,
    *,
    seed: int = 0,
    device: str = "cpu",
    cache: Path | None = None,
    most_series: int = MOST_SERIES,
    most_points: int = MOST_POINTS,
    ridge_only: bool = False,
) -> Probe:
    """Score an Inception network that was never trained: what a source has to be better than.

    Parameters
    ----------
    target, device, cache, most_series, most_points, ridge_only
        As for ``probe_sources``.
    seed : int
        Of the network's weights.

    Returns
    -------
    Probe
        Of the model ``"random"``, without ``leep`` and ``nce``.

    Raises
    ------
    DataError, OptionError
        As for ``probe_sources``.
    """
    series = _sample(target, most_series, most_points)
    key = (
        {}
        if cache is None
        else _key(series, ridge_only, config=f"{RANDOM} {RANDOM_ARCHITECTURE}", seed=seed)
    )
    probe = _kept(cache, key, RANDOM, series)
    if probe is None:
        network = _random_network(series, seed)
        probe = _scored(RANDOM, series, [network], device, has_head=False, ridge_only=ridge_only)
        _keep(cache, key, probe)
    return probe


def _sample(target: Dataset, most_series: int, most_points: int) -> Dataset:
    """Find the series to probe with.

    DataError if they are of one class, whatever the target knows by name.
    """
    series = sample_series(target, most_series, most_points)
    labels = series.require_labels()
    if (labels == labels[0]).all():
        msg = (
            f"{target.name}: all series are of class {target.classes[labels[0]]}; classification "
            "needs two classes."
        )
        raise DataError(msg)
    return series


def _key(series: Dataset, ridge_only: bool, **network: str | int) -> Key:
    """Say what a probe depends on.

    The series that are looked at, the network, and which scores are asked for.
    """
    scores = "ridge" if ridge_only else "all"
    return {"version": VERSION, "scores": scores, "target": series.sha256, **network}


def _digest(folder: Path) -> str:
    """Hash a model's weights: two models may share their config and their size."""
    with open_checked(folder, WEIGHTS) as (file, _):
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()


def _kept(cache: Path | None, key: Key, model: str, series: Dataset) -> Probe | None:
    """Look a probe up in the cache; None if it is not there."""
    return None if cache is None else _from_json(read_cached(cache, key), model, series.n_series)


def _keep(cache: Path | None, key: Key, probe: Probe) -> None:
    """Put a probe into the cache, if there is one."""
    if cache is None:
        return
    values = asdict(probe)
    if write_cached(cache, key, {name: values[name] for name in (*SCORES, "problem")}):
        prune_cache(cache)


def _from_json(values: Any, model: str, n_series: int) -> Probe | None:
    """Read what ``_keep`` wrote; None if it is anything else."""
    if not isinstance(values, dict) or values.keys() != {*SCORES, "problem"}:
        return None
    problem = values["problem"]
    scores = [values[name] for name in SCORES]
    if not all(
        score is None or (type(score) is float and math.isfinite(score)) for score in scores
    ):
        return None
    if not (problem is None or isinstance(problem, str)) or (problem is None) != (
        values["ridge"] is not None
    ):
        return None
    return Probe(model, n_series, **values)


def _probe_model(
    series: Dataset, name: str, folder: Path, n_members: int, device: str, ridge_only: bool
) -> Probe:
    from tszoo.models.load import load_networks

    return _scored(
        name, series, load_networks(folder, n_members), device, has_head=True, ridge_only=ridge_only
    )


def _random_network(series: Dataset, seed: int) -> Network:
    import torch

    from tszoo.nets.network import initialize
    from tszoo.nets.registry import build

    network = build(
        RANDOM_ARCHITECTURE, None, series.n_channels, series.n_classes, length=series.length
    )
    initialize(network, torch.Generator().manual_seed(seed))
    return network.eval()


def _scored(
    name: str,
    series: Dataset,
    networks: Sequence[Network],
    device: str,
    *,
    has_head: bool,
    ridge_only: bool,
) -> Probe:
    """Extract the features of each network, and average its scores."""
    from tszoo.readout.features import extract

    preprocessing, labels = choose_preprocessing(series), series.require_labels()
    members = []
    for network in networks:
        try:
            extracted = extract(network, series, preprocessing, device=device)
            scores = _of_ridge(extracted.stages, labels, series.n_classes)
            if not ridge_only:
                scores |= _of_geometry(extracted.stages, labels)
                last = _of_ridge(extracted.last, labels, series.n_classes) | _of_geometry(
                    extracted.last, labels
                )
                scores |= {f"last_{key}": value for key, value in last.items()}
                if has_head and extracted.logits is not None:
                    scores |= _of_head(extracted.logits, labels)
        except (
            DataError,
            ModelError,
        ) as error:  # the series have been checked: this network is not for them
            return Probe(name, series.n_series, problem=str(error))
        members.append(scores)
    mean: dict[str, Any] = {
        key: float(np.mean([scores[key] for scores in members])) for key in members[0]
    }
    return Probe(name, series.n_series, **mean)


def _of_ridge(
    features: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int
) -> dict[str, float]:
    return dict(zip(RIDGE_SCORES, ridge_leave_one_out(features, labels, n_classes), strict=True))


def _of_geometry(features: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, float]:
    return {
        "knn": knn_leave_one_out(features, labels),
        "log_me": log_me(features, labels),
        "h_score": h_score(features, labels),
    }


def _of_head(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Mapping[str, float]:
    if not np.isfinite(logits).all():
        msg = "the head's logits are not finite; the network's weights overflow."
        raise DataError(msg)
    wide = logits.astype(np.float64)
    return {"leep": leep(softmax(wide), labels), "nce": nce(wide.argmax(axis=1), labels)}
