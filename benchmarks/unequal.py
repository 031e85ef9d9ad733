"""Series of unequal lengths: resampled to one length, padded to one length, or masked?

The designs train the same network from scratch with the same recipe and seeds, on sets of the UCR archive whose
series differ in length:

``resample``
    every z-normalised series is stretched linearly to the length of the longest training series;
``pad``
    zeros behind every z-normalised series bring it to the length of the longest training series; one that is longer
    still is left as it is;
``mask``
    every z-normalised series keeps its length; what a batch pads behind it is kept out of every convolution,
    batch norm and pooling, so that nothing a series is batched with can change its prediction.

The choice between them is made by stratified two-fold cross-validation on the training splits. The test splits
are scored once, after all cross-validations, to report. Finished rows of ``--out`` are skipped: run it again to go on.

    python benchmarks/unequal.py --archive DIR [--seeds 3] [--epochs 40] [--minutes 45] [--out benchmarks/unequal.csv]
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.model_selection import StratifiedKFold
from torch import Tensor, nn

from tszoo.data import Dataset, Preprocessing, load_dataset, prepare
from tszoo.data.preprocess import znormalize
from tszoo.nets.inception import Inception, InceptionConfig, InceptionModule
from tszoo.nets.layers import SameConv
from tszoo.nets.network import initialize
from tszoo.training.device import resolve_precision
from tszoo.training.loop import train
from tszoo.training.recipe import named_recipe

SETS = (
    "PickupGestureWiimoteZ",
    "GesturePebbleZ1",
    "GesturePebbleZ2",
    "GestureMidAirD1",
    "GestureMidAirD2",
    "GestureMidAirD3",
    "AllGestureWiimoteX",
)
DESIGNS = ("resample", "pad", "mask")
FIELDS = ("set", "split", "design", "seed", "accuracy", "epochs", "precision")


class Mask:
    """Which points of the batch at hand are series and not padding; the masked layers share one."""

    valid: Tensor  # (batch, 1, 1, time), bool


class MaskedConv(SameConv):
    """A convolution that sees zeros where there is padding, as it does beyond the ends of a series."""

    mask: Mask

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * self.mask.valid if self.kernel_size[1] > 1 else x)


class MaskedBatchNorm(nn.BatchNorm2d):
    """Statistics over the points of series alone; padding comes out as zero."""

    mask: Mask

    def _check_input_dim(self, x: Tensor) -> None:
        """Rows of points are two-dimensional."""

    def forward(self, x: Tensor) -> Tensor:
        points = x.permute(0, 2, 3, 1)  # (batch, 1, time, channels): one row a point
        at = self.mask.valid.squeeze(1)
        # two-dimensional, because PyTorch 2.13 gets the gradient of a (1, channels, 1, points) view wrong
        packed = super().forward(points[at])
        spread = torch.zeros_like(points, dtype=packed.dtype)
        spread[at] = packed
        return spread.permute(0, 3, 1, 2)


class MaskedInceptionModule(InceptionModule):
    """Max-pooling that never takes a padded zero for a maximum."""

    mask: Mask

    def forward(self, x: Tensor) -> Tensor:
        narrowed = self.bottleneck(x)
        branches = [convolution(narrowed) for convolution in self.convolutions]
        pooled = F.max_pool2d(x.masked_fill(~self.mask.valid, -torch.inf), (1, 3), stride=1, padding=(0, 1))
        branches.append(self.pooled(pooled.masked_fill(~self.mask.valid, 0.0)))
        return F.relu(self.norm(torch.cat(branches, dim=1)))


class MaskedInception(Inception):
    """InceptionTime's network for series of unequal lengths: NaN behind a series says where it ends."""

    def __init__(self, config: InceptionConfig, n_channels: int, n_classes: int) -> None:
        super().__init__(config, n_channels, n_classes)
        self.mask = Mask()
        masked = {SameConv: MaskedConv, nn.BatchNorm2d: MaskedBatchNorm, InceptionModule: MaskedInceptionModule}
        for module in self.modules():
            if type(module) in masked:
                module.__class__ = masked[type(module)]
                module.mask = self.mask

    def activations(self, x: Tensor) -> Tensor:
        own = ~x.isnan().all(dim=1)
        own = own[:, : int(own.sum(dim=1).max())]
        self.mask.valid = own[:, None, None, :]
        return super().activations(x[..., : own.shape[1]].nan_to_num())

    def features(self, x: Tensor) -> Tensor:
        maps = self.activations(x).float()
        valid = self.mask.valid[:, :, 0]
        return (maps * valid).sum(dim=-1) / valid.sum(dim=-1)


class Split(NamedTuple):
    """Series to train on and series to judge by."""

    train: Dataset
    judge: Dataset


def read(archive: Path, name: str, split: str) -> Dataset:
    return load_dataset(name, split=split, archive=archive, unequal=True)


def to_input(design: str, dataset: Dataset, train_set: Dataset) -> Tensor:
    """What the network of a design is given for ``dataset``, shape (n_series, 1, length)."""
    longest = int(train_set.lengths.max())
    if design == "resample":
        return torch.from_numpy(prepare(dataset, Preprocessing(length=longest)))
    x = torch.from_numpy(znormalize(dataset.series))  # NaN behind every series
    return x if design == "mask" else F.pad(x.nan_to_num(), (0, max(0, longest - dataset.length)))


@torch.no_grad()
def predict(network: Inception, design: str, split: Split) -> Tensor:
    """Predicted classes; padded series go one by one, lest a longer one beside them lengthen their padding."""
    if design != "pad":
        return torch.cat([network(part).argmax(1) for part in to_input(design, split.judge, split.train).split(64)])
    alone = (split.judge.take([i]) for i in range(split.judge.n_series))
    cut = (replace(one, series=one.series[:, :, : one.lengths[0]]) for one in alone)
    return torch.cat([network(to_input(design, one, split.train)).argmax(1) for one in cut])


def fit_and_score(design: str, split: Split, seed: int, epochs: int, precision: torch.dtype) -> int:
    """Train on ``split.train``; how many series of ``split.judge`` are predicted right."""
    network_class = MaskedInception if design == "mask" else Inception
    network = network_class(InceptionConfig(), split.train.n_channels, split.train.n_classes)
    initialize(network, torch.Generator().manual_seed(seed))
    network.to(memory_format=torch.channels_last)
    x, y = to_input(design, split.train, split.train), torch.from_numpy(split.train.labels.copy())
    train(network, x, y, replace(named_recipe("short"), epochs=epochs), seed=seed, precision=precision)
    return int((predict(network, design, split).numpy() == split.judge.labels).sum())


def cross_validation(train_set: Dataset, seed: int) -> list[Split]:
    folds = StratifiedKFold(2, shuffle=True, random_state=seed).split(np.zeros(train_set.n_series), train_set.labels)
    return [Split(train_set.take(a), train_set.take(b)) for a, b in folds]


def check_masking() -> None:
    """A prediction is the same whatever the batch pads; without padding the masked network is the plain one."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(6, 1, 90, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2])
    masked, plain = MaskedInception(InceptionConfig(), 1, 3), Inception(InceptionConfig(), 1, 3)
    masked.body.double(), plain.body.double()
    initialize(masked, generator)
    plain.load_state_dict(masked.state_dict())
    x = x.double()
    for mode in (True, False):
        torch.testing.assert_close(masked.train(mode)(x), plain.train(mode)(x), rtol=1e-5, atol=1e-5)
    for network in (masked, plain):
        F.cross_entropy(network.train()(x), y).backward()
    for (name, a), b in zip(masked.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6, msg=f"gradient of {name} differs")
    for (name, a), b in zip(masked.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5, msg=f"{name} differs")
    masked.eval(), plain.eval()
    lengths = [1, 2, 9, 40, 41, 90]
    for i, length in enumerate(lengths):
        x[i, :, length:] = torch.nan
    together = masked(x)
    for i, length in enumerate(lengths):
        alone = plain(x[i : i + 1, :, :length])
        torch.testing.assert_close(together[i : i + 1], alone, rtol=1e-5, atol=1e-5)
    # statistics: a batch of padded series gives those of its points, however far the padding reaches
    masked.train()(x)
    once = [module.running_var.clone() for module in masked.modules() if isinstance(module, nn.BatchNorm2d)]
    masked.load_state_dict(plain.state_dict())
    masked(F.pad(x, (0, 50), value=torch.nan))
    twice = [module.running_var for module in masked.modules() if isinstance(module, nn.BatchNorm2d)]
    torch.testing.assert_close(once, twice, rtol=1e-5, atol=1e-5)
    print("masking checked: predictions and statistics do not depend on padding")


def rows_of(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def add_row(path: Path, row: dict[str, object]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def run(options: argparse.Namespace) -> None:
    precision = resolve_precision("auto", torch.device("cpu"))
    done = {(row["set"], row["split"], row["design"], int(row["seed"])) for row in rows_of(options.out)}
    started = time.monotonic()
    jobs = [(split, name) for split in options.splits for name in options.sets]
    for split, name in jobs:
        train_set, test_set = read(options.archive, name, "train"), read(options.archive, name, "test")
        test_set = test_set.with_classes(train_set.classes)
        for seed in range(options.seeds):
            splits = cross_validation(train_set, seed) if split == "cv" else [Split(train_set, test_set)]
            for design in options.designs:
                if (name, split, design, seed) in done:
                    continue
                if time.monotonic() - started > 60 * options.minutes:
                    print(f"{options.minutes} minutes are over; run again to go on")
                    return
                clock = time.perf_counter()
                right = sum(fit_and_score(design, part, seed, options.epochs, precision) for part in splits)
                accuracy = right / sum(part.judge.n_series for part in splits)
                seconds = time.perf_counter() - clock
                settings = (options.epochs, str(precision).split(".")[1])
                add_row(
                    options.out,
                    dict(zip(FIELDS, (name, split, design, seed, f"{accuracy:.4f}", *settings), strict=True)),
                )
                print(f"{name} {split} {design} seed {seed}: {accuracy:.4f} in {seconds:.0f} s", flush=True)


def table(path: Path, seeds: int) -> str:
    """Markdown: mean and standard deviation over the seeds, a line a set; only sets that are complete."""
    scores: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(path):
        scores[row["split"], row["set"]][row["design"]].append(float(row["accuracy"]))
    lines = [f"| split | set | {' | '.join(DESIGNS)} |", "|---|---" + "|---" * len(DESIGNS) + "|"]
    for split in ("cv", "test"):
        means = []
        for (of, name), by_design in scores.items():
            if of != split or any(len(by_design[design]) < seeds for design in DESIGNS):
                continue
            each = np.array([by_design[design] for design in DESIGNS])
            means.append(each.mean(axis=1))
            cells = [f"{mean:.3f} ± {sd:.3f}" for mean, sd in zip(means[-1], each.std(axis=1, ddof=1), strict=True)]
            lines.append(f"| {split} | {name} | {' | '.join(cells)} |")
        if means:
            table = np.array(means)
            lines.append(f"| {split} | **mean** | {' | '.join(f'{mean:.3f}' for mean in table.mean(axis=0))} |")
            best = (table == table.max(axis=1, keepdims=True)).sum(axis=0)
            lines.append(f"| {split} | best of the three | {' | '.join(map(str, best))} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--designs", nargs="+", default=list(DESIGNS), choices=DESIGNS)
    parser.add_argument("--splits", nargs="+", default=["cv", "test"], choices=("cv", "test"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=45.0, help="start no new run after this long")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/unequal.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    check_masking()
    run(options)
    print(table(options.out, options.seeds))


if __name__ == "__main__":
    main()
