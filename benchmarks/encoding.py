"""Measure how small weights may be kept: round those of the embedded zoo further, in memory.

    python benchmarks/encoding.py --archive UCRArchive_2018 [--zoo DIR] [--series 64]

Models are kept as float16, the embedded zoo's as whole numbers of eight bits with a float32 scale
for each output channel. Here filters and other tensors of two or more dimensions are rounded to
what an encoding would bring back: the product's own, or whole numbers of fewer bits. To compare
with float16, give a zoo that is kept as float16. Of each model's first member, on training series
alone (some of each set, evenly spaced) and on the same with noise half as strong as the signal,
which puts more of them near a border: training accuracy, how many predictions stay, by how much
probabilities move, and by how much pooled features do.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tszoo.data import Dataset
from tszoo.data.load import load_dataset
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.weights import as_stored, write_weights
from tszoo.nets.network import Network
from tszoo.zoo.find import list_models, load_model, open_zoo

NOISE = 0.5


def whole_numbers(network: Network, bits: int) -> Network:
    """Copy a network, its weights rounded to whole numbers of ``bits`` bits times a scale.

    One of the bits is the sign; each output channel has a scale.
    """
    most, state = 2 ** (bits - 1) - 1, {}
    for key, value in network.state_dict().items():
        if value.ndim > 1:
            largest = value.abs().flatten(1).amax(dim=1).clamp_min(1e-12)
            scale = largest.reshape(-1, *[1] * (value.ndim - 1)) / most
            value = (value / scale).round() * scale
        state[key] = value
    rounded = copy.deepcopy(network)
    rounded.load_state_dict(state)
    return rounded


# Encodings of the product, by their dtype, and others, by the bits of a number.
PRODUCT = {"float16": "float16", "bfloat16": "bfloat16", "8 bits": "int8"}
FEWER = {"6 bits": 6, "4 bits": 4}
ENCODINGS: dict[str, Callable[[Network], Network]] = {
    **{name: partial(as_stored, dtype=dtype) for name, dtype in PRODUCT.items()},
    **{name: partial(whole_numbers, bits=bits) for name, bits in FEWER.items()},
}


def kept_bytes(model: Model, name: str) -> int:
    """Count the bytes of a model's file.

    For fewer than eight bits, this is the file of eight bits less what the others would save.
    """
    size = len(write_weights(model.networks, model.config, PRODUCT.get(name, "int8")))
    numbers = sum(
        value.numel() for value in model.networks[0].state_dict().values() if value.ndim > 1
    )
    return size - numbers * (8 - FEWER.get(name, 8)) // 8


def some(train: Dataset, n_series: int) -> list[Dataset]:
    """Take some training series, as they are and with noise."""
    chosen = train.take(np.unique(np.linspace(0, train.n_series - 1, n_series).round().astype(int)))
    rng = np.random.default_rng(0)
    spread = np.nanstd(chosen.series, axis=-1, keepdims=True)
    noisy = chosen.series + NOISE * spread * rng.standard_normal(chosen.series.shape)
    labels = [chosen.classes[k] for k in chosen.require_labels()]
    unequal = chosen.is_unequal
    return [
        chosen,
        Dataset.from_arrays(noisy, labels, name=train.name, unequal=unequal).with_classes(
            train.classes
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path)
    parser.add_argument("--series", type=int, default=64, help="of each training set, at most")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in ENCODINGS}
    for entry in list_models(open_zoo(options.zoo)):
        if entry.parts:
            continue
        model = first_members(load_model(entry.model, options.zoo), 1)
        sets = some(
            load_dataset(entry.dataset, split="train", archive=options.archive), options.series
        )
        expected = [model.predict_proba(dataset) for dataset in sets]
        features = model.embed(sets[0])
        for name, encoded in ENCODINGS.items():
            other = replace(model, networks=tuple(map(encoded, model.networks)))
            predicted = [other.predict_proba(dataset) for dataset in sets]
            right = [
                (p.argmax(axis=1) == dataset.with_classes(model.classes).require_labels()).mean()
                for p, dataset in zip(predicted, sets, strict=True)
            ]
            same = [
                (p.argmax(axis=1) == q.argmax(axis=1)).mean()
                for p, q in zip(predicted, expected, strict=True)
            ]
            moved = np.abs(predicted[1] - expected[1]).max(axis=1).mean()
            apart = np.linalg.norm(other.embed(sets[0]) - features) / np.linalg.norm(features)
            rows[name].append((kept_bytes(model, name), *right, *same, moved, apart))
        print(f"{entry.model}: {sets[0].n_series} series", flush=True)
    print(
        f"\n{len(rows['8 bits'])} models\n\n"
        "| weights | MiB a member | accuracy | with noise | same predictions | with noise | moved "
        "| features |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for name, values in rows.items():
        size, right, noisy, same, same_noisy, moved, apart = np.mean(values, axis=0)
        print(
            f"| {name} | {size / 2**20:.2f} | {right:.4f} | {noisy:.4f} | {same:.2%} | "
            f"{same_noisy:.2%} | {moved:.4f} | {apart:.2%} |"
        )


if __name__ == "__main__":
    main()
