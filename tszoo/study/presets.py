"""The grids of the documents that tszoo stands on: what each varied, around which defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tszoo.errors import OptionError
from tszoo.study.settings import Settings


@dataclass(frozen=True)
class Preset:
    """What a document varied.

    Attributes
    ----------
    settings : Settings
        The defaults that everything is varied around.
    vary : mapping of str to list
        The values of each key.
    """

    settings: Settings
    vary: Mapping[str, list[Any]] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    # Ismail Fawaz et al. 2020, the section on the architecture's hyper-parameters
    "inceptiontime": Preset(
        Settings(members=5),
        {
            "batch_size": [16, 32, 64, 128],
            "bottleneck": [32, 0],
            "residual": [True, False],
            "depth": [3, 6, 9],
            "kernel_lengths": [[8, 4, 2], [40, 20, 10], [64, 32, 16]],
            "filters": [16, 32, 64],
            "members": [1, 2, 5, 10, 20, 30],
        },
    ),
    # Kashiparekh et al. 2019: filters of several lengths against one length
    "convtimenet": Preset(
        Settings(architecture="convtimenet"),
        {"kernel_lengths": [[4, 8, 16, 32, 64], [4], [8], [16], [32], [64]]},
    ),
    # Yantosca, the study of Phoneme
    "pinniped": Preset(
        Settings(architecture="mlp"),
        {
            "widths": [[1], [4], [16], [64]],
            "learning_rate": [0.1, 0.01, 0.001],
            "batch_size": [1, 40, 80, 160],
            "momentum": [0.0, 0.1, 0.5, 0.9, 1.0],
            "activation": ["sigmoid", "tanh", "relu"],
        },
    ),
    # the hyper-parameters of InceptionTime on SageMaker, around its defaults
    "sagemaker": Preset(
        Settings(
            members=5,
            recipe={"name": "paper", "learning_rate": 1e-3, "batch_size": 64, "epochs": 100},
        ),
        {
            "filters": [16, 32, 64],
            "depth": [3, 6, 9],
            "members": [1, 5, 10],
            "learning_rate": [1e-4, 1e-3, 1e-2],
            "batch_size": [32, 64, 128],
            "epochs": [50, 100, 200],
        },
    ),
}


def named_preset(name: str) -> Preset:
    """Look a preset up; OptionError if there is none of that name."""
    if name not in PRESETS:
        msg = f"preset must be one of {', '.join(PRESETS)}, not {name!r}."
        raise OptionError(msg)
    return PRESETS[name]
