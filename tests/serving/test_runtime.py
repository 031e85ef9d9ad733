"""Answers of onnxruntime are near those of PyTorch, and gaps are PyTorch's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.exported import LENGTH, exportable
from tests.support.universal import universal_model
from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.serving import runtime
from tszoo.serving.served import load_served

pytest.importorskip("onnxruntime")
pytest.importorskip("starlette")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    exportable("fcn").save(folder / "equal")
    exportable("fcn", unequal=True, levels=True).save(folder / "unequal")
    universal_model().save(folder / "body")
    return folder


@pytest.mark.parametrize("name", ["equal", "unequal"])
def test_the_two_agree(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_VALUES_A_BATCH", 4 * LENGTH)  # several batches
    (torch,) = load_served([str(folder / name)])
    (onnx,) = load_served([str(folder / name)], backend="onnx", threads=1)
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, LENGTH, 9) if name == "unequal" else [LENGTH] * 9
    series = [rng.standard_normal((2, length)).cumsum(axis=1) for length in lengths]
    series[4][1, 1] = np.nan
    data = Dataset.from_arrays(series, name="new", unequal=name == "unequal", layout="NCT")
    expected, answer = torch.probabilities(data), onnx.probabilities(data)
    np.testing.assert_allclose(answer, expected, atol=1e-5, rtol=0)
    assert not np.array_equal(answer, expected)  # it is another runtime
    assert np.array_equal(answer[4], expected[4])
    assert (torch.facts()["backend"], onnx.facts()["backend"]) == ("torch", "onnx")


def test_one_that_differs_is_not_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MOST_DIFFERENCE", 0.0)
    with pytest.raises(ModelError, match=r'differs by .* backend="torch"'):
        load_served([str(folder / "equal")], backend="onnx")


def test_what_is_served_has_a_name_of_its_own_and_classes(folder: Path) -> None:
    equal = str(folder / "equal")
    names = [served.name for served in load_served([equal, f"other={equal}"])]
    assert names == ["equal", "other"]
    with pytest.raises(OptionError, match="'equal': two models of that name"):
        load_served([equal, equal])
    with pytest.raises(OptionError, match="no model to serve"):
        load_served([])
    with pytest.raises(OptionError, match='backend="tpu": expected one of torch, onnx'):
        load_served([equal], backend="tpu")
    with pytest.raises(ModelError, match="a universal body has no classes"):
        load_served([str(folder / "body")])
