from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tszoo.data import Dataset
from tszoo.data.holdout import HoldOut, hold_out, parse_validation
from tszoo.errors import DataError, OptionError

LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=60).filter(
    lambda labels: len(set(labels)) > 1
)
SHARES = st.floats(0.01, 0.99)


def make(labels: list[int]) -> Dataset:
    """Series whose first value is their position."""
    X = np.arange(len(labels))[:, None] + np.array([0.0, 0.5])
    return Dataset.from_arrays(X, labels, name="Mine")


def positions(dataset: Dataset) -> list[int]:
    return dataset.series[:, 0, 0].astype(int).tolist()


def check_partition(dataset: Dataset, train: Dataset, held: Dataset) -> None:
    one, other = positions(train), positions(held)
    assert sorted(one + other) == list(range(dataset.n_series))
    assert other
    assert (one, other) == (sorted(one), sorted(other))
    for part in (train, held):
        assert part.classes == dataset.classes
        assert_array_equal(part.labels, dataset.labels[positions(part)])
    assert set(train.labels.tolist()) == set(dataset.labels.tolist())


@given(LABELS, SHARES, st.integers(0, 99))
def test_a_share_parts_each_class_in_proportion(labels, share, seed):
    dataset = make(labels)
    sizes = np.bincount(dataset.labels)
    try:
        train, held = hold_out(dataset, HoldOut("share", share), seed)
    except DataError as error:
        assert "holds none out" in str(error)
        assert round(share * len(labels)) == 0 or (sizes == 1).all()
        return
    check_partition(dataset, train, held)
    counts = np.bincount(held.labels, minlength=dataset.n_classes)
    exact = sizes * share
    assert ((counts > exact - 1) | (counts == sizes - 1)).all()
    assert (counts < exact + 1).all()
    if (exact <= sizes - 1).all():
        assert counts.sum() == round(share * len(labels))
    again = hold_out(dataset, str(share), seed)
    assert [positions(part) for part in again] == [positions(train), positions(held)]


def test_seeds_draw_different_series():
    dataset = make([0, 1] * 20)
    assert len({tuple(positions(hold_out(dataset, "0.5", seed)[1])) for seed in range(10)}) == 10


@given(LABELS, st.integers(2, 12))
def test_every_kth_series(labels, k):
    # of two neighbours one stays, so every class does; twelve series at least, so some are held out
    pairs = [label for label in sorted(set(labels)) for _ in range(2)]
    labels = [*pairs, *labels] * 2
    dataset = make(labels)
    expected = [i for i in range(len(labels)) if (i + 1) % k == 0]
    train, held = hold_out(dataset, f"every:{k}", 0)
    check_partition(dataset, train, held)
    assert positions(held) == expected


@given(LABELS, SHARES)
def test_the_last_share(labels, share):
    labels = [*sorted(set(labels)), *labels] * 2
    dataset = make(labels)
    n = round(share * len(labels))
    assume(0 < n <= len(labels) - len(set(labels)))
    train, held = hold_out(dataset, f"last:{share!r}", 0)
    check_partition(dataset, train, held)
    assert positions(held) == list(range(len(labels) - n, len(labels)))


def test_what_cannot_be_held_out_is_one_line():
    grouped = make([0] * 5 + [1] * 5)
    with pytest.raises(
        DataError, match=r'Mine: validation="last:0\.5" leaves no series of class 1 to train on'
    ):
        hold_out(grouped, "last:0.5", 0)
    with pytest.raises(
        DataError, match='Mine: validation="every:2" leaves no series of class 8 to train on'
    ):
        hold_out(make([7, 8] * 4), "every:2", 0)
    with pytest.raises(DataError, match='Mine: validation="every:11" of 10 series holds none out'):
        hold_out(grouped, "every:11", 0)
    with pytest.raises(
        DataError, match=r'validation="0\.04" of 10 series holds none out; ask for more'
    ):
        hold_out(grouped, "0.04", 0)
    with pytest.raises(DataError, match="no labels"):
        hold_out(Dataset.from_arrays(np.ones((4, 3))), "0.5", 0)
    with pytest.raises(OptionError, match=r'validation="held\.csv": no rule to hold series out by'):
        hold_out(grouped, "held.csv", 0)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0.2", HoldOut("share", 0.2)),
        (".25", HoldOut("share", 0.25)),
        ("1e-1", HoldOut("share", 0.1)),
        ("every:5", HoldOut("every", 5)),
        ("last:0.2", HoldOut("last", 0.2)),
        ("./0.2", None),
        ("held.csv", None),
        ("C:data", None),
        ("GunPoint", None),
        ("nan", None),
    ],
)
def test_rules_are_told_from_data(text, rule):
    assert parse_validation(text) == rule


@pytest.mark.parametrize(
    "text", ["0", "1", "1.0", "-0.2", "20", "last:", "last:1", "last:x", "last:nan", "last:0"]
)
def test_shares_lie_between_0_and_1(text):
    with pytest.raises(
        OptionError, match=f'validation="{text}": a share lies between 0 and 1; expected'
    ):
        parse_validation(text)


@pytest.mark.parametrize(
    "text", ["every:", "every:1", "every:0", "every:-3", "every:2.5", "every:x", "every:٣"]
)
def test_k_is_a_whole_number_from_2(text):
    with pytest.raises(OptionError, match=f'validation="{text}": K must be a whole number from 2'):
        parse_validation(text)


@pytest.mark.parametrize(("rule", "n_held"), [("every:3", 5), ("last:0.3", 5)])
def test_series_are_counted_off_after_a_seeded_permutation(rule: str, n_held: int) -> None:
    data = make([0, 1] * 8)
    order = np.random.default_rng(4).permutation(16)
    expected = order[2::3] if rule == "every:3" else order[16 - n_held :]
    train, held = hold_out(data, f"shuffled:{rule}", 4)
    assert positions(held) == sorted(expected)
    assert len(positions(held)) == n_held
    check_partition(data, train, held)
    again, other = (hold_out(data, f"shuffled:{rule}", seed)[1] for seed in (4, 5))
    assert positions(again) == positions(held) != positions(other)


@pytest.mark.parametrize("text", ["shuffled:0.2", "shuffled:group:0.2", "shuffled:mine.csv"])
def test_only_what_is_counted_off_is_shuffled(text: str) -> None:
    with pytest.raises(OptionError, match=f'validation="{text}": shuffled: goes before every:K'):
        parse_validation(text)
