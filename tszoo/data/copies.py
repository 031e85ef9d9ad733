"""Find series that are copies of others: whoever knows one of them knows the others."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray


def number_copies(
    series: NDArray[np.float32],
    lengths: NDArray[np.int64],
    labels: NDArray[np.int64] | None = None,
) -> NDArray[np.int64] | None:
    """Number series so that those with the same values have the same number.

    A class all of whose series are the same is what it is: they have numbers of their own.

    Parameters
    ----------
    series : ndarray of float32, shape (n_series, n_channels, length)
        NaN is a missing value, or padding.
    lengths : ndarray of int64, shape (n_series,)
    labels : ndarray of int64, shape (n_series,), or None

    Returns
    -------
    ndarray of int64, shape (n_series,), or None
        Numbers from 0, in the order of the first of each; None if no two are the same.
    """
    digests = [digest(one, length) for one, length in zip(series, lengths.tolist(), strict=True)]
    alike = set() if labels is None else _classes_of_one(digests, labels.tolist())
    numbers: dict[bytes | int, int] = {}
    codes = []
    for i, one in enumerate(digests):
        is_alike = labels is not None and int(labels[i]) in alike
        codes.append(numbers.setdefault(i if is_alike else one, len(numbers)))
    return None if len(numbers) == len(codes) else np.array(codes, dtype=np.int64)


def _classes_of_one(digests: Sequence[bytes], labels: Sequence[int]) -> set[int]:
    """Name the classes of several series that are all the same."""
    of_class: dict[int, list[bytes]] = {}
    for one, label in zip(digests, labels, strict=True):
        of_class.setdefault(label, []).append(one)
    return {label for label, some in of_class.items() if len(some) > 1 == len(set(some))}


def join_groups(groups: Sequence[Hashable], copies: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Number groups of series so that copies of one series are in one group.

    Parameters
    ----------
    groups : sequence of hashable, one for each series
    copies : ndarray of int64, shape (n_series,), or None
        As ``number_copies`` gives them.
    """
    _, codes = np.unique(np.array(groups), return_inverse=True)
    if copies is None:
        return codes.astype(np.int64)
    heads = list(range(int(codes.max()) + 1))

    def head(group: int) -> int:
        while heads[group] != group:
            group = heads[group]
        return group

    first: dict[int, int] = {}
    for copy, group in zip(copies.tolist(), codes.tolist(), strict=True):
        one, other = sorted((head(group), head(first.setdefault(copy, group))))
        heads[other] = one
    _, joined = np.unique([head(group) for group in codes.tolist()], return_inverse=True)
    return joined.astype(np.int64)


def digest(one: NDArray[np.float32], length: int) -> bytes:
    """Return what stands for a series' values: all kinds of NaN are one, and so are both zeros."""
    inside = one[:, :length]
    values = np.where(np.isnan(inside), np.float32(np.nan), inside) + np.float32(0)
    key = length.to_bytes(8, "little")
    return hashlib.blake2b(values.tobytes(), digest_size=16, key=key).digest()
