r"""All models that come with tszoo, as ONNX files.

An hour of one slow core. How far each file is from its model stands in the file that this writes::

    pytest -m slow tests/exporting/test_every_embedded_model.py \
        --junitxml differences.xml -o junit_family=xunit1
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.support.exported import run_onnx
from tszoo.errors import ModelError
from tszoo.exporting import export_model
from tszoo.models.model import Model
from tszoo.zoo.zoo import Zoo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("onnx") and find_spec("onnxruntime")), reason="needs onnx and onnxruntime"
    ),
]

ENTRIES = Zoo().models
WITH_CLASSES = [entry.model for entry in ENTRIES if not entry.is_universal]
UNIVERSAL = [entry.model for entry in ENTRIES if entry.is_universal]


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_its_file_is_the_model(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Noise of three lengths in batches of 1 and 7, which export compares; here walks, too."""
    model = Model.load(name)
    exported = export_model(model, tmp_path / "model.onnx")
    shape = (5, model.config.n_channels, model.config.length)
    walks = np.random.default_rng(1).standard_normal(shape).cumsum(axis=2).astype(np.float32)
    lengths = None
    if model.config.preprocessing.unequal:
        lengths = np.full(len(walks), model.config.length)
    expected = model.predict_proba(walks)
    answers = run_onnx(exported.path, walks, lengths)
    difference = max(exported.difference, float(np.abs(answers - expected).max()))
    record_property("difference", difference)
    assert difference < 1e-5
    assert expected.std() > 0.01


@pytest.mark.parametrize("name", UNIVERSAL)
def test_bodies_without_classes_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a universal body has no classes") as refused:
        export_model(Model.load(name), tmp_path / "model.onnx")
    assert len(str(refused.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
