"""Models to export, and their files, run without tszoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.support.scrambled import scrambled
from tests.support.small import SMALL
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing
from tszoo.data.preprocess import prepare
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.readout.levels import learn_levels, levels_for

LENGTH = 24


def exportable(
    architecture: str = "fcn",
    *,
    levels: bool = False,
    unequal: bool = False,
    members: int = 1,
    n_channels: int = 2,
    **changes: Any,
) -> Model:
    """A model with random weights; with ``levels``, its head reads those and all stages."""
    train = make_toy(length=LENGTH, n_classes=3, n_channels=n_channels)
    args = dict(SMALL[architecture])
    if levels:
        args |= {"readout": "stages", "level": True}
    model = make_model(
        train,
        members,
        architecture=architecture,
        architecture_args=args,
        preprocessing=Preprocessing(normalize=True, unequal=unequal),
        **changes,
    )
    data = at_levels(n_channels, 30, LENGTH)
    for k, network in enumerate(model.networks):
        scrambled(network, seed=k)
        if levels:
            learn_levels(network, data)
        _moderate(network, data)
    return model


def _moderate(network: Network, data: Dataset) -> None:
    """Change a head so that it is neither sure nor undecided."""
    numbers = levels_for([network], data, torch.device("cpu"))
    with torch.no_grad():
        logits = network(torch.from_numpy(prepare(data, Preprocessing())), None, numbers)
        network.head.bias -= logits.mean(dim=0)
        spread = (logits - logits.mean(dim=0)).std()
        network.head.weight /= spread
        network.head.bias /= spread


def at_levels(n_channels: int, n_series: int, time: int, seed: int = 0) -> Dataset:
    """Series of many levels and scales."""
    rng = np.random.default_rng(seed)
    scales = 10.0 ** rng.uniform(-1, 1, (n_series, n_channels, 1))
    series = scales * (rng.standard_normal((n_series, n_channels, time)) + rng.normal())
    return Dataset.from_arrays(series, [str(k % 2) for k in range(n_series)], layout="NCT")


def run_onnx(path: Path, series: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    fed = {"series": series}
    if lengths is not None:
        fed["lengths"] = lengths
    (probabilities,) = session.run(None, fed)
    return probabilities
