"""Models in ONNX's runtime."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError
from tszoo.exporting.export import export_model
from tszoo.exporting.onnx_file import OnnxFile
from tszoo.exporting.samples import Sample
from tszoo.models.model import Model

# What answers of the two runtimes may differ by; a model for which it is more is not served.
MOST_DIFFERENCE = 1e-5
# Of one of the series' values for one batch.
_VALUES_A_BATCH = 2**16


class OnnxModel:
    """A model whose probabilities onnxruntime computes.

    A series with missing values is left to PyTorch: a graph fills no gaps.

    Parameters
    ----------
    model : Model
    threads : int or None
        Of onnxruntime; None for what it takes by itself.

    Raises
    ------
    MissingExtraError
        If onnx or onnxruntime is not installed.
    ModelError
        If the two differ by more than 1e-5 in a probability.
    """

    def __init__(self, model: Model, threads: int | None = None) -> None:
        self._model = model
        with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
            exported = export_model(model, Path(folder) / "model.onnx")
            if exported.difference > MOST_DIFFERENCE:
                msg = (
                    f"{model.config.name}: onnxruntime differs by {exported.difference:.2g} in a "
                    f'probability; {MOST_DIFFERENCE:g} is the most. Serve it with backend="torch".'
                )
                raise ModelError(msg)
            self._file = OnnxFile(exported.path.read_bytes(), threads)

    def probabilities(self, dataset: Dataset, device: str) -> NDArray[np.float64]:
        """Compute the probabilities of all classes, shape (n_series, n_classes)."""
        out = np.empty((dataset.n_series, self._model.config.n_classes))
        has_gaps = _has_gaps(dataset)
        if has_gaps.any():
            out[has_gaps] = self._model.predict_proba(dataset.take(has_gaps), device=device)
        whole = np.flatnonzero(~has_gaps)
        size = max(1, _VALUES_A_BATCH // (dataset.n_channels * dataset.length))
        for start in range(0, len(whole), size):
            rows = whole[start : start + size]
            out[rows] = self._run(dataset.take(rows))
        return out

    def _run(self, dataset: Dataset) -> NDArray[np.float32]:
        lengths = dataset.lengths if self._model.config.preprocessing.unequal else None
        return self._file(Sample(dataset.series, lengths, np.empty(0)))


def _has_gaps(dataset: Dataset) -> NDArray[np.bool_]:
    """Tell which series have missing values, shape (n_series,); padding is none."""
    is_point = np.arange(dataset.length) < dataset.lengths[:, None]
    missing = np.isnan(dataset.series) & is_point[:, None, :]
    return np.asarray(missing.any(axis=(1, 2)))
