"""ONNX files: written by PyTorch, run by onnxruntime."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.errors import MissingExtraError
from tszoo.exporting.facts import LENGTHS, PROBABILITIES, SERIES
from tszoo.exporting.graph import Graph
from tszoo.exporting.samples import Sample

# Of 2022; every runtime of the last years reads it.
_OPSET = 17
_ONLY_ERRORS = 3


def write_onnx(
    graph: Graph, example: Sample, facts: Mapping[str, str], *, any_length: bool
) -> bytes:
    """Write a graph as the content of an ONNX file.

    Parameters
    ----------
    graph : Graph
    example : Sample
        What is traced; the file takes batches of any size.
    facts : mapping of str to str
        For the file's metadata.
    any_length : bool
        Whether series may have other lengths than those of the example.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    """
    onnx = _package("onnx")
    names = [SERIES, LENGTHS][: len(example.inputs)]
    axes = {name: {0: "batch"} for name in (*names, PROBABILITIES)}
    if any_length:
        axes[SERIES][2] = "time"
    stream = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # the exporter warns of itself, and of every length that it is right about
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            example.inputs,
            stream,  # type: ignore[arg-type]  # the older exporter takes one
            dynamo=False,
            opset_version=_OPSET,
            input_names=names,
            output_names=[PROBABILITIES],
            dynamic_axes=axes,
        )
    document = onnx.load_from_string(stream.getvalue())
    onnx.helper.set_model_props(document, dict(facts))
    document.producer_name = "tszoo"
    document.producer_version = facts["tszoo_version"]
    content: bytes = document.SerializeToString()
    return content


class OnnxFile:
    """The content of an ONNX file, ready to run with so many threads, or as many as it likes."""

    def __init__(self, content: bytes, threads: int | None = None) -> None:
        runtime = _package("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = _ONLY_ERRORS
        self._session = runtime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, sample: Sample) -> NDArray[np.float32]:
        """Compute the class probabilities of a batch, shape (batch, n_classes)."""
        fed: dict[str, Any] = {SERIES: sample.series}
        if sample.lengths is not None:
            fed[LENGTHS] = sample.lengths
        (probabilities,) = self._session.run([PROBABILITIES], fed)
        answer: NDArray[np.float32] = probabilities
        return answer


def require_onnx() -> None:
    """Raise MissingExtraError if onnx or onnxruntime is not installed."""
    for name in ("onnx", "onnxruntime"):
        _package(name)


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        msg = f'format="onnx" needs {name}: pip install "tszoo[onnx]"'
        raise MissingExtraError(msg) from error
