"""Compute every score of a source for a target, kept in a folder for the next time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.data import Dataset, choose_preprocessing
from tszoo.errors import DataError, ModelError
from tszoo.models.load import load_networks
from tszoo.readout.features import Extracted, extract
from tszoo.readout.score import ridge_leave_one_out
from tszoo.readout.temperature import softmax
from tszoo.recommendation.cache import read_cached, write_cached
from tszoo.recommendation.probe import MOST_POINTS, MOST_SERIES
from tszoo.recommendation.sample import sample_series
from tszoo.storage.layout import WEIGHTS
from tszoo.zoo.find import ZooLike, find_model

from .evidence import log_me
from .heads import leep, nce
from .hscore import h_score
from .neighbours import knn_leave_one_out

VERSION = 1
OF_FEATURES = ("knn", "ridge", "ridge_error", "log_me", "h_score")
OF_HEADS = ("leep", "nce")
SCORES = (*OF_FEATURES, *(f"last_{name}" for name in OF_FEATURES), *OF_HEADS)


def score_source(
    target: Dataset, source: str | Path, zoo: ZooLike = None, cache: Path | None = None
) -> dict[str, float]:
    """Compute every score of a source's first network, on the series that probing looks at.

    Parameters
    ----------
    target : Dataset
        The training series, with labels.
    source : str or Path
        A name in the zoo, or a model's folder.
    zoo : Zoo, str, Path or None
    cache : Path or None
        A folder for results.

    Returns
    -------
    dict of str to float
        As ``score_features`` gives them; empty where the network cannot take the series.
    """
    series, folder = sample_series(target, MOST_SERIES, MOST_POINTS), find_model(source, zoo)
    weights = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    key = {"scores": VERSION, "target": series.sha256, "weights": weights}
    if cache is not None and (scores := read_cached(cache, key)) is not None:
        return dict(scores)
    (network,) = load_networks(folder, 1)
    try:
        extracted = extract(network, series, choose_preprocessing(series))
        scores = score_features(extracted, series.require_labels(), series.n_classes)
    except (DataError, ModelError):
        scores = {}
    if cache is not None:
        write_cached(cache, key, scores)
    return scores


def score_features(
    extracted: Extracted, labels: NDArray[np.int64], n_classes: int
) -> dict[str, float]:
    """Compute every score of what a network gives of labelled series.

    Returns
    -------
    dict of str to float
        Scores without a prefix are of all features. Those with ``last`` are of what the head reads,
        as the scores' papers have it. ``leep`` and ``nce`` are left out where the network's head
        takes another number of channels.
    """
    scores = _of_features(extracted.stages, labels, n_classes)
    for name, score in _of_features(extracted.last, labels, n_classes).items():
        scores[f"last_{name}"] = score
    if extracted.logits is not None:
        logits = extracted.logits.astype(np.float64)
        scores["leep"] = leep(softmax(logits), labels)
        scores["nce"] = nce(logits.argmax(axis=1), labels)
    return scores


def _of_features(
    features: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int
) -> dict[str, float]:
    ridge = ridge_leave_one_out(features, labels, n_classes)
    return {
        "knn": knn_leave_one_out(features, labels),
        "ridge": ridge.accuracy,
        "ridge_error": ridge.error,
        "log_me": log_me(features, labels),
        "h_score": h_score(features, labels),
    }
