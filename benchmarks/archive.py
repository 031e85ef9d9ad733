"""Run `tszoo finetune DATA` on every data set of an archive, beside published figures.

    python benchmarks/archive.py run --archive UCRArchive_2018 --zoo cards --trained cards \
        --budget 60m
    python benchmarks/archive.py table --published ucr128-published-accuracy.csv

`run` appends a row a data set to archive.csv, the cheapest first, and goes on where it stopped. The
zoo's models that have learnt the very data set, or its kin (GunPoint's variants are one another's,
and so on), are left out, joint ones too. Each start is chosen from the training split; the test
split is read once:

- readout: `tszoo finetune DATA --source auto --head ridge`;
- universal: the readout's universal bodies alone;
- random: a ridge head on five untrained bodies (not with `--without-random`). They do not depend on
  the zoo: `--random-from` takes them from an earlier table, where that has the set;
- scratch: as many networks of the `fast` recipe as the default trains, where `--trained` already
  has them, with the seconds that they took;
- both: readout and scratch together, which is what `tszoo finetune DATA` comes to, unless the
  readout has next to nothing left to mend (`expected` is the share of the training series that it
  gets right, each left out in turn) or training would take long: then the readout votes alone.

`table` compares with published accuracies over the sets that have all of them: mean, wins, ties,
losses, Wilcoxon. It also tells for which sets universal bodies are better than untrained ones.
`beside` compares with any tables of a row a data set and a column a classifier, over the sets that
both have; p is corrected over all columns by Holm's procedure.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from gains import SETS, UNIVERSAL, gains_table
from rows import append, read

from tszoo.data import Dataset, load_dataset
from tszoo.data.ucr.table import is_kin
from tszoo.errors import TszooError
from tszoo.evaluation.compare import compare, holm
from tszoo.models.load import is_model_folder, load_folder
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.record import Results, TrainingRecord
from tszoo.transfer.combined import SHARPER
from tszoo.transfer.finetune import finetune
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import (
    MOST_POINTS_TRAINED,
    NOTHING_TO_MEND,
    TRAINED_BESIDE_UNIVERSAL,
    make_plan,
)
from tszoo.zoo.contents import Contents
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.find import open_zoo
from tszoo.zoo.zoo import Zoo

COLUMNS = (
    "dataset",
    "n_series",
    "n_test",
    "classes",
    "length",
    "sources",
    "head",
    "readout",
    "readout_seconds",
    "universal",
    "random",
    "random_seconds",
    "scratch",
    "scratch_networks",
    "scratch_seconds",
    "both",
    "expected",
)
OURS = ("both", "readout", "universal", "random", "scratch")
FEWEST_SETS = 20
DEFAULT = ("finetune", "readout", "universal", "random")
FIGURES = ("ROCKET", "MultiROCKET", "InceptionTime", "Inception", "ResNet")


def knows(entry: CatalogueEntry, name: str) -> bool:
    """Tell whether a model has learnt a data set or its kin, by itself or among others."""
    return any(
        is_kin(name, learnt, SETS)
        for learnt in [entry.dataset, *(part.dataset for part in entry.parts)]
    )


def without_kin(zoo: Zoo, name: str) -> Zoo:
    """Leave out the models that know a data set."""
    entries = tuple(entry for entry in zoo.models if not knows(entry, name))
    return Zoo.of(Contents(zoo.root, entries, remote=zoo.remote))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("--archive", type=Path, required=True)
    running.add_argument("--zoo", type=Path, required=True)
    running.add_argument("--trained", type=Path)
    running.add_argument("--budget", default="60m", help="minutes or hours: 90m, 2h")
    running.add_argument("--without-random", action="store_true")
    running.add_argument(
        "--random-from", type=Path, metavar="CSV", help="an earlier table, for untrained bodies"
    )
    running.add_argument(
        "--most-points", type=float, default=4e6, help="series of both splits times length, at most"
    )
    running.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    running.set_defaults(act=run)
    two = commands.add_parser("table")
    two.add_argument("--published", type=Path, required=True)
    two.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    two.set_defaults(act=table)
    three = commands.add_parser("beside")
    three.add_argument("tables", type=Path, nargs="+", metavar="CSV")
    three.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    three.set_defaults(act=beside)
    options = parser.parse_args()
    options.act(options)


def run(options: argparse.Namespace) -> None:
    until = deadline(options.budget)
    done = {row["dataset"] for row in read(options.out)}
    for cost, name in sorted(costs(options.archive)):
        if time.monotonic() > until:
            print("the budget is spent")
            return
        if name in done or cost > options.most_points:
            continue
        try:
            train, test = (
                load_dataset(name, split=split, archive=options.archive)
                for split in ("train", "test")
            )
        except TszooError as error:
            print(f"{name}: {error}")
            continue
        row = measure(train, test, options, without_kin(open_zoo(options.zoo), name))
        append(options.out, COLUMNS, [[row.get(column, "") for column in COLUMNS]])
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def deadline(budget: str) -> float:
    """Say when a budget such as 90m or 2h that begins now is spent, by the monotonic clock."""
    return time.monotonic() + float(budget[:-1]) * {"m": 60.0, "h": 3600.0}[budget[-1]]


def sources_of(model: Model) -> str:
    """Name the models that a model started from."""
    base = model.config.base
    names = model.config.recipe.bases
    if not names and base:
        names = (base.model,)
    return " ".join(names)


def costs(archive: Path) -> list[tuple[int, str]]:
    """Count the points of each data set that has a test split."""
    sets = []
    for folder in archive.iterdir():
        files = [folder / f"{folder.name}_{split}.tsv" for split in ("TRAIN", "TEST")]
        if all(file.is_file() for file in files):
            sets.append((sum(file.stat().st_size for file in files) // 10, folder.name))
    return sets


def measure(
    train: Dataset, test: Dataset, options: argparse.Namespace, zoo: Zoo
) -> dict[str, object]:
    """Fit and judge everything on one data set."""
    truth = [str(train.classes[k]) for k in range(train.n_classes)]
    labels = np.array([truth.index(str(test.classes[k])) for k in test.require_labels()])
    row: dict[str, object] = {
        "dataset": train.name,
        "n_series": train.n_series,
        "n_test": test.n_series,
        "classes": train.n_classes,
        "length": train.length,
    }

    def judge(key: str, probabilities: np.ndarray) -> None:
        row[key] = round(float((probabilities.argmax(axis=1) == labels).mean()), 6)

    began = time.perf_counter()
    plan = make_plan(train, "auto", zoo=zoo, head="ridge")
    readout = plan.fit(train)
    row["expected"] = expected_of(plan)
    row["readout_seconds"] = round(time.perf_counter() - began, 1)
    row["sources"], row["head"] = sources_of(readout), readout.config.recipe.head
    frozen = member_probabilities(readout, test, truth)
    judge("readout", frozen.mean(axis=0))
    n_universal = sum(name.startswith(UNIVERSAL) for name in str(row["sources"]).split())
    judge("universal", frozen[: n_universal or None].mean(axis=0))
    earlier = earlier_random(options.random_from, train.name)
    if earlier:
        row["random"] = earlier
    elif not options.without_random:
        began = time.perf_counter()
        random = finetune(train, source="none", head="ridge", members=5)
        row["random_seconds"] = round(time.perf_counter() - began, 1)
        judge("random", member_probabilities(random, test, truth).mean(axis=0))
    name = f"inception.{train.name}"
    if options.trained is not None and is_model_folder(options.trained / name):
        scratch = load_folder(options.trained / name)
        share = min(1.0, TRAINED_BESIDE_UNIVERSAL / scratch.config.members)
        row["scratch_seconds"] = round(share * (scratch.config.training.seconds or 0.0), 1)
        scratch = first_members(scratch, min(TRAINED_BESIDE_UNIVERSAL, scratch.config.members))
        row["scratch_networks"] = scratch.config.members
        trained = member_probabilities(scratch, test, truth)
        judge("scratch", trained.mean(axis=0))
        judge("both", np.concatenate([sharpened(frozen), trained]).mean(axis=0))
    return row


def expected_of(plan: Plan) -> str:
    """Say which share of the training series the best ridge head gets right, each left out."""
    assert plan.advice is not None
    expected = plan.advice.best("ridge").expected
    return "" if expected is None else f"{expected:.4f}"


def earlier_random(table: Path | None, name: str) -> str:
    """Read what untrained bodies came to on a data set, by an earlier table; empty if not there."""
    if table is None:
        return ""
    return next((row["random"] for row in read(table) if row["dataset"] == name), "")


def member_probabilities(model: Model, test: Dataset, classes: Sequence[str]) -> np.ndarray:
    """Compute what each member says: shape (members, n_series, n_classes), classes as given."""
    alone = replace(first_members(model, 1).config, results=Results(), training=TrainingRecord())
    order = [[str(label) for label in model.classes].index(label) for label in classes]
    members = [
        replace(model, config=alone, networks=(network,)).predict_proba(test)[:, order]
        for network in model.networks
    ]
    return np.array(members)


def sharpened(probabilities: np.ndarray) -> np.ndarray:
    """Say what ``SHARPER`` times the logits would give, as ``tszoo.transfer.combined`` has it."""
    powers = np.clip(probabilities, 1e-300, None) ** SHARPER
    return powers / powers.sum(axis=-1, keepdims=True)


def table(options: argparse.Namespace) -> None:
    rows = read(options.out)
    with options.published.open() as file:
        published = {row["dataset"]: row for row in csv.DictReader(file)}
    rows = [
        {**row, "finetune": done_by_default(row)} for row in rows if row["dataset"] in published
    ]
    trained = [row for row in rows if row["both"]]
    for title, some, ours in (
        ("sets with a trained network", trained, OURS),
        ("all sets", rows, DEFAULT),
    ):
        ours = [key for key in ours if all(row[key] for row in some)]
        columns = {key: np.array([float(row[key]) for row in some]) for key in ours}
        columns |= {
            key: np.array([float(published[row["dataset"]][key]) for row in some])
            for key in FIGURES
        }
        print(
            f"\n{title}: {len(some)}\n\n| | mean accuracy | {ours[0]}: wins, ties, losses | p "
            "|\n|---|---|---|---|"
        )
        for key, column in columns.items():
            cells = " | " if key == ours[0] else compared(columns[ours[0]], column)
            print(f"| {key} | {column.mean():.4f} | {cells} |")
    for key in ("readout_seconds", "scratch_seconds"):
        values = [float(row[key]) for row in rows if row[key]]
        print(f"{key}: {sum(values):.0f} over {len(values)} sets, median {np.median(values):.1f}")
    print(f"\n{gains_table(rows)}")


def beside(options: argparse.Namespace) -> None:
    ours = {row["dataset"]: float(done_by_default(row)) for row in read(options.out)}
    found = []
    for path in options.tables:
        for name, theirs in columns_of(path).items():
            common = [dataset for dataset in ours if dataset in theirs]
            if len(common) >= FEWEST_SETS:
                left, right = ([some[d] for d in common] for some in (ours, theirs))
                found.append((f"{name} ({path.stem})", np.array(left), np.array(right)))
    corrected = holm([compare(list(left), list(right)).p or 1.0 for _, left, right in found])
    print("| | sets | theirs | finetune | wins, ties, losses | p | Holm |")
    print("|---|---:|---:|---:|---|---:|---:|")
    for (name, left, right), p in zip(found, corrected, strict=True):
        means = f"{right.mean():.4f} | {left.mean():.4f}"
        print(f"| {name} | {len(left)} | {means} | {compared(left, right)} | {p:.2g} |")


def columns_of(path: Path) -> dict[str, dict[str, float]]:
    """Read a table of accuracies: what each classifier reached, by data set."""
    columns: dict[str, dict[str, float]] = {}
    for row in read(path):
        dataset, *_ = row.values()
        for name, cell in list(row.items())[1:]:
            if cell not in ("", "nan") and not name.endswith("-std"):
                columns.setdefault(name, {})[dataset] = float(cell)
    return columns


def done_by_default(row: dict[str, str]) -> str:
    """Return the accuracy of what `finetune` does: with a trained network, or the readout alone."""
    is_small = int(row["n_series"]) * int(row["length"]) <= MOST_POINTS_TRAINED
    may_err = float(row["expected"] or 0.0) < NOTHING_TO_MEND
    return (is_small and may_err and row["both"]) or row["readout"]


def compared(ours: np.ndarray, others: np.ndarray) -> str:
    """Count wins, ties and losses, with the p of Wilcoxon's signed-rank test."""
    paired = compare(list(ours), list(others))
    return (
        f"{paired.wins}, {paired.ties}, {paired.losses} | "
        f"{1.0 if paired.p is None else paired.p:.2g}"
    )


if __name__ == "__main__":
    main()
