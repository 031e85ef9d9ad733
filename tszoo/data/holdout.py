"""Series that are held out of training, to see how it goes on others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError, OptionError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EXPECTED = (
    "expected a share between 0 and 1 (0.2), every:K (every:5), last:SHARE (last:0.2), or data"
)


@dataclass(frozen=True)
class HoldOut:
    """Which series are held out.

    Attributes
    ----------
    kind : {"share", "every", "last"}
        A random share of each class; every K-th series; the last share of the series (the latter
        two are PINNIPED's).
    value : float
        The share, above 0 and below 1, or K, a whole number from 2.
    """

    kind: Literal["share", "every", "last"]
    value: float


def parse_validation(text: str) -> HoldOut | None:
    """Read what a user asks to be validated on.

    Parameters
    ----------
    text : str
        ``"0.2"``, ``"every:5"``, ``"last:0.2"``, or a reference to data. A file whose name looks
        like one of the first three is written ``./0.2``.

    Returns
    -------
    HoldOut or None
        None if the text is a reference to data.

    Raises
    ------
    OptionError
        If a share is not between 0 and 1, or K is not a whole number from 2.
    """
    kind, colon, value = text.partition(":")
    if colon and kind == "every":
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 2:
            msg = f"--validation {text}: K must be a whole number from 2; {_EXPECTED}."
            raise OptionError(msg)
        return HoldOut("every", int(value))
    if colon and kind == "last":
        return HoldOut("last", _share(value, text))
    return HoldOut("share", _share(text, text)) if _NUMBER.fullmatch(text) else None


def hold_out(dataset: Dataset, rule: str | HoldOut, seed: int) -> tuple[Dataset, Dataset]:
    """Split a labelled data set into one to train on and one that is held out.

    Parameters
    ----------
    dataset : Dataset
    rule : str or HoldOut
        As for ``parse_validation``. A share is drawn at random from each class in proportion to its
        size; a class keeps one series at least for training, so that a class of one series is never
        held out.
    seed : int
        Of that draw; the other rules draw nothing.

    Returns
    -------
    train, held : Dataset
        Every series is in one of them, in the order it had; both know all classes.

    Raises
    ------
    OptionError
        If the rule is none.
    DataError
        If there are no labels, nothing would be held out, or a class would have no series to train
        on.
    """
    parsed = parse_validation(rule) if isinstance(rule, str) else rule
    if parsed is None:
        msg = f"--validation {rule}: no rule to hold series out by; {_EXPECTED}."
        raise OptionError(msg)
    labels = dataset.require_labels()
    held = np.zeros(dataset.n_series, dtype=bool)
    if parsed.kind == "share":
        held[_stratified(labels, dataset.n_classes, parsed.value, seed)] = True
    elif parsed.kind == "every":
        held[int(parsed.value) - 1 :: int(parsed.value)] = True
    else:
        held[dataset.n_series - round(dataset.n_series * parsed.value) :] = True
    _check(dataset, labels, held, parsed)
    return dataset.take(~held), dataset.take(held)


def _stratified(
    labels: NDArray[np.int64], n_classes: int, share: float, seed: int
) -> NDArray[np.int64]:
    """Draw a share of the series, each class in proportion.

    Whole numbers by largest remainders, lots among equals.
    """
    rng = np.random.default_rng(seed)
    sizes = np.bincount(labels, minlength=n_classes)
    most = np.maximum(sizes - 1, 0)
    counts = np.minimum(np.floor(sizes * share).astype(np.int64), most)
    left = sizes * share - counts
    lots = rng.permutation(n_classes)
    order = lots[np.argsort(-left[lots], kind="stable")]
    spare = order[(counts[order] < most[order]) & (left[order] > 1e-9)]
    counts[spare[: max(round(len(labels) * share) - int(counts.sum()), 0)]] += 1
    drawn = [rng.permutation(np.flatnonzero(labels == k))[: counts[k]] for k in range(n_classes)]
    return np.concatenate(drawn)


def _check(
    dataset: Dataset, labels: NDArray[np.int64], held: NDArray[np.bool_], rule: HoldOut
) -> None:
    how = f"{rule.kind}:{rule.value:g}" if rule.kind != "share" else f"{rule.value:g}"
    if not held.any():
        msg = (
            f"{dataset.name}: --validation {how} of {dataset.n_series} series holds none out; ask "
            "for more."
        )
        raise DataError(msg)
    lost = np.setdiff1d(labels, labels[~held])
    if len(lost):
        msg = (
            f"{dataset.name}: --validation {how} leaves no series of class "
            f"{dataset.classes[lost[0]]} to train on. A plain share, such as 0.2, takes from every "
            "class in proportion."
        )
        raise DataError(msg)


def _share(value: str, text: str) -> float:
    share = float(value) if _NUMBER.fullmatch(value) else 0.0
    if not 0.0 < share < 1.0:
        msg = f"--validation {text}: a share lies between 0 and 1; {_EXPECTED}."
        raise OptionError(msg)
    return share
