"""Turn drawn series into predictions of the test series."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

import tszoo
from few.bodies import cached, features, random_network, universal_folder, universal_network
from few.draws import Indices, Split
from tszoo.data import choose_preprocessing, prepare
from tszoo.nets.network import Network
from tszoo.readout.head import fit_stage_features
from tszoo.similarity import cdist_dtw

# drawn series and the draw's number -> predicted class indices of the test series
Predictor = Callable[[Indices, int], Indices]


class Method(NamedTuple):
    """A way to predict, and how it is drawn in the figure.

    ``start`` does what all draws of a set share. ``is_costly`` says that every draw is long:
    those of all sets are measured draw by draw.
    """

    start: Callable[[Split, argparse.Namespace], Predictor]
    is_costly: bool
    colour: str
    line: str


def universal(split: Split, options: argparse.Namespace) -> Predictor:
    return readout(
        "universal", lambda: universal_network(split.name, options.universal), split, options
    )


def untrained(split: Split, options: argparse.Namespace) -> Predictor:
    return readout("random", random_network, split, options)


def readout(
    kind: str, network_of: Callable[[], Network], split: Split, options: argparse.Namespace
) -> Predictor:
    """Fit ridge heads, as `tszoo finetune --head ridge` does with one member."""
    stages = features(kind, network_of, split, options.features)
    labels, drawn_at_all = split.train.require_labels(), split.drawn()

    def predict(drawn: Indices, _draw: int) -> Indices:
        prior = stages.prior(np.searchsorted(drawn_at_all, drawn))
        fit, _, _ = fit_stage_features(
            stages.train[drawn], labels[drawn], split.train.n_classes, prior
        )
        decisions = stages.test @ fit.weight.T + fit.bias
        return decisions.argmax(axis=1)

    return predict


def from_scratch(split: Split, _options: argparse.Namespace) -> Predictor:
    """Train one InceptionTime network by the recipe `fast`."""

    def predict(drawn: Indices, draw: int) -> Indices:
        model = tszoo.finetune(
            split.train.take(drawn),
            "none",
            head="softmax",
            members=1,
            seed=draw,
            run=tszoo.Run(device="cpu"),
        )
        return model.predict_proba(split.test).argmax(axis=1)

    return predict


def nearest(split: Split, _options: argparse.Namespace) -> Predictor:
    """Find the nearest series by DTW without a window; of equally near ones, the first."""
    drawn_at_all = split.drawn()
    preprocessing = choose_preprocessing(split.train)
    asked, answering = (
        prepare(part, preprocessing)[:, 0] for part in (split.test, split.train.take(drawn_at_all))
    )
    distances = cdist_dtw(asked, answering, n_jobs=1)
    labels = split.train.require_labels()

    def predict(drawn: Indices, _draw: int) -> Indices:
        places = np.searchsorted(drawn_at_all, drawn)
        return labels[drawn][distances[:, places].argmin(axis=1)]

    return predict


def rocket(split: Split, _options: argparse.Namespace) -> Predictor:
    """Fit aeon's ROCKET classifier; its kernels are drawn once a set."""
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    transform = import_module("aeon.transformations.collection.convolution_based").Rocket
    preprocessing = choose_preprocessing(split.train)
    drawn_at_all = split.drawn()
    asked, answering = (
        prepare(part, preprocessing).astype(np.float64)
        for part in (split.test, split.train.take(drawn_at_all))
    )
    kernels = transform(n_kernels=10_000, random_state=0).fit(answering)
    test, train = (np.asarray(kernels.transform(X)) for X in (asked, answering))
    labels = split.train.require_labels()

    def predict(drawn: Indices, _draw: int) -> Indices:
        classifier = make_pipeline(
            StandardScaler(with_mean=False), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
        )
        classifier.fit(train[np.searchsorted(drawn_at_all, drawn)], labels[drawn])
        return classifier.predict(test)

    return predict


METHODS = {
    "universal body": Method(universal, False, "#c2410c", "-"),
    "random body": Method(untrained, False, "#1f2933", "--"),
    "1-NN DTW": Method(nearest, False, "#009e73", ":"),
    "ROCKET": Method(rocket, False, "#0f62ae", "-."),
    "from scratch": Method(from_scratch, True, "#8f6bb1", "-"),
}


def is_there(method: str, name: str, options: argparse.Namespace) -> bool:
    """Tell whether a method has what it needs for a set."""
    if method == "universal body":
        path = cached("universal", name, options.features)
        if path is not None and path.exists():
            return True
        return universal_folder(name, options.universal) is not None
    return method != "ROCKET" or find_spec("aeon") is not None
