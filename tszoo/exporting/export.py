"""Write a model as a file of another runtime, once it says what the model says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import ModelError, OptionError
from tszoo.exporting.facts import facts_of
from tszoo.exporting.graph import Graph
from tszoo.exporting.onnx_file import OnnxFile, require_onnx, write_onnx
from tszoo.exporting.samples import Sample, draw_samples, takes_any_length
from tszoo.exporting.torch_file import TorchFile, write_torch
from tszoo.models.model import Model
from tszoo.storage.files import reason, write_file

# What a file's name ends in.
SUFFIXES = {"onnx": ".onnx", "torch": ".pt2"}
# Probabilities of float32 networks that add in another order differ by 1e-6 or so.
MOST_DIFFERENCE = 1e-4

_FORMATS: dict[str, Any] = {"onnx": (write_onnx, OnnxFile), "torch": (write_torch, TorchFile)}

Runner = Callable[[Sample], NDArray[np.float32]]


class Exported(NamedTuple):
    """What was written.

    Attributes
    ----------
    path : Path
    facts : dict of str to str
        The file's metadata.
    difference : float
        The largest between a probability of the file and the model's, of random series.
    """

    path: Path
    facts: dict[str, str]
    difference: float


def export_model(
    model: Model,
    path: str | Path,
    *,
    format: str = "onnx",  # noqa: A002  # as the command line has it
    overwrite: bool = False,
    weights_sha256: str | None = None,
) -> Exported:
    """Write a model as one file that maps raw series to class probabilities, without tszoo.

    It has everything inside: normalisation, level numbers, all members, their mean, and the
    temperature. Its inputs are ``series``, float32 of shape (batch, n_channels, time), and, of a
    model of series of unequal lengths, ``lengths``, int64 of shape (batch,); its output is
    ``probabilities``, float32 of shape (batch, n_classes). Batch and time may be any; a network
    that has a weight for each point takes its own length alone. A series with missing values
    gets no number for an answer.

    Before anything is written, the file's answers are compared with ``Model.predict_proba`` for
    random series, of three lengths where the networks take several, in batches of two sizes.

    Parameters
    ----------
    model : Model
        With classes. Its networks stay where they are, and as they are.
    path : str or Path
        Ends in .onnx or .pt2, as the format does. Written in one step.
    format : {"onnx", "torch"}
        ONNX, or a program of ``torch.export``.
    overwrite : bool
        Whether to replace a file that is there.
    weights_sha256 : str or None
        The digest of the file that the weights came from, for the metadata; None for that of the
        weights as ``Model.save(..., dtype="float32")`` writes them.

    Raises
    ------
    OptionError
        If the format is unknown, the name ends otherwise, there is such a file already, or it
        cannot be written.
    ModelError
        If the model is a universal body, or the file would say something else than the model.
    MissingExtraError
        If the format is ONNX, and onnx or onnxruntime is not installed.
    """
    path = check_export(path, format, overwrite=overwrite)
    if model.config.is_universal:
        msg = (
            f"{model.config.name}: a universal body has no classes, so no answers to export. Make "
            "a model for your data from it first."
        )
        raise ModelError(msg)
    if format == "onnx":
        require_onnx()
    facts = facts_of(model, weights_sha256)
    samples = draw_samples(model)
    write, run = _FORMATS[format]
    content = write(Graph(model), samples[-1], facts, any_length=takes_any_length(model))
    difference = _compared(model.config.name, run(content), samples)
    try:
        write_file(path, content)
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error
    return Exported(path, facts, difference)


def check_export(path: str | Path, format: str, *, overwrite: bool) -> Path:  # noqa: A002
    """Return the path; raise OptionError if a model may not be exported to it so."""
    path = Path(path)
    if format not in SUFFIXES:
        msg = f'format="{format}": expected one of {", ".join(SUFFIXES)}.'
        raise OptionError(msg)
    if path.suffix.lower() != SUFFIXES[format]:
        msg = f'{path}: with format="{format}", give a name that ends in {SUFFIXES[format]}.'
        raise OptionError(msg)
    if path.exists() and not overwrite:
        msg = f"{path}: already there. Choose another name, or pass overwrite=True to replace it."
        raise OptionError(msg)
    return path


def _compared(name: str, run: Runner, samples: Sequence[Sample]) -> float:
    """Return the largest difference between a file's and a model's probabilities.

    Raises
    ------
    ModelError
        If it is too large.
    """
    difference = max(float(np.abs(run(sample) - sample.probabilities).max()) for sample in samples)
    if not difference <= MOST_DIFFERENCE:  # nor if it is no number
        msg = (
            f"{name}: nothing was written, for the file would differ from the model by "
            f"{difference:.2g} in a probability; {MOST_DIFFERENCE:g} is the most."
        )
        raise ModelError(msg)
    return difference
