"""The code of docs/plain-pytorch.md, in a process that has no tszoo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support import pages
from tests.support.exported import at_levels, exportable
from tszoo.models.model import Model
from tszoo.zoo.embedded import embedded_zoo

CODE, USE = pages.python_blocks(pages.DOCS / "plain-pytorch.md")
MOST_LINES = 50


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(CODE, "plain-pytorch.md", "exec"), names)
    return names


def assert_same(plain: dict[str, Any], folder: Path, series: np.ndarray) -> None:
    model = Model.load(folder)
    ours = plain["probabilities"](*plain["load"](folder), torch.tensor(series))
    expected = model.predict_proba(series)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert expected.std() > 0.05


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_toys(n_channels: int, dtype: str, plain: dict[str, Any], tmp_path: Path) -> None:
    model = exportable("inception", members=2, n_channels=n_channels)
    model.save(tmp_path / "my-model", dtype=dtype)
    series = at_levels(n_channels, 6, model.config.length).series.copy()
    series[0] = 2.0
    assert_same(plain, tmp_path / "my-model", series)


def test_a_model_of_the_zoo(plain: dict[str, Any]) -> None:
    folder = embedded_zoo() / "inception.GunPoint"
    walks = np.random.default_rng(0).standard_normal((3, 1, 150)).cumsum(axis=2)
    assert_same(plain, folder, walks.astype(np.float32))


@pytest.mark.parametrize("kind", [{"architecture": "fcn"}, {"levels": True}])
def test_it_refuses_what_it_leaves_out(
    kind: dict[str, Any], plain: dict[str, Any], tmp_path: Path
) -> None:
    exportable(**({"architecture": "inception"} | kind)).save(tmp_path / "m")
    with pytest.raises(ValueError, match=r"take modeling\.py"):
        plain["load"](tmp_path / "m")


def test_it_is_short_and_does_without_tszoo(tmp_path: Path) -> None:
    assert sum(bool(line.strip()) for line in CODE.splitlines()) <= MOST_LINES
    exportable("inception").save(tmp_path / "gunpoint")
    code = f"{CODE}\n{USE}\nimport sys\nassert 'tszoo' not in sys.modules"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("'c") == 3
