"""Models that are served: loaded once, each under a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tszoo.data.dataset import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.models.model import Model
from tszoo.serving.faults import Refused
from tszoo.serving.runtime import OnnxModel
from tszoo.text import listed, show
from tszoo.zoo.find import ZooLike, locate

BACKENDS = ("torch", "onnx")

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)")


@dataclass(frozen=True, eq=False)
class Served:
    """A model that is served.

    Attributes
    ----------
    name : str
        What requests call it.
    model : Model
    device : str
        As ``Model.predict_proba`` takes it.
    onnx : OnnxModel or None
        What computes in place of PyTorch.
    """

    name: str
    model: Model
    device: str = "cpu"
    onnx: OnnxModel | None = None

    def probabilities(self, dataset: Dataset) -> NDArray[np.float64]:
        """Compute the probabilities of all classes, shape (n_series, n_classes)."""
        if self.onnx is not None:
            return self.onnx.probabilities(dataset, self.device)
        return self.model.predict_proba(dataset, device=self.device)

    def facts(self) -> dict[str, Any]:
        """Say what requests have to know, as JSON values."""
        config = self.model.config
        return {
            "name": self.name,
            "model": config.name,
            "architecture": config.architecture,
            "members": config.members,
            "classes": [str(label) for label in config.classes],
            "n_channels": config.n_channels,
            "length": config.length,
            "unequal": config.preprocessing.unequal,
            "backend": "torch" if self.onnx is None else "onnx",
        }


def load_served(
    references: Sequence[str],
    zoo: ZooLike = None,
    *,
    device: str = "cpu",
    backend: str = "torch",
    threads: int | None = None,
) -> list[Served]:
    """Load models to serve.

    Parameters
    ----------
    references : sequence of str
        Folders, names of the zoo or addresses of the Hub, each perhaps with a name of its own
        before it: ``NAME=PLACE``. Otherwise a model is called by the last part of its place.
    zoo : Zoo, str, Path or None
        Where names are looked up.
    device : str
        Where to compute, as ``Model.predict_proba`` takes it.
    backend : {"torch", "onnx"}
        What computes: PyTorch, as ``tszoo predict`` does, or onnxruntime, whose probabilities
        differ by 1e-5 at most.
    threads : int or None
        Of onnxruntime.

    Raises
    ------
    OptionError
        If there is none, or two of one name, or no such backend.
    ModelError
        If one is universal: it has no classes; or as ``OnnxModel``.
    MissingExtraError
        If onnx or onnxruntime is needed and not installed.
    ZooError, ModelError
        As `tszoo.zoo.find.locate` and `tszoo.models.load.load_folder`.
    """
    if backend not in BACKENDS:
        msg = f'backend="{backend}": expected one of {", ".join(BACKENDS)}.'
        raise OptionError(msg)
    if not references:
        msg = "no model to serve."
        raise OptionError(msg)
    places: dict[str, str] = {}
    for reference in references:
        name, place = _named(reference)
        if name in places:
            msg = f"{show(name)}: two models of that name. Name one otherwise: OTHER={place}."
            raise OptionError(msg)
        places[name] = place
    models = [Served(name, _load(place, zoo, device), device) for name, place in places.items()]
    if backend == "torch":
        return models
    return [replace(served, onnx=OnnxModel(served.model, threads)) for served in models]


def _load(place: str, zoo: ZooLike, device: str) -> Model:
    model = locate(place, zoo).load(device)
    if model.config.is_universal:
        msg = (
            f"{model.config.name}: a universal body has no classes, so nothing to answer. Make a "
            "model for your data from it first."
        )
        raise ModelError(msg)
    return model


def choose(models: Sequence[Served], name: str | None) -> Served:
    """Find the model that a request names; without a name, the first one. Refused if none is."""
    if name is None:
        return models[0]
    for served in models:
        if served.name == name:
            return served
    names = listed([served.name for served in models], 10)
    msg = f"no model {show(name)} is served here, only {names}."
    raise Refused(HTTPStatus.NOT_FOUND, msg)


def _named(reference: str) -> tuple[str, str]:
    """Split a name of a model off its place, or make one of the place."""
    match = _NAMED.fullmatch(reference)
    if match is not None and not Path(reference).exists():
        return match[1], match[2]
    name = reference.partition("@")[0] if "://" in reference else reference
    return Path(name).resolve().name, reference
