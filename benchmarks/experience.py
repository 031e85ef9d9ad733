"""Carry accuracies of sources on other targets over to a new target.

A source that served smooth series well serves the next smooth series well: how a source does on a
target is modelled as a Gaussian process (Rasmussen & Williams 2006, "Gaussian processes for machine
learning", chapter 2) over pairs of data sets, each described by its `traits`. The
covariance of two transfers is

    OWN [same source] + ALIKE k(sources) + JOINT k(targets) (k(sources) + HALF [same source])

with k a squared exponential of the mean squared difference of standardised traits: a source's own
merit, that of sources like it, and, the largest part, the merit of such sources for such targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm, rankdata

from tszoo.errors import DataError

# Variances beside a noise of 1, and length scales: the middle of a plateau of the leave-target-out
# choice on the released matrix of the 2018 transfer paper (benchmarks/source_selection.py); a
# factor of two changes little.
OWN, ALIKE, JOINT, HALF = 0.1, 0.3, 1.0, 0.5
SOURCE_SCALE, TARGET_SCALE = 1.5, 1.0
# What being nearest is worth beside that, in its standard deviations, and over how many ranks it
# fades: on the same matrix the nearest source is half a standard deviation better than the mean,
# and the second nearest is no better.
NEAREST, FADES = 1.5, 2.0


@dataclass(frozen=True, eq=False)
class Experience:
    """Accuracies of past transfers, and what the data sets are like.

    Attributes
    ----------
    sources, targets : tuple of str
    accuracy : ndarray of float64, shape (n_sources, n_targets)
        Of each source fine-tuned on each target; NaN where unknown. Within a target only the order
        counts.
    source_traits : ndarray of float64, shape (n_sources, n_traits)
    target_traits : ndarray of float64, shape (n_targets, n_traits)

    Raises
    ------
    DataError
        If the shapes disagree, a trait is not finite, or nothing is known.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    accuracy: NDArray[np.float64]
    source_traits: NDArray[np.float64]
    target_traits: NDArray[np.float64]

    def __post_init__(self) -> None:
        n_traits = self.source_traits.shape[-1]
        shapes = (
            (len(self.sources), len(self.targets)),
            (len(self.sources), n_traits),
            (len(self.targets), n_traits),
        )
        if (self.accuracy.shape, self.source_traits.shape, self.target_traits.shape) != shapes:
            msg = (
                f"experience: accuracies {self.accuracy.shape}, traits {self.source_traits.shape} "
                f"and {self.target_traits.shape} for {len(self.sources)} source(s) and "
                f"{len(self.targets)} target(s)."
            )
            raise DataError(msg)
        if not (np.isfinite(self.source_traits).all() and np.isfinite(self.target_traits).all()):
            msg = "experience: a trait that is not a finite number."
            raise DataError(msg)
        if not np.isfinite(self.accuracy).any():
            msg = "experience: not one accuracy is known."
            raise DataError(msg)

    def without(self, *targets: str) -> Experience:
        """Forget what is known of some targets, by name."""
        kept = [k for k, name in enumerate(self.targets) if name not in targets]
        return Experience(
            self.sources,
            tuple(self.targets[k] for k in kept),
            self.accuracy[:, kept],
            self.source_traits,
            self.target_traits[kept],
        )

    def predict(
        self,
        target_traits: NDArray[np.float64] | None,
        sources: Mapping[str, NDArray[np.float64] | None],
    ) -> dict[str, float]:
        """Predict how sources do on a new target, in standard deviations above their mean on it.

        Parameters
        ----------
        target_traits : ndarray of float64, shape (n_traits,), or None
            None for a target of which nothing is known: sources are told apart by their own merit
            alone.
        sources : mapping of str to ndarray of float64, shape (n_traits,), or None
            Names and traits. A name among ``self.sources`` needs no traits; a strange source
            without any gets 0.

        Returns
        -------
        dict of str to float
        """
        own = dict(zip(self.sources, self._scaled(self.source_traits), strict=True))
        place = {name: k for k, name in enumerate(self.sources)}
        known = {name: self._scaled(one) for name, one in sources.items() if one is not None} | {
            name: own[name] for name in sources if name in own
        }
        if not known:
            return dict.fromkeys(sources, 0.0)
        names = list(known)
        alike = _squared_exponential(
            np.array([known[name] for name in names]), self._sources, SOURCE_SCALE
        )
        same = np.array(
            [[float(place.get(name, -1) == k) for k in range(len(place))] for name in names]
        )
        near = np.zeros(len(self.targets))
        if target_traits is not None:
            near = _squared_exponential(
                self._scaled(target_traits)[None], self._targets, TARGET_SCALE
            )[0]
        i, j = self._known
        covariance = (
            OWN * same[:, i]
            + ALIKE * alike[:, i]
            + JOINT * near[j] * (alike[:, i] + HALF * same[:, i])
        )
        found = dict(zip(names, (covariance @ self._weights).tolist(), strict=True))
        return {name: found.get(name, 0.0) for name in sources}

    @cached_property
    def _known(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        i, j = np.nonzero(np.isfinite(self.accuracy))
        return i, j

    @cached_property
    def _sources(self) -> NDArray[np.float64]:
        return self._scaled(self.source_traits)

    @cached_property
    def _targets(self) -> NDArray[np.float64]:
        return self._scaled(self.target_traits)

    def _scaled(self, traits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Traits in standard deviations of the sources'."""
        spread = self.source_traits.std(axis=0)
        scaled: NDArray[np.float64] = (traits - self.source_traits.mean(axis=0)) / np.where(
            spread > 0, spread, 1.0
        )
        return scaled

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """The covariance's inverse times the scores of all known transfers."""
        i, j = self._known
        alike = _squared_exponential(self._sources, self._sources, SOURCE_SCALE)
        near = _squared_exponential(self._targets, self._targets, TARGET_SCALE)
        same = np.eye(len(self.sources))
        merit, joint = OWN * same + ALIKE * alike, JOINT * (alike + HALF * same)
        covariance = merit[np.ix_(i, i)] + near[np.ix_(j, j)] * joint[np.ix_(i, i)]
        covariance[np.diag_indices_from(covariance)] += 1.0
        weights: NDArray[np.float64] = cho_solve(
            cho_factor(covariance, lower=True), normal_scores(self.accuracy)[i, j]
        )
        return weights


def with_nearness(predicted: Mapping[str, float], ranking: Sequence[str]) -> dict[str, float]:
    """Add to what past transfers say of sources how near they are.

    The nearest of all helps, the others fade fast.

    Parameters
    ----------
    predicted : mapping of str to float
        As ``Experience.predict`` gives it; brought to a standard deviation of 1.
    ranking : sequence of str
        Sources from nearest to farthest.

    Returns
    -------
    dict of str to float
        Higher is better; in the mapping's order.
    """
    spread = float(np.std(list(predicted.values())))
    places = {name: place for place, name in enumerate(ranking)}
    return {
        name: value / (spread or 1.0) + NEAREST * np.exp(-places.get(name, len(predicted)) / FADES)
        for name, value in predicted.items()
    }


def normal_scores(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace what is known of each column by the normal quantile of its rank (ties share it).

    NaN stays NaN.
    """
    scores = np.full(accuracy.shape, np.nan)
    for score, column in zip(scores.T, accuracy.T, strict=True):
        known = np.isfinite(column)
        if known.any():
            score[known] = norm.ppf((rankdata(column[known]) - 0.5) / known.sum())
    return scores


def _squared_exponential(
    a: NDArray[np.float64], b: NDArray[np.float64], scale: float
) -> NDArray[np.float64]:
    squares = ((a[:, None] - b[None]) ** 2).mean(axis=-1)
    similar: NDArray[np.float64] = np.exp(-squares / (2 * scale**2))
    return similar
