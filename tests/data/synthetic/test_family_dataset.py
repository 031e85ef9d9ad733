from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from numpy.testing import assert_array_equal

from tszoo.data.synthetic import FAMILIES, TaskShape, synthetic_dataset
from tszoo.errors import OptionError


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_data_set_is_a_task_of_its_family(family):
    dataset = synthetic_dataset(family, 3, 5, 40, seed=7)
    assert dataset.name == f"{family}-7"
    assert dataset.classes == (0, 1, 2)
    assert_array_equal(dataset.labels, [0] * 5 + [1] * 5 + [2] * 5)
    tasks = FAMILIES[family](TaskShape(1, 3, 5, 40), torch.Generator().manual_seed(7))
    assert_array_equal(dataset.series[:, 0], tasks[0].reshape(15, 40))


def test_a_family_that_is_none_is_refused():
    with pytest.raises(
        OptionError, match=r'family="jazz": made-up tasks are of one of rhythms, colours, patterns'
    ):
        synthetic_dataset("jazz", 3, 5, 40, seed=7)


def test_data_load_no_torch():
    code = "import sys, tszoo.data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
