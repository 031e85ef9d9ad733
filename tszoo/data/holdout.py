"""Hold series out of training, to see how the training does on others."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError, OptionError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EXPECTED = (
    "expected a share between 0 and 1 (0.2), every:K (every:5), last:SHARE (last:0.2), group:SHARE "
    "(group:0.2), or data"
)
_SHUFFLED = "shuffled:"


@dataclass(frozen=True)
class HoldOut:
    """Which series are held out.

    Attributes
    ----------
    kind : {"share", "every", "last", "group"}
        A random share of each class; every K-th series; the last share of the series (these two are
        PINNIPED's); a random share of the groups, each with all of its series.
    value : float
        The share, above 0 and below 1, or K, a whole number from 2.
    shuffled : bool
        Whether series are counted, of the kinds "every" and "last", after a random permutation.
    """

    kind: Literal["share", "every", "last", "group"]
    value: float
    shuffled: bool = False

    def __str__(self) -> str:
        """Write the rule as users write it."""
        written = f"{self.kind}:{self.value:g}".removeprefix("share:")
        return _SHUFFLED * self.shuffled + written


def parse_validation(text: str) -> HoldOut | None:
    """Read which series a user wants to watch the training by.

    Parameters
    ----------
    text : str
        ``"0.2"``, ``"every:5"``, ``"last:0.2"``, ``"group:0.2"``, or a reference to data. A file
        whose name looks like one of the first four is written ``./0.2``. The second and the third
        may have ``"shuffled:"`` before them.

    Returns
    -------
    HoldOut or None
        None if the text is a reference to data.

    Raises
    ------
    OptionError
        If a share is not between 0 and 1, or K is not a whole number from 2.
    """
    if text.startswith(_SHUFFLED):
        return _shuffled(text)
    kind, colon, value = text.partition(":")
    if colon and kind == "every":
        return HoldOut("every", _count(value, text))
    if colon and kind == "last":
        return HoldOut("last", _share(value, text))
    if colon and kind == "group":
        return HoldOut("group", _share(value, text))
    if _NUMBER.fullmatch(text):
        return HoldOut("share", _share(text, text))
    return None


def _shuffled(text: str) -> HoldOut:
    """Read a rule that counts series off after a random permutation."""
    rule = parse_validation(text.removeprefix(_SHUFFLED))
    if rule is None or rule.kind not in ("every", "last"):
        msg = (
            f'validation="{text}": {_SHUFFLED} goes before every:K or last:SHARE only; a share is '
            "drawn at random as it is."
        )
        raise OptionError(msg)
    return replace(rule, shuffled=True)


def hold_out(dataset: Dataset, rule: str | HoldOut, seed: int) -> tuple[Dataset, Dataset]:
    """Split a labelled data set into one to train on and one that is held out.

    Parameters
    ----------
    dataset : Dataset
    rule : str or HoldOut
        As for ``parse_validation``. A share is drawn at random from each class in proportion to its
        size. A class keeps at least one series for training: a class of one series is never held
        out. Where series come in groups, a share is one of the groups.
    seed : int
        Of that draw, and of the permutation of a shuffled rule; other rules draw nothing.

    Returns
    -------
    train, validation : Dataset
        Every series is in one of them, in the order it had; both know all classes.

    Raises
    ------
    OptionError
        If the rule is none.
    DataError
        If there are no labels, no groups to hold out, nothing would be held out, or a class would
        have no series to train on.
    """
    if isinstance(rule, str):
        parsed = parse_validation(rule)
        if parsed is None:
            msg = f'validation="{rule}": no rule to hold series out by; {_EXPECTED}.'
            raise OptionError(msg)
        rule = parsed
    labels = dataset.require_labels()
    is_out = np.zeros(dataset.n_series, dtype=bool)
    if rule.kind == "group" or (rule.kind == "share" and dataset.groups is not None):
        is_out = _of_groups(dataset, rule.value, seed)
    elif rule.kind == "share":
        is_out = _of_series(dataset, rule.value, seed)
    else:
        is_out[_counted(dataset.n_series, rule, seed)] = True
    _check(dataset, labels, is_out, rule)
    return dataset.take(~is_out), dataset.take(is_out)


def _counted(n_series: int, rule: HoldOut, seed: int) -> NDArray[np.int64]:
    """Count series off, in their order or after a random permutation, as PINNIPED does."""
    order = np.arange(n_series)
    if rule.shuffled:
        order = np.random.default_rng(seed).permutation(n_series)
    if rule.kind == "every":
        return order[int(rule.value) - 1 :: int(rule.value)]
    return order[n_series - round(n_series * rule.value) :]


def _of_series(dataset: Dataset, share: float, seed: int) -> NDArray[np.bool_]:
    """Draw a share of the series, each class in proportion, and with each one its copies."""
    codes, labels = dataset.copy_codes, dataset.require_labels()
    if codes is None:
        codes = np.arange(dataset.n_series)
    _, firsts = np.unique(codes, return_index=True)
    drawn = draw_share(labels[firsts], dataset.n_classes, share, seed)
    return np.isin(codes, drawn)


def _of_groups(dataset: Dataset, share: float, seed: int) -> NDArray[np.bool_]:
    """Draw a share of the groups, one at least, and mark their series.

    A group stays if a class had none left to train on without it.
    """
    codes, labels = dataset.group_codes, dataset.require_labels()
    if codes is None:
        msg = (
            f'{dataset.name}: validation="group:{share:g}", and the series have no groups. Say '
            "with group=... which column has them."
        )
        raise DataError(msg)
    n_groups = int(codes.max()) + 1
    wanted, n_out = max(1, round(share * n_groups)), 0
    is_out = np.zeros(dataset.n_series, dtype=bool)
    for group in np.random.default_rng(seed).permutation(n_groups).tolist():
        rest = labels[~is_out & (codes != group)]
        if n_out < wanted and len(np.unique(rest)) == len(np.unique(labels)):
            is_out |= codes == group
            n_out += 1
    return is_out


def draw_share(
    labels: NDArray[np.int64], n_classes: int, share: float, seed: int
) -> NDArray[np.int64]:
    """Draw the positions of a share of series, each class in proportion.

    Shares become whole numbers by largest remainders; lots decide among equals.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_series,)
    n_classes : int
    share : float
        Above 0 and below 1; every class keeps a series that is not drawn.
    seed : int
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
    dataset: Dataset, labels: NDArray[np.int64], is_out: NDArray[np.bool_], rule: HoldOut
) -> None:
    """Raise DataError if nothing is held out, or a class is held out whole."""
    if not is_out.any():
        msg = (
            f'{dataset.name}: validation="{rule}" of {dataset.n_series} series holds none out; '
            "ask for more."
        )
        raise DataError(msg)
    lost = np.setdiff1d(labels, labels[~is_out])
    if len(lost):
        msg = (
            f'{dataset.name}: validation="{rule}" leaves no series of class '
            f"{dataset.classes[lost[0]]} to train on. A plain share, such as 0.2, takes from every "
            "class in proportion."
        )
        raise DataError(msg)


def _count(value: str, text: str) -> int:
    """Read K; ``text`` is what the user wrote, for the message."""
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 2:
        msg = f'validation="{text}": K must be a whole number from 2; {_EXPECTED}.'
        raise OptionError(msg)
    return int(value)


def _share(value: str, text: str) -> float:
    """Read a share; ``text`` is what the user wrote, for the message."""
    if not _NUMBER.fullmatch(value) or not 0.0 < float(value) < 1.0:
        msg = f'validation="{text}": a share lies between 0 and 1; {_EXPECTED}.'
        raise OptionError(msg)
    return float(value)
