"""Probe sources: how well the features of their frozen networks tell a target's classes apart."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.data.preprocess import choose_preprocessing
from tszoo.data.weights import weigh_series
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.readout.score import RidgeScore, ridge_leave_one_out
from tszoo.readout.spread import Prior, prior_of
from tszoo.recommendation.cache import Key, prune_cache, read_cached, write_cached
from tszoo.recommendation.sample import sample_series
from tszoo.storage.files import open_checked
from tszoo.storage.layout import WEIGHTS
from tszoo.training.run import Run
from tszoo.zoo.entry import CatalogueEntry, read_entry
from tszoo.zoo.find import find_model

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.zoo.zoo import Zoo

# Raised by one whenever a kept result has other fields or another meaning than before: results are
# then computed again.
VERSION = 6
RANDOM = "random"
RANDOM_ARCHITECTURE = "inception"
MOST_SERIES = 500
MOST_POINTS = 1 << 17


@dataclass(frozen=True)
class Probe:
    """What a network's features say of a target, before anything is trained on it.

    The features are those of every stage of the body, for each series and its first difference. Of
    several members, each score is the mean.

    Attributes
    ----------
    model : str
        The model's name, or ``"random"`` for the untrained body.
    n_series : int
        How many of the target's series were looked at.
    ridge : float or None
        Left-out accuracy of a ridge readout, from 0 to 1, higher is better; None where there is a
        problem.
    ridge_error : float or None
        Brier score of that readout, from 0, lower is better: it tells apart where accuracies are
        equal. Series count by their weights, in the fit and in the score. None where there is a
        problem.
    problem : str or None
        Why there are no scores, if there are none.
    n_groups : int or None
        How many groups were left out in turn; None where it was each series.
    """

    model: str
    n_series: int
    ridge: float | None = None
    ridge_error: float | None = None
    problem: str | None = None
    n_groups: int | None = None

    @property
    def turn(self) -> str:
        """What was left out in turn, in a sentence."""
        if self.n_groups is None:
            return "each left out in turn"
        return f"each of {self.n_groups} groups left out in turn"


# The fields of a probe that are kept in the cache.
_KEPT = ("ridge", "ridge_error", "problem")


def probe_sources(
    target: Dataset,
    models: Sequence[str | Path | CatalogueEntry],
    zoo: Zoo | str | Path | None = None,
    *,
    n_members: int = 1,
    run: Run | None = None,
    most_series: int = MOST_SERIES,
    most_points: int = MOST_POINTS,
) -> list[Probe]:
    """Score sources for a target by their frozen networks' features of its training series.

    Each network sees each series and its first difference once, in batches of bounded size; on a
    CPU, each in a thread of its own, as many at a time as ``run.jobs`` says. Large targets are
    represented by a sample, the same every time: see ``tszoo.recommendation.sample``.

    Parameters
    ----------
    target : Dataset
        The training series, with labels, and with weights where not all of them count the same.
    models : sequence of str, Path or CatalogueEntry
        Names in the zoo, model folders, or entries of the zoo's catalogue.
    zoo : Zoo, str, Path or None
        Where names are looked up; None for the embedded zoo.
    n_members : int
        How many of a source's networks to run, or all that it has.
    run : Run or None
        Its ``device`` is where networks run. Its ``cache`` is a folder for results, made if it is
        not there. They are told apart by the target's content and by the model's, so that a changed
        one is never taken for another. A folder that cannot be written is reported as a warning in
        the log. Its ``progress`` is called with (sources done, sources in all). None is ``Run()``.
    most_series, most_points : int
        Size of the sample: series, and points (series times channels times length), at most.

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
    from tszoo.training.threads import in_threads_alone

    run = run or Run()
    series = _sample(target, most_series, most_points)

    def probe(source: tuple[str, Path]) -> Probe:
        return _probe_source(series, *source, n_members, run)

    # found, and fetched, one after another and in this thread, which a Ctrl-C reaches
    names = map(_name_of, models)
    found = ((str(name), find_model(name, zoo)) for name in names)
    probes = []
    with in_threads_alone(run, len(models)) as spread:
        for probed in spread(probe, found):
            probes.append(_by_group(probed, series))
            if run.progress is not None:
                run.progress(len(probes), len(models))
    return probes


def probe_random(
    target: Dataset,
    *,
    seed: int = 0,
    run: Run | None = None,
    most_series: int = MOST_SERIES,
    most_points: int = MOST_POINTS,
) -> Probe:
    """Score an Inception network that was never trained: what a source has to be better than.

    Parameters
    ----------
    target, run, most_series, most_points
        As for ``probe_sources``; no progress is reported.
    seed : int
        Of the network's weights.

    Returns
    -------
    Probe
        Of the model ``"random"``.

    Raises
    ------
    DataError, OptionError
        As for ``probe_sources``.
    """
    run = run or Run()
    series = _sample(target, most_series, most_points)
    key = _key(series, config=f"{RANDOM} {RANDOM_ARCHITECTURE}", seed=seed)
    probe = _read(run.cache, key, RANDOM, series)
    if probe is None:
        probe = score_networks(RANDOM, series, [random_network(series, seed)], run.device)
        _keep(run.cache, key, probe)
    return _by_group(probe, series)


def _by_group(probe: Probe, series: Dataset) -> Probe:
    """Say how many groups were left out, if series have some."""
    if series.group_codes is None:
        return probe
    return replace(probe, n_groups=int(series.group_codes.max()) + 1)


def _name_of(reference: str | Path | CatalogueEntry) -> str | Path:
    if isinstance(reference, CatalogueEntry):
        return reference.model
    return reference


def _probe_source(series: Dataset, name: str, folder: Path, n_members: int, run: Run) -> Probe:
    """Probe one source, or find the result in the cache."""
    entry = read_entry(folder)
    members = min(n_members, entry.members)
    if run.cache is None:
        return _probe_model(series, name, folder, members, run.device)
    key = _key_of_model(series, folder, entry, members)
    probe = _read(run.cache, key, name, series)
    if probe is None:
        probe = _probe_model(series, name, folder, members, run.device)
        _keep(run.cache, key, probe)
    return probe


def _key_of_model(series: Dataset, folder: Path, entry: CatalogueEntry, members: int) -> Key:
    weights = _digest(folder)
    return _key(series, config=entry.config_sha256, weights=weights, members=members)


def is_kept(series: Dataset, name: str, zoo: Zoo, run: Run) -> bool:
    """Tell whether the cache holds what one network of a source gave for series, all of a sample.

    A source that has to be fetched is not looked at, and has no result.
    """
    if run.cache is None or zoo.remote is not None:
        return False
    folder = find_model(name, zoo)
    key = _key_of_model(series, folder, read_entry(folder), 1)
    return _read(run.cache, key, name, series) is not None


def _sample(target: Dataset, most_series: int, most_points: int) -> Dataset:
    """Choose the series to probe with.

    Raises
    ------
    DataError
        If they are all of one class, however many classes the target names.
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


def _key(series: Dataset, **network: str | int) -> Key:
    """Say what a probe depends on: the series that are looked at, and the network."""
    key: dict[str, str | int] = {"version": VERSION, "target": series.sha256, **network}
    if series.group_codes is not None:
        key["groups"] = hashlib.sha256(series.group_codes.tobytes()).hexdigest()
    return key


def _digest(folder: Path) -> str:
    """Hash a model's weights: two models may share their config and their size."""
    with open_checked(folder, WEIGHTS) as (file, _):
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()


def _read(cache: Path | None, key: Key, model: str, series: Dataset) -> Probe | None:
    """Look a probe up in the cache; None if it is not there."""
    if cache is None:
        return None
    return _from_json(read_cached(cache, key), model, series.n_series)


def _keep(cache: Path | None, key: Key, probe: Probe) -> None:
    """Put a probe into the cache, if there is one."""
    if cache is None:
        return
    result = {name: getattr(probe, name) for name in _KEPT}
    if write_cached(cache, key, result):
        prune_cache(cache)


def _from_json(values: Any, model: str, n_series: int) -> Probe | None:
    """Read what ``_keep`` wrote; None if it is anything else."""
    if not isinstance(values, dict) or values.keys() != set(_KEPT):
        return None
    scores, problem = [values["ridge"], values["ridge_error"]], values["problem"]
    scored = all(type(score) is float and math.isfinite(score) for score in scores)
    failed = isinstance(problem, str) and scores == [None, None]
    if failed or (scored and problem is None):
        return Probe(model, n_series, **values)
    return None


def _probe_model(series: Dataset, name: str, folder: Path, n_members: int, device: str) -> Probe:
    from tszoo.models.load import load_networks

    return score_networks(name, series, load_networks(folder, n_members), device)


def random_network(series: Dataset, seed: int) -> Network:
    """Make the untrained network that sources are compared with."""
    import torch

    from tszoo.nets.network import initialize
    from tszoo.nets.registry import build

    network = build(
        RANDOM_ARCHITECTURE, None, series.n_channels, series.n_classes, length=series.length
    )
    initialize(network, torch.Generator().manual_seed(seed))
    return network.eval()


def _score(stages: NDArray[np.float32], series: Dataset, prior: Prior) -> RidgeScore:
    """Score features by the head that would be put on them."""
    labels = series.require_labels()
    weights = weigh_series(series)
    groups = series.group_codes
    return ridge_leave_one_out(stages, labels, series.n_classes, groups, prior, weights)


def score_networks(name: str, series: Dataset, networks: Sequence[Network], device: str) -> Probe:
    """Extract the features of each network, and average its scores."""
    from tszoo.readout.features import extract
    from tszoo.readout.tangents import with_tangents

    preprocessing = choose_preprocessing(series)
    scores = []
    try:
        for network in networks:
            extracted = extract(network, series, preprocessing, device=device, with_logits=False)
            stages = extracted.stages
            prior = prior_of(network, series.n_channels)
            prior = with_tangents(prior, network, series, preprocessing, stages, device)
            scores.append(_score(stages, series, prior))
    except (DataError, ModelError) as error:
        # the series have been checked: these networks are not for them
        return Probe(name, series.n_series, problem=str(error))
    accuracy = float(np.mean([score.accuracy for score in scores]))
    brier = float(np.mean([score.error for score in scores]))
    return Probe(name, series.n_series, accuracy, brier)
