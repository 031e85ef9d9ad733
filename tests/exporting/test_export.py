"""Exported files against the models that they are of, on series that were not compared before."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.exported import LENGTH, at_levels, exportable, run_onnx
from tests.support.small import SMALL
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo import __version__
from tszoo.data import Dataset
from tszoo.errors import MissingExtraError, ModelError, OptionError
from tszoo.exporting import export_model
from tszoo.exporting.graph import Graph
from tszoo.models.model import Model
from tszoo.models.record import Calibration
from tszoo.models.weights import write_weights

needs_onnx = pytest.mark.skipif(
    not (find_spec("onnx") and find_spec("onnxruntime")),
    reason="needs onnx and onnxruntime",
)
CASES = [
    (architecture, levels, unequal)
    for architecture, levels, unequal in product(SMALL, (False, True), (False, True))
    if architecture != "mlp" or not unequal
]
# a program of torch.export takes long to make: one of them here, all of them if asked
QUICK_PROGRAM = [("fcn", False, True)]
# with levels and lengths there is all of it in the graph; one network shows it without them
QUICK_ONNX = [case for case in CASES if case[0] in ("fcn", "mlp") or case[1:] == (True, True)]


def cases(quick: list[tuple[str, bool, bool]]) -> Any:
    marked = [
        pytest.param(*case, marks=[] if case in quick else pytest.mark.slow) for case in CASES
    ]
    return pytest.mark.parametrize(("architecture", "levels", "unequal"), marked)


def batches(model: Model) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Series, lengths and probabilities: batches of 1 and 7, of three lengths."""
    unequal = model.config.preprocessing.unequal
    times = (LENGTH, 11, 41) if unequal else (LENGTH,)
    return [_batch(model, size, time, unequal) for size in (1, 7) for time in times]


def _batch(model: Model, size: int, time: int, unequal: bool) -> tuple[np.ndarray, ...]:
    series = at_levels(model.config.n_channels, size, time, seed=size + time).series.copy()
    lengths = np.full(size, time)
    if unequal:
        lengths = np.random.default_rng(time).integers(1, time + 1, size)
    each = [values[:, :n] for values, n in zip(series, lengths, strict=True)]
    data = Dataset.from_arrays(each, unequal=unequal, layout="NCT")
    return series, lengths, model.predict_proba(data)


def assert_is(model: Model, path: Path, run: Any) -> None:
    tried = batches(model)
    for series, lengths, expected in tried:
        inputs = (series, lengths) if model.config.preprocessing.unequal else (series,)
        np.testing.assert_allclose(run(path, *inputs), expected, atol=1e-5)
    assert np.concatenate([expected for _, _, expected in tried]).std() > 0.05


def run_torch(path: Path, *inputs: np.ndarray) -> np.ndarray:
    program = _loaded(path).module()
    with torch.no_grad():
        return program(*map(torch.from_numpy, inputs)).numpy()


@cache
def _loaded(path: Path) -> torch.export.ExportedProgram:
    return torch.export.load(path)


@needs_onnx
@cases(QUICK_ONNX)
def test_onnx_is_the_model(architecture: str, levels: bool, unequal: bool, tmp_path: Path) -> None:
    model = exportable(architecture, levels=levels, unequal=unequal)
    exported = export_model(model, tmp_path / "model.onnx")
    assert exported.difference < 1e-5
    assert_is(model, exported.path, run_onnx)


@cases(QUICK_PROGRAM)
@pytest.mark.filterwarnings("ignore")  # PyTorch's own
def test_a_program_is_the_model(
    architecture: str, levels: bool, unequal: bool, tmp_path: Path
) -> None:
    model = exportable(architecture, levels=levels, unequal=unequal)
    exported = export_model(model, tmp_path / "model.pt2", format="torch")
    assert exported.difference < 1e-5
    assert_is(model, exported.path, run_torch)
    more = {"tszoo.json": ""}
    torch.export.load(exported.path, extra_files=more)
    assert json.loads(more["tszoo.json"]) == exported.facts


@needs_onnx
@pytest.mark.parametrize("n_channels", [1, 3])
def test_an_ensemble_with_a_temperature(n_channels: int, tmp_path: Path) -> None:
    model = exportable(members=3, n_channels=n_channels, unequal=True)
    plain = batches(model)[-1][2]
    calibration = Calibration("Mine", 2, 0.4, (0.1, 0.2))
    model = replace(model, config=replace(model.config, calibration=calibration))
    assert np.abs(batches(model)[-1][2] - plain).max() > 0.01
    assert_is(model, export_model(model, tmp_path / "model.onnx").path, run_onnx)


@needs_onnx
def test_networks_for_one_length_take_others(tmp_path: Path) -> None:
    model = exportable()
    path = export_model(model, tmp_path / "model.onnx").path
    any_length = replace(model.config.preprocessing, unequal=True)
    asked = replace(model, config=replace(model.config, preprocessing=any_length))
    series = at_levels(2, 5, 61).series
    np.testing.assert_allclose(run_onnx(path, series), asked.predict_proba(series), atol=1e-5)


@needs_onnx
@pytest.mark.parametrize("levels", [False, True])
def test_what_cannot_be_answered_is_not_a_number(levels: bool, tmp_path: Path) -> None:
    model = exportable(levels=levels, unequal=True)
    path = export_model(model, tmp_path / "model.onnx").path
    series = at_levels(2, 6, 20).series.copy()
    lengths = np.array([20, 20, 20, 0, 21, 7])
    series[1, 1, 3], series[2, 0, 0] = np.nan, np.inf
    series[5, :, 7:] = np.nan  # behind its end: padding
    answers = run_onnx(path, series, lengths)
    assert np.isnan(answers[1:5]).all()
    each = [series[0], series[5, :, :7]]
    np.testing.assert_allclose(answers[[0, 5]], model.predict_proba(each), atol=1e-5)


@needs_onnx
def test_constant_and_far_series(tmp_path: Path) -> None:
    model = exportable(levels=True)
    path = export_model(model, tmp_path / "model.onnx").path
    series = at_levels(2, 3, LENGTH).series.copy()
    series[0] = 0.1
    series[1] += 1e5
    np.testing.assert_allclose(run_onnx(path, series), model.predict_proba(series), atol=1e-5)


@needs_onnx
def test_metadata_say_what_it_is(tmp_path: Path) -> None:
    import onnx

    labels = ["größer", 'a "b"', "c,d"]
    toy = make_toy(length=LENGTH, n_classes=3, n_channels=2)
    classes = tuple(sorted(labels))
    model = exportable(classes=classes)
    model_bytes = write_weights(model.networks, model.config, "float32")
    exported = export_model(model, tmp_path / "model.onnx")
    document = onnx.load(exported.path)
    onnx.checker.check_model(document, full_check=True)
    facts = {entry.key: entry.value for entry in document.metadata_props}
    assert facts == exported.facts
    assert tuple(json.loads(facts["classes"])) == classes
    assert facts["weights_sha256"] == hashlib.sha256(model_bytes).hexdigest()
    assert facts["tszoo_version"] == __version__ == document.producer_version
    assert (facts["n_channels"], facts["length"]) == (str(toy.n_channels), str(LENGTH))
    names = [entry.name for entry in document.graph.input]
    assert names == ["series"]
    (series,) = document.graph.input
    assert [d.dim_param or d.dim_value for d in series.type.tensor_type.shape.dim] == [
        "batch",
        2,
        "time",
    ]


@needs_onnx
def test_a_file_that_would_be_wrong_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Graph._tempered
    monkeypatch.setattr(Graph, "_tempered", lambda self, p: right(self, p) * 1.001)
    path = tmp_path / "model.onnx"
    path.write_text("before")
    with pytest.raises(ModelError, match="nothing was written, for the file would differ"):
        export_model(exportable(), path, overwrite=True)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = exportable()
    with pytest.raises(OptionError, match="expected one of onnx, torch"):
        export_model(model, tmp_path / "a.onnx", format="tflite")
    with pytest.raises(OptionError, match=r'with format="torch", give a name that ends in .pt2'):
        export_model(model, tmp_path / "a.onnx", format="torch")
    (tmp_path / "a.onnx").write_text("before")
    with pytest.raises(OptionError, match=r"already there.*overwrite=True"):
        export_model(model, tmp_path / "a.onnx")
    with pytest.raises(ModelError, match="a universal body has no classes"):
        export_model(universal_model(), tmp_path / "b.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r'onnx.*: pip install "tszoo\[onnx\]"'):
        export_model(model, tmp_path / "b.onnx")


@needs_onnx
def test_it_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = exportable()
    before = model.predict_proba(at_levels(2, 3, LENGTH))
    export_model(model, tmp_path / "model.onnx")
    assert all(p.requires_grad for network in model.networks for p in network.parameters())
    np.testing.assert_array_equal(model.predict_proba(at_levels(2, 3, LENGTH)), before)


ALONE = """
import sys
sys.modules["torch"] = sys.modules["tszoo"] = None
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
fed = dict(np.load("fed.npz"))
np.save("answers.npy", session.run(None, fed)[0])
"""


@needs_onnx
def test_onnxruntime_in_a_process_without_torch(tmp_path: Path) -> None:
    model = exportable("inception", unequal=True, members=2)
    export_model(model, tmp_path / "model.onnx")
    series, lengths, expected = batches(model)[-1]
    np.savez(tmp_path / "fed.npz", series=series, lengths=lengths)
    subprocess.run([sys.executable, "-c", ALONE], cwd=tmp_path, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), expected, atol=1e-5)
