from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator

from tszoo.data.synthetic import FAMILIES, alter_tasks, draw_tasks
from tszoo.data.synthetic.tasks import family_counts
from tszoo.errors import OptionError


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


@given(
    st.integers(0, 14), st.integers(1, 5), st.integers(1, 4), st.integers(2, 70), st.integers(0, 99)
)
@settings(max_examples=40)
def test_tasks_of_every_shape_are_finite(n_tasks, n_classes, n_series, length, seed):
    tasks = draw_tasks(n_tasks, n_classes, n_series, length, seeded(seed))
    assert tasks.shape == (n_tasks, n_classes, n_series, length)
    assert tasks.dtype == torch.float32
    assert tasks.isfinite().all()
    altered = alter_tasks(tasks, seeded(seed))
    assert altered.shape == tasks.shape
    assert altered.isfinite().all()


def test_many_tasks_are_finite_and_none_is_flat():
    tasks = draw_tasks(600, 2, 2, 64, seeded(3))
    assert tasks.isfinite().all()
    assert tasks.abs().max() < 100
    assert (tasks.std(-1) > 1e-3).all()


def test_the_seed_decides_every_bit():
    drawn = draw_tasks(13, 3, 4, 33, seeded(5))
    assert torch.equal(drawn, draw_tasks(13, 3, 4, 33, seeded(5)))
    assert not torch.equal(drawn, draw_tasks(13, 3, 4, 33, seeded(6)))


def test_a_generator_never_draws_a_task_twice():
    generator = seeded(0)
    tasks = torch.cat([draw_tasks(12, 2, 3, 32, generator) for _ in range(2)])
    assert len({tuple(task.flatten().tolist()) for task in tasks}) == 24


def test_the_global_generator_is_neither_read_nor_moved():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    drawn = alter_tasks(draw_tasks(12, 2, 2, 32, seeded(0)), seeded(1))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(drawn, alter_tasks(draw_tasks(12, 2, 2, 32, seeded(0)), seeded(1)))


@pytest.mark.parametrize("n_tasks", [0, 1, 5, 6, 7, 16, 600])
def test_families_take_equal_parts(n_tasks):
    counts = family_counts(n_tasks, seeded(0))
    assert list(counts) == list(FAMILIES)
    assert sum(counts.values()) == n_tasks
    assert max(counts.values()) - min(counts.values()) <= 1


def test_small_calls_see_all_families_about_as_often():
    generator = seeded(0)
    totals = dict.fromkeys(FAMILIES, 0)
    for _ in range(600):
        for name, count in family_counts(2, generator).items():
            totals[name] += count
    assert all(150 < total < 250 for total in totals.values()), totals


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((-1, 2, 2, 8), r"n_tasks=-1: must be a whole number from 0 up\."),
        ((1, 0, 2, 8), r"n_classes=0: must be a whole number from 1 up\."),
        ((1, 2, 0, 8), r"n_series=0: must be a whole number from 1 up\."),
        ((1, 2, 2, 1), r"length=1: must be a whole number from 2 up\."),
    ],
)
def test_sizes_that_make_no_task_are_refused(sizes, message):
    with pytest.raises(OptionError, match=message):
        draw_tasks(*sizes, seeded(0))
