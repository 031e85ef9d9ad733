"""Files of ``torch.export``: a graph that PyTorch runs without tszoo."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from tszoo.exporting.graph import Graph
from tszoo.exporting.samples import Sample

# The file inside the file that has the facts.
FACTS = "tszoo.json"


def write_torch(
    graph: Graph, example: Sample, facts: Mapping[str, str], *, any_length: bool
) -> bytes:
    """Write a graph as the content of a ``.pt2`` file; see ``write_onnx`` for the arguments."""
    batch = torch.export.Dim("batch")
    axes = {0: batch}
    if any_length:
        axes[2] = torch.export.Dim("time")
    dynamic = (axes, {0: batch})[: len(example.inputs)]
    stream = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what PyTorch itself calls
        program = torch.export.export(graph, example.inputs, dynamic_shapes=dynamic)
        torch.export.save(program, stream, extra_files={FACTS: json.dumps(dict(facts))})
    return stream.getvalue()


class TorchFile:
    """The content of a ``.pt2`` file that was written here, ready to run."""

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._module = torch.export.load(io.BytesIO(content)).module()

    def __call__(self, sample: Sample) -> NDArray[np.float32]:
        """Compute the class probabilities of a batch, shape (batch, n_classes)."""
        with torch.no_grad():
            probabilities: NDArray[np.float32] = self._module(*sample.inputs).numpy()
        return probabilities
