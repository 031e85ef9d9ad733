"""Make zoo models of universal bodies that were trained outside the command line.

    python scripts/import_universal.py episodicA.pt --name universalA --archive UCRArchive_2018 \
        --out cards --device "NVIDIA H200" --date 2026-11-26

Reads BODY.pt, the body's weights (a dictionary of tensors, nothing else is unpickled), and
BODY.json beside it: ``steps``, ``seconds``, ``seed`` and ``sets``, the data sets of the archive
whose training splits were learnt. Their digests are computed from the archive.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from tszoo.data import Preprocessing
from tszoo.data.load import load_dataset
from tszoo.errors import TszooError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import EpisodicRecord, ModelRecipe, TrainedOn, TrainingRecord
from tszoo.nets.network import Network
from tszoo.nets.registry import build
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.episodic.recipe import EpisodicRecipe
from tszoo.transfer.ensemble import complete_args
from tszoo.transfer.universal import RESAMPLED
from tszoo.zoo.zoo import Zoo


def body(weights: Path, args: dict[str, Any]) -> Network:
    """Build the network of a universal body, without a head."""
    network = build("inception", args, 1, 0)
    network.body.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    return network.eval()


def record(facts: dict[str, Any], options: argparse.Namespace) -> ModelConfig:
    """Write down what the facts beside the weights say."""
    sets = [load_dataset(name, split="train", archive=options.archive) for name in facts["sets"]]
    # the last figures: mean loss, then accuracy of real and of made-up episodes
    loss, accuracy, *_ = facts.get("last") or [None, None]
    episodic = EpisodicRecord(
        EpisodicRecipe(points=options.points),
        steps=facts["steps"],
        seed=facts.get("seed", options.seed),
        loss=loss,
        accuracy=accuracy,
    )
    filters = facts.get("filters", 32)
    return ModelConfig(
        architecture="inception",
        architecture_args={
            **complete_args("inception", {"filters": filters, "resampled": RESAMPLED}),
            "readout": "stages",
        },
        members=1,
        classes=(),
        n_channels=1,
        length=max(part.length for part in sets),
        preprocessing=Preprocessing(unequal=True),
        recipe=ModelRecipe(episodic=episodic),
        trained_on=TrainedOn.joint(options.name, sets),
        training=TrainingRecord(
            seconds=round(facts["seconds"], 1),
            device=facts.get("device", options.device),
            precision="bfloat16",
            date=options.date,
        ),
    )


def main() -> int:
    """Write the models; errors that a user can mend are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--points", type=int, default=1 << 18)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="what it was trained on, where the facts do not say")
    parser.add_argument("--date", help="year-month-day")
    parser.add_argument("--encoding", default="float16")
    options = parser.parse_args()
    facts = json.loads(options.weights.with_suffix(".json").read_text(encoding="utf-8"))
    try:
        config = record(facts, options)
        network = body(options.weights, config.architecture_args)
        model = Model(config, (network,), Prototypes((), ()))
        folder = Zoo(options.out).add(model, overwrite=True, dtype=options.encoding)
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
