from __future__ import annotations

import pytest
import torch
from torch import Generator

from tszoo.data.synthetic.draws import LogUniform, Uniform, happens, normal

MANY = (100, 100)


def seeded() -> Generator:
    return Generator().manual_seed(0)


def test_uniform_numbers_fill_their_range_evenly():
    numbers = Uniform(-1.0, 3.0).draw(MANY, seeded())
    assert (numbers.min() >= -1.0) & (numbers.max() <= 3.0)
    for share in (0.1, 0.5, 0.9):
        assert numbers.quantile(share).item() == pytest.approx(-1 + 4 * share, abs=0.08)


def test_logarithms_fill_their_range_evenly():
    numbers = LogUniform(0.01, 100.0).draw(MANY, seeded())
    assert (numbers.min() > 0.0099) & (numbers.max() < 100.1)
    for share in (0.1, 0.5, 0.9):
        assert numbers.quantile(share).log10().item() == pytest.approx(-2 + 4 * share, abs=0.08)


def test_normal_numbers_are_standard():
    numbers = normal(MANY, seeded())
    assert numbers.mean().item() == pytest.approx(0.0, abs=0.04)
    assert numbers.std().item() == pytest.approx(1.0, abs=0.03)


def test_what_happens_with_a_probability():
    assert happens(0.3, MANY, seeded()).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert not happens(0.0, MANY, seeded()).any()
    assert happens(1.0, MANY, seeded()).all()


def test_everything_is_of_32_bits_whatever_the_default():
    torch.set_default_dtype(torch.float64)
    try:
        draws = [
            Uniform(0.0, 1.0).draw((2,), seeded()),
            LogUniform(1.0, 2.0).draw((2,), seeded()),
            normal((2,), seeded()),
        ]
    finally:
        torch.set_default_dtype(torch.float32)
    assert {draw.dtype for draw in draws} == {torch.float32}
