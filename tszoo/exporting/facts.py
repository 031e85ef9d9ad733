"""What a file says of itself, as text: runtimes keep nothing else beside a graph."""

from __future__ import annotations

import hashlib
import json

from tszoo import __version__
from tszoo.models.config import ModelConfig
from tszoo.models.labels import label_type
from tszoo.models.model import Model
from tszoo.models.weights import write_weights

# What a graph's inputs and its output are called.
SERIES, LENGTHS, PROBABILITIES = "series", "lengths", "probabilities"


def facts_of(model: Model, weights_sha256: str | None) -> dict[str, str]:
    """Write down what a model is, for the metadata of a file.

    Parameters
    ----------
    model : Model
    weights_sha256 : str or None
        Of the file that the weights came from; None for that of the weights as
        ``Model.save(..., dtype="float32")`` writes them.

    Returns
    -------
    dict of str to str
        Lists are JSON.
    """
    config = model.config
    return {
        "name": config.name,
        "classes": json.dumps(list(config.class_names), ensure_ascii=False),
        "label_type": label_type(config.classes),
        "n_channels": str(config.n_channels),
        "length": str(config.length),
        "unequal": json.dumps(config.preprocessing.unequal),
        "weights_sha256": weights_sha256 or _digest(model, config),
        "tszoo_version": __version__,
    }


def _digest(model: Model, config: ModelConfig) -> str:
    return hashlib.sha256(write_weights(model.networks, config, "float32")).hexdigest()
