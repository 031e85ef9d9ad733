"""A recipe for a fraction of the steps.

Chosen on training splits, reported on the test splits of other sets.

    python benchmarks/recipes.py --archive UCRArchive_2018 --splits cv
    python benchmarks/recipes.py --archive UCRArchive_2018 --splits cv --source auto
    python benchmarks/recipes.py --archive UCRArchive_2018 --splits test --recipes paper fast

With ``cv``, the candidates below are compared by stratified three-fold cross-validation on the
training splits of ten sets, from scratch or from the source that is recommended for the training
folds (never the set itself); with ``larger``, sizes of batches on the training splits of six sets
of more series, from scratch. With ``test``, recipes of the library train three networks (seeds 0 to
2) from scratch on the training splits of ten other sets, and the test splits are read once.
InceptionTime throughout. Rows that the CSV has are kept.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from rows import append, read

import tszoo
from tszoo.training.recipe import Recipe, named_recipe
from tszoo.transfer.pretrain import pretrain

CV_SETS = (
    "ItalyPowerDemand",
    "SmoothSubspace",
    "CBF",
    "DodgerLoopWeekend",
    "ECG200",
    "InsectEPGSmallTrain",
    "ShapeletSim",
    "BirdChicken",
    "Beef",
    "ArrowHead",
)
LARGER_SETS = (
    "MiddlePhalanxTW",
    "MedicalImages",
    "Adiac",
    "GestureMidAirD2",
    "ProximalPhalanxOutlineCorrect",
    "FacesUCR",
)
TEST_SETS = (
    "Chinatown",
    "SonyAIBORobotSurface1",
    "MoteStrain",
    "TwoLeadECG",
    "Fungi",
    "BME",
    "DiatomSizeReduction",
    "GunPoint",
    "Coffee",
    "FaceFour",
)
COLUMNS = ("splits", "source", "set", "recipe", "precision", "part", "accuracy", "steps", "seconds")
FOLDS = 3
PUBLISHED = Path(__file__).parent.parent / "scripts" / "published.csv"


# All within a tenth of the paper's 1500 epochs of batches of 64, for up to 64 series; "4 steps,
# 3e-3" became ``fast`` (with 37 epochs: 38 times 4 are two steps too many), and from a source
# "1e-3" became ``finetune``.
COSINE = Recipe(epochs=150, schedule="cosine", keep="last")
WARM = replace(COSINE, learning_rate=3e-3, warmup=0.1)
CANDIDATES = {
    "1 step, 1e-3": COSINE,
    "2 steps, 3e-3": replace(WARM, epochs=75, least_steps=2),
    "2 steps, 1e-2": replace(WARM, epochs=75, least_steps=2, learning_rate=1e-2),
    "4 steps, 3e-3": replace(WARM, epochs=38, least_steps=4),
    "4 steps, 5e-3": replace(WARM, epochs=38, least_steps=4, learning_rate=5e-3, warmup=0.3),
    "4 steps, 1e-3": replace(WARM, epochs=37, least_steps=4, learning_rate=1e-3),
    "8 steps, 3e-3": replace(WARM, epochs=19, least_steps=8),
}
# The ten sets have at most 100 series, and steps of 25 or fewer. Do small steps help where there
# are more?
SMALLER = {
    "batches of 64": replace(WARM, epochs=37, least_steps=4),
    "batches of 32": replace(WARM, epochs=37, least_steps=4, batch_size=32),
    "batches of 16, 1e-3": replace(
        WARM, epochs=37, least_steps=4, batch_size=16, learning_rate=1e-3
    ),
}
START = replace(WARM, epochs=37, least_steps=4)
STARTED = {
    "3e-3": START,
    "1e-3": replace(START, learning_rate=1e-3),
    "3e-3, body 9e-4": replace(START, body_rate=0.3),
    "3e-3, body 9e-4, head first": replace(START, body_rate=0.3, head_epochs=8),
    "1e-3, head first": replace(START, learning_rate=1e-3, head_epochs=8),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--splits", choices=("cv", "larger", "test"), required=True)
    parser.add_argument("--source", choices=("none", "auto"), default="none")
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--recipes", nargs="+")
    parser.add_argument(
        "--precision", nargs="+", default=["auto"], help="bfloat16 and float32 side by side, say"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    run, sets, recipes = (
        judge,
        TEST_SETS,
        {name: named_recipe(name) for name in ("paper", "fast")},
    )
    if options.splits == "cv":
        run, sets, recipes = (
            cross_validate,
            CV_SETS,
            CANDIDATES if options.source == "none" else STARTED,
        )
    elif options.splits == "larger":
        run, sets, recipes = (cross_validate, LARGER_SETS, SMALLER)
    chosen = {name: recipes[name] for name in options.recipes or recipes}
    this = (options.splits, options.source)
    done = {
        (row["splits"], row["source"], row["set"], row["recipe"], row["precision"])
        for row in read(options.out)
    }
    for name in options.sets or sets:
        for key in ((recipe, precision) for recipe in chosen for precision in options.precision):
            if (*this, name, *key) not in done:
                rows = run(name, chosen[key[0]], key[1], options)
                append(options.out, COLUMNS, [(*this, name, *key, *row) for row in rows])
                print(name, *key, " ".join(str(row[1]) for row in rows), flush=True)
    print(table([row for row in read(options.out) if (row["splits"], row["source"]) == this]))


def cross_validate(
    name: str, recipe: Recipe, precision: str, options: argparse.Namespace
) -> list[tuple[object, ...]]:
    dataset = tszoo.load_dataset(name, archive=options.archive, split="train")
    rows = []
    fold_of = folds(dataset.labels)
    for fold in range(FOLDS):
        left_out = np.flatnonzero(fold_of == fold)
        train = dataset.take(np.flatnonzero(fold_of != fold))
        source = "none"
        if options.source == "auto":
            source = tszoo.recommend(train, top=1, exclude=[name])[0].model
        model = tszoo.finetune(
            train,
            source,
            recipe=recipe,
            members=1,
            seed=fold,
            run=tszoo.Run(precision=precision),
        )
        right = (
            model.predict_proba(dataset.take(left_out)).argmax(axis=1) == dataset.labels[left_out]
        )
        rows.append((fold, f"{right.mean():.4f}", *effort(recipe, train.n_series, model)))
    return rows


def folds(labels: np.ndarray) -> np.ndarray:
    """A fold for every series; the classes are spread evenly."""
    rng = np.random.default_rng(0)
    fold_of, at = np.empty(len(labels), int), 0
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        fold_of[members] = (np.arange(len(members)) + at) % FOLDS
        at += len(members)
    return fold_of


def judge(
    name: str, recipe: Recipe, precision: str, options: argparse.Namespace
) -> list[tuple[object, ...]]:
    train = tszoo.load_dataset(name, archive=options.archive, split="train")
    test = tszoo.load_dataset(name, archive=options.archive, split="test")
    model = pretrain(
        train,
        test=test,
        members=options.seeds,
        recipe=recipe,
        run=tszoo.Run(precision=precision),
    )
    accuracies = [
        *enumerate(model.config.results.member_accuracy),
        ("ensemble", model.config.results.accuracy),
    ]
    return [
        (part, f"{accuracy:.4f}", *effort(recipe, train.n_series, model))
        for part, accuracy in accuracies
    ]


def effort(recipe: Recipe, n_series: int, model: tszoo.Model) -> tuple[int, str]:
    """Steps of one network, and seconds of all."""
    facts = model.config.training
    return max(facts.epochs) * recipe.steps(n_series), f"{facts.seconds:.1f}"


def table(rows: list[dict[str, str]]) -> str:
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["part"] != "ensemble":
            scores[row["set"]][f"{row['recipe']}, {row['precision']}"].append(
                float(row["accuracy"])
            )
    columns = sorted({column for of in scores.values() for column in of})
    if rows[0]["splits"] == "test":
        with PUBLISHED.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["dataset"] in scores:
                    scores[row["dataset"]]["InceptionTime, published"] = [float(row["accuracy"])]
        columns.append("InceptionTime, published")
    lines = [f"| set | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, of in scores.items():
        cells = [f"{np.mean(of[c]):.3f} ± {np.std(of[c]):.3f}" if of[c] else "" for c in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    whole = [of for of in scores.values() if all(of[c] for c in columns)]
    for what, sets in (
        ("mean of all", list(scores.values())),
        (f"mean of the {len(whole)} that all have", whole),
    ):
        means = [
            ""
            if not all(of[c] for of in sets)
            else f"{np.mean([np.mean(of[c]) for of in sets]):.4f}"
            for c in columns
        ]
        lines.append(f"| **{what}** | {' | '.join(means)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
