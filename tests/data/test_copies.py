"""Series that are the same are left out together, and are told."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.command_line import run
from tszoo.data import Dataset
from tszoo.data.copied import count_copies
from tszoo.data.copies import join_groups, number_copies
from tszoo.data.holdout import hold_out
from tszoo.data.task import require_task
from tszoo.errors import DataError
from tszoo.recommendation.probe import probe_random

RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((12, 20)).round(3).astype(np.float32)
LABELS = ["a", "b"] * 6
TWICE = Dataset.from_arrays(np.concatenate([NOISE, NOISE]), LABELS * 2, name="twice")


def test_series_of_the_same_values_have_one_number():
    assert TWICE.copy_codes.tolist() == [*range(12), *range(12)]
    assert Dataset.from_arrays(NOISE, LABELS).copy_codes is None
    assert Dataset.from_arrays(NOISE, LABELS).group_codes is None


def test_what_makes_two_series_the_same():
    signed = np.array([[[0.0, 1.0]], [[-0.0, 1.0]], [[0.0, 2.0]]], dtype=np.float32)
    assert number_copies(signed, np.array([2, 2, 2])).tolist() == [0, 0, 1]
    gaps = np.array([[[np.nan, 1.0, 5.0]], [[np.nan, 1.0, 7.0]]], dtype=np.float32)
    assert number_copies(gaps, np.array([2, 2])).tolist() == [0, 0]  # padding is no value
    assert number_copies(gaps, np.array([3, 3])) is None
    assert number_copies(gaps[:, :, :2], np.array([1, 2])) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_groups_that_share_a_copy_are_one(pairs):
    groups, copies = (list(part) for part in zip(*pairs, strict=True))
    joined = join_groups(groups, np.array(copies))
    # a slow twin: spread the least number until nothing changes
    numbers = list(range(len(pairs)))
    for _ in pairs:
        for i, one in enumerate(pairs):
            for k, other in enumerate(pairs):
                if one[0] == other[0] or one[1] == other[1]:
                    numbers[i] = numbers[k] = min(numbers[i], numbers[k])
    assert all(
        (joined[i] == joined[k]) == (numbers[i] == numbers[k])
        for i in range(len(pairs))
        for k in range(len(pairs))
    )
    assert sorted(set(joined.tolist())) == list(range(len(set(numbers))))


def test_noise_that_is_there_twice_is_not_known():
    once = probe_random(Dataset.from_arrays(NOISE, LABELS))
    twice = probe_random(TWICE)
    assert twice.n_groups == 12
    assert twice.ridge < 0.8
    assert twice.ridge_error == pytest.approx(once.ridge_error, abs=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_held_out_series_take_their_copies_along(seed):
    train, held_out = hold_out(TWICE, "0.25", seed)
    assert (train.n_series, held_out.n_series) == (18, 6)
    assert not {row.tobytes() for row in train.series} & {row.tobytes() for row in held_out.series}


def test_a_class_that_is_one_series_is_what_it_is():
    values = np.concatenate([NOISE[:6], NOISE[:1], np.repeat(NOISE[6:7], 6, axis=0)])
    dataset = Dataset.from_arrays(values, ["a"] * 7 + ["b"] * 6)
    assert dataset.copy_codes.tolist() == [0, 1, 2, 3, 4, 5, 0, *range(6, 12)]
    assert count_copies(dataset) == (1, 0)
    flat = Dataset.from_arrays(np.repeat(NOISE[:2], 3, axis=0), ["a"] * 3 + ["b"] * 3)
    assert flat.copy_codes is None
    once = Dataset.from_arrays(NOISE[[0, 0, 1, 2]], ["a", "b", "b", "b"])
    assert count_copies(once) == (1, 1)


def test_copies_are_counted():
    assert count_copies(TWICE) == (12, 0)
    other = Dataset.from_arrays(np.concatenate([NOISE, NOISE]), [*LABELS, "b", *LABELS[1:]])
    assert count_copies(other) == (12, 1)
    assert count_copies(Dataset.from_arrays(NOISE, LABELS)) == (0, 0)


def test_copies_are_told(tmp_path):
    rows = [[label, *row] for label, row in zip(LABELS, NOISE.tolist(), strict=True)]
    lines = ["\t".join(map(str, row)) for row in rows]
    folder = tmp_path / "Twice"
    folder.mkdir()
    train = [*lines, *lines[1:], "b" + lines[0][1:]]
    (folder / "Twice_TRAIN.tsv").write_text("\n".join(train) + "\n")
    (folder / "Twice_TEST.tsv").write_text("\n".join([*lines[:3], "a\t" + "\t".join("12" * 10)]))
    said = run("datasets", "info", folder).output
    assert "12 training series are copies of others" in said
    assert "3 test series are copies of training series" in said
    document = json.loads(run("datasets", "info", folder, "--json").output)
    assert (document["n_copies"], document["n_known"]) == (12, 3)
    fit = ("--source", "none", "--head", "ridge", "--out", tmp_path / "m")
    told = run("finetune", folder, *fit).stderr
    assert (
        "of 24 series 12 are copies of others, 1 of them with another label. Where a series is left"
        in told
    )
    (tmp_path / "once.csv").write_text("\n".join(lines).replace("\t", ",") + "\n")
    assert "copies" not in run("datasets", "info", tmp_path / "once.csv").output


@pytest.mark.parametrize("n_different", [1, 4])
def test_copies_whose_labels_contradict_each_other_cannot_be_learnt(n_different):
    X = np.random.default_rng(0).standard_normal((n_different, 6))
    X = np.tile(X, (4, 1))
    y = np.repeat(["a", "b"], len(X) // 2)
    with pytest.raises(DataError, match=rf"of {len(X)} series {n_different} differ, and copies"):
        require_task(Dataset.from_arrays(X, y))
    X[0] += 1.0
    require_task(Dataset.from_arrays(X, y))
