"""What a model has found out of how sure it may be, on series that it was not fitted to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_SERIES
from tszoo.storage.strict_json import plain
from tszoo.text import printable

# More scores than this are thinned out: the coverage that comes out is too high by a share of one
# over it at most, and never too low.
MOST_SCORES = 500
_ROUNDING = 1e-9  # of a rank: (n + 1) * 0.9 may come out a little above a whole number
_DIGITS = 6


@dataclass(frozen=True)
class Calibration:
    """How sure a model may be.

    Attributes
    ----------
    dataset : str
        The data set of the series that it was calibrated with.
    n_series : int
    temperature : float
        What the logarithms of the model's probabilities are divided by (Guo et al. 2017, section
        4.2); 1 leaves them as they are.
    scores : tuple of float
        One minus the probability that the model gave the class of each series, before the
        temperature, from the least to the greatest: those of ranks ``ceil(k * n_series / m)`` for
        ``k`` from 1 to ``m``, of all series or of ``MOST_SCORES``.
    left_out : bool
        Whether they are series that the model learnt, each predicted by the fit to the others.
    """

    dataset: str
    n_series: int
    temperature: float
    scores: tuple[float, ...]
    left_out: bool = False

    def __post_init__(self) -> None:
        checks.name(self.dataset, "calibration.dataset")
        checks.whole(self.n_series, "calibration.n_series", 1, MOST_SERIES)
        checks.number(self.temperature, "calibration.temperature")
        checks.truth(self.left_out, "calibration.left_out")
        scores = checks.numbers(self.scores, "calibration.scores")
        object.__setattr__(self, "scores", scores)
        if self.temperature == 0:
            msg = "calibration.temperature must be above 0."
            raise ModelError(msg)
        if len(scores) != min(self.n_series, MOST_SCORES):
            msg = (
                f"calibration.scores must be {min(self.n_series, MOST_SCORES)} numbers, not "
                f"{len(scores)}."
            )
            raise ModelError(msg)
        if max(scores) > 1 or list(scores) != sorted(scores):
            msg = "calibration.scores must rise, from 0 up and to 1 at most."
            raise ModelError(msg)

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        probabilities: NDArray[np.float64],
        temperature: float = 1.0,
        *,
        left_out: bool = False,
    ) -> Calibration:
        """Keep the scores of labelled series, of shape (n_series, n_classes) before a temperature.

        They are rounded up, so that coverage stays what it is.
        """
        labels = dataset.require_labels()
        scores = np.sort(1 - probabilities[np.arange(len(labels)), labels])
        n_kept = min(len(scores), MOST_SCORES)
        kept = scores[_ranks(len(scores), n_kept) - 1]
        rounded = np.ceil(kept * 10**_DIGITS) / 10**_DIGITS
        return cls(
            printable(dataset.name) or "unnamed",
            len(labels),
            temperature,
            tuple(rounded.clip(0, 1).tolist()),
            left_out,
        )

    def threshold(self, coverage: float) -> float:
        """Return the score that a set of classes reaches up to, so that it covers as asked.

        It is the one of rank ``ceil((n + 1) * coverage)`` (Angelopoulos & Bates 2021, "A gentle
        introduction to conformal prediction", section 1).

        Raises
        ------
        OptionError
            If coverage is no share between 0 and 1, or more than the series can vouch for.
        """
        if isinstance(coverage, bool) or not 0 < coverage < 1:
            msg = f"coverage={coverage!r}: expected a share between 0 and 1, such as 0.9."
            raise OptionError(msg)
        rank = math.ceil((self.n_series + 1) * coverage - _ROUNDING)
        if rank > self.n_series:
            most = self.n_series / (self.n_series + 1)
            msg = (
                f"coverage={coverage!r}: {self.n_series} series vouch for {most:.4g} at most. "
                "Calibrate with more."
            )
            raise OptionError(msg)
        ranks = _ranks(self.n_series, len(self.scores))
        return self.scores[int(np.searchsorted(ranks, rank))]

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        values: dict[str, Any] = plain(asdict(self), "calibration")
        return values

    @classmethod
    def from_dict(cls, values: Any) -> Calibration:
        """Read what ``to_dict`` wrote; raise ModelError, naming the field, for anything else."""
        checks.keys(values, {f.name for f in fields(cls)}, "calibration")
        return cls(**values)


def _ranks(n_series: int, n_kept: int) -> NDArray[np.int64]:
    """List the ranks, from 1, of the scores that are kept; the last is that of the greatest."""
    return -(-np.arange(1, n_kept + 1, dtype=np.int64) * n_series // n_kept)


def probabilities_at(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Divide the logarithms of probabilities by a temperature, and let rows sum to 1 again.

    The order of the classes stays, so the label does (Rahaman & Thiery 2021, "Uncertainty
    quantification and deep ensembles": an ensemble is calibrated after it is averaged).
    """
    if temperature == 1:
        return probabilities
    logarithms = log_probabilities(probabilities) / temperature
    powers: NDArray[np.float64] = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def log_probabilities(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take logarithms; a probability of 0 counts as the least number above it."""
    logarithms: NDArray[np.float64] = np.log(probabilities.clip(np.finfo(np.float64).tiny))
    return logarithms


def sets_of(
    probabilities: NDArray[np.float64], calibration: Calibration, coverage: float
) -> NDArray[np.bool_]:
    """Say which classes are in each series' prediction set, shape (n_series, n_classes).

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_series, n_classes)
        Of the model that was calibrated so.
    calibration : Calibration
    coverage : float
        As for ``Calibration.threshold``.
    """
    threshold = calibration.threshold(coverage)
    # scores are those before the temperature, which was found on the very same series
    before = probabilities_at(probabilities, 1 / calibration.temperature)
    inside: NDArray[np.bool_] = 1 - before <= threshold
    return inside
