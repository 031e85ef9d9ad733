"""Write a zoo of any size, of made-up models: all files but the weights are as real ones.

python benchmarks/made_zoo.py FOLDER MODELS
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tszoo.models.prototypes import write_prototypes
from tszoo.similarity import Prototypes
from tszoo.similarity.comparison import resample
from tszoo.storage.layout import CARD, CONFIG, PROTOTYPES, WEIGHTS
from tszoo.storage.strict_json import dump_json
from tszoo.zoo.zoo import Zoo

KNOTS = 12  # of the curve that a prototype is moved by


def make_zoo(root: Path, n_models: int, seed: int = 0) -> None:
    """Write so many model folders, each like one of the embedded zoo that was drawn at random.

    Its prototypes are that model's, moved by a curve of half their deviation. Its weights have the
    size of that model's, and take no space on the disk.
    """
    rng = np.random.default_rng(seed)
    zoo = Zoo()
    patterns = [entry for entry in zoo if entry.classes and not entry.parts]
    configs = {entry.name: _config(zoo.root / entry.name) for entry in patterns}
    for k in range(n_models):
        pattern = patterns[int(rng.integers(len(patterns)))]
        prototypes = zoo.prototypes(pattern.name)
        moved = tuple(_moved(series, rng) for series in prototypes.series)
        content = write_prototypes(Prototypes(prototypes.classes, moved))
        folder = root / f"inception.Made{k:06}"
        _write_model(folder, configs[pattern.name], content, pattern.bytes)


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / CONFIG).read_bytes())
    return config


def _moved(series: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    curve = rng.normal(scale=0.5, size=(1, series.shape[0], KNOTS))
    return (series + resample(curve, series.shape[1])[0]).astype(np.float32)


def _write_model(folder: Path, pattern: dict[str, Any], prototypes: bytes, n_bytes: int) -> None:
    folder.mkdir(parents=True)
    name = folder.name.partition(".")[2]
    trained_on = pattern["trained_on"] | {"dataset": name, "sha256": _digest(name.encode())}
    digests = pattern["sha256"] | {PROTOTYPES: _digest(prototypes)}
    config = pattern | {"trained_on": trained_on, "sha256": digests}
    (folder / CONFIG).write_bytes(dump_json(config))
    (folder / PROTOTYPES).write_bytes(prototypes)
    (folder / CARD).write_text(f"# {name}\n")
    with (folder / WEIGHTS).open("wb") as file:
        file.truncate(n_bytes)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    make_zoo(Path(sys.argv[1]), int(sys.argv[2]))
