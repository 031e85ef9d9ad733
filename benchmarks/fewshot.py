"""What a source is worth where there are 1, 2, 5 or 10 labelled series a class.

    python benchmarks/fewshot.py --archive UCRArchive_2018 --zoo ZOO --joint ZOO/inception.A
    ZOO/inception.B --budget 80

Twenty draws from the training splits of seven short data sets; the sizes of one draw hold one
another, and every method gets the same series. One network each. Methods: training from scratch
(recipe `fast`) and on from a source (`finetune`, as many steps); ridge heads on frozen bodies, an
untrained one and those of the sources; and 1-NN DTW without a window. The recommended source is the
first of `tszoo.recommend`, `method="auto"`, on the drawn series, without those that have learnt the
target or a variant of it; the joint source is the first of `--joint` that has not. Accuracy is that
on at most 200 series of the test split, the same for all; nothing is chosen by it.

A row a draw and method; rows that the CSV has are kept. Training costs more than the rest, so that
one draw is trained on for every three of the cheap methods, all sets and sizes before the next: a
run may end anywhere. `--budget 0` only prints the tables and draws the figure.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from rows import append, read

import tszoo
from tszoo.data import Dataset, choose_preprocessing, prepare
from tszoo.figures.figure import INK, MUTED, new_figure, plain, save_figure
from tszoo.models.load import is_model_folder, load_config
from tszoo.similarity import cdist_dtw

# What else holds a target's series, or others of the same recordings, under another name.
SETS = {
    "SyntheticControl": (),
    "ItalyPowerDemand": (),
    "ECG200": (),
    "GunPointAgeSpan": ("GunPoint*",),
    "Trace": (),
    "ToeSegmentation1": ("ToeSegmentation*",),
    "SwedishLeaf": (),
}
SIZES = (1, 2, 5, 10)
DRAWS, MOST_TEST, CHEAP_A_ROUND = 20, 200, 3
NONE, RECOMMENDED, JOINT = "none", "recommended", "joint"


class Method(NamedTuple):
    """How the drawn series become predictions.

    Where a network comes from, what is put on it, how it is drawn.
    """

    source: str
    head: str
    colour: str
    line: str

    @property
    def is_trained(self) -> bool:
        return self.head == "softmax"


METHODS = {
    "from scratch": Method(NONE, "softmax", "#1f2933", "-"),
    "fine-tuned, recommended source": Method(RECOMMENDED, "softmax", "#0f62ae", "-"),
    "fine-tuned, joint source": Method(JOINT, "softmax", "#c2410c", "-"),
    "frozen, untrained body": Method(NONE, "ridge", "#1f2933", "--"),
    "frozen, recommended source": Method(RECOMMENDED, "ridge", "#0f62ae", "--"),
    "frozen, joint source": Method(JOINT, "ridge", "#c2410c", "--"),
    "1-NN DTW": Method(NONE, "neighbour", "#009e73", ":"),
}
COLUMNS = ("set", "per_class", "draw", "method", "source", "accuracy", "cpu_seconds")


class Task(NamedTuple):
    """One row of the CSV."""

    name: str
    per_class: int
    draw: int
    method: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument(
        "--zoo", type=Path, help="of the recommended sources (default: the embedded zoo)"
    )
    parser.add_argument("--joint", type=Path, nargs="*", default=[], help="folders of joint models")
    parser.add_argument(
        "--budget", type=float, default=60.0, help="minutes, after which no row is begun"
    )
    parser.add_argument("--cache", type=Path, help="where results of probing are kept")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument(
        "--plot", type=Path, default=Path(__file__).parent.parent / "docs" / "few-shot.png"
    )
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.budget
    while time.monotonic() < end and (task := next(pending(options), None)) is not None:
        append(options.out, COLUMNS, [measure(task, options)])
    accuracies = collect(read(options.out))
    print(tables(accuracies))
    draw_curves(accuracies, options.plot)


def tasks() -> Iterator[Task]:
    """Every row, in the order in which they are measured."""
    for n in range(DRAWS):
        for name in SETS:
            for size in SIZES:
                for method, how in METHODS.items():
                    draws = (
                        [n] if how.is_trained else range(n * CHEAP_A_ROUND, (n + 1) * CHEAP_A_ROUND)
                    )
                    yield from (Task(name, size, draw, method) for draw in draws if draw < DRAWS)


def pending(options: argparse.Namespace) -> Iterator[Task]:
    """Those rows that the CSV lacks, and whose source is there."""
    done = {
        Task(row["set"], int(row["per_class"]), int(row["draw"]), row["method"])
        for row in read(options.out)
    }
    for task in tasks():
        if task not in done and (
            METHODS[task.method].source != JOINT or joint_source(task.name, options) is not None
        ):
            yield task


def measure(task: Task, options: argparse.Namespace) -> tuple[object, ...]:
    train, test = series_of(task, options.archive)
    how = METHODS[task.method]
    source: str | Path = NONE
    if how.source == JOINT:
        source = joint_source(task.name, options)
    elif how.source == RECOMMENDED:
        source = recommended_source(task, train, options)
    began = time.process_time()
    if how.head == "neighbour":
        accuracy = nearest_neighbour(train, test)
    else:
        model = tszoo.finetune(
            train,
            source,
            zoo=options.zoo,
            head=how.head,
            members=1,
            seed=task.draw,
            test=test,
            run=tszoo.Run(device="cpu"),
        )
        accuracy = model.config.results.accuracy
    seconds = time.process_time() - began
    return (*task, Path(source).name, f"{accuracy:.4f}", f"{seconds:.2f}")


def series_of(task: Task, archive: Path) -> tuple[Dataset, Dataset]:
    """The drawn series, and those that they are judged by."""
    whole, test = splits(task.name, archive)
    labels, generator = whole.require_labels(), np.random.default_rng(task.draw)
    shuffled = [generator.permutation(np.flatnonzero(labels == k)) for k in range(whole.n_classes)]
    return whole.take(
        np.sort(np.concatenate([members[: task.per_class] for members in shuffled]))
    ), test


@cache
def splits(name: str, archive: Path) -> tuple[Dataset, Dataset]:
    train, test = (
        tszoo.load_dataset(name, archive=archive, split=split) for split in ("train", "test")
    )
    kept = np.random.default_rng(0).permutation(test.n_series)[:MOST_TEST]
    return train, test.take(np.sort(kept))


def recommended_source(task: Task, train: Dataset, options: argparse.Namespace) -> str:
    """The recommendation for the drawn series, looked up if the other method has asked for it."""
    for row in read(options.out):
        same = (row["set"], int(row["per_class"]), int(row["draw"])) == task[:3]
        if same and METHODS[row["method"]].source == RECOMMENDED:
            return row["source"]
    exclude = (task.name, *SETS[task.name])
    return tszoo.recommend(train, options.zoo, exclude=exclude, run=tszoo.Run(cache=options.cache))[
        0
    ].model


def joint_source(name: str, options: argparse.Namespace) -> Path | None:
    """The first joint model that has learnt neither the target nor a variant.

    None while there is none.
    """
    patterns = (name, *SETS[name])
    for folder in options.joint:
        if is_model_folder(folder):
            learnt = [part.dataset for part in load_config(folder).trained_on.parts]
            if not any(fnmatchcase(dataset, pattern) for dataset in learnt for pattern in patterns):
                return folder
    return None


def nearest_neighbour(train: Dataset, test: Dataset) -> float:
    """Accuracy of the label of the nearest series by DTW; of equally near ones, the first's."""
    preprocessing = choose_preprocessing(train)
    labelled, asked = (prepare(split, preprocessing)[:, 0] for split in (train, test))
    nearest = cdist_dtw(asked, labelled, n_jobs=1).argmin(axis=1)
    right = train.require_labels()[nearest] == test.with_classes(train.classes).require_labels()
    return float(right.mean())


Accuracies = dict[tuple[str, int, str], dict[int, float]]


def collect(rows: list[dict[str, str]]) -> Accuracies:
    """Accuracy by set, size and method, and by draw."""
    accuracies: Accuracies = defaultdict(dict)
    for row in rows:
        accuracies[row["set"], int(row["per_class"]), row["method"]][int(row["draw"])] = float(
            row["accuracy"]
        )
    return dict(accuracies)


def mean_of(draws: dict[int, float]) -> tuple[float, float]:
    """Mean and its standard error."""
    values = np.array(list(draws.values()))
    error = np.nan
    if len(values) > 1:
        error = values.std(ddof=1) / len(values) ** 0.5
    return values.mean(), error


def overall(parts: list[dict[int, float]]) -> tuple[float, float]:
    """Mean of the sets' means, and its standard error over draws of the same sets."""
    means, errors = np.array([mean_of(part) for part in parts]).T
    return means.mean(), (errors**2).sum() ** 0.5 / len(parts)


def counts(accuracies: Accuracies, method: str, sets: Sequence[str]) -> str:
    """How many draws a set and size a method has: "20", or "5 to 6"."""
    draws = [len(accuracies[name, size, method]) for name in sets for size in SIZES]
    if min(draws) == max(draws):
        return f"{min(draws)}"
    return f"{min(draws)} to {max(draws)}"


def complete(accuracies: Accuracies, sets: Sequence[str]) -> list[str]:
    """The methods that have been measured on all of these sets, at every size."""
    return [
        m for m in METHODS if all((name, size, m) in accuracies for name in sets for size in SIZES)
    ]


def spelled(parts: list[dict[int, float]], sign: str = "") -> str:
    mean, error = overall(parts)
    return f"{mean:{sign}.3f}" if np.isnan(error) else f"{mean:{sign}.3f} ± {error:.3f}"


def tables(accuracies: Accuracies) -> str:
    """Accuracies over all sets, and over those that have every method if there are fewer."""
    every = [name for name in SETS if complete(accuracies, [name]) == list(METHODS)]
    chosen = [list(SETS)] if len(every) in (0, len(SETS)) else [list(SETS), every]
    return "\n\n".join(
        f"{', '.join(sets)}:\n\n{means(accuracies, sets)}\n\n{differences(accuracies, sets)}"
        for sets in chosen
    )


def means(accuracies: Accuracies, sets: Sequence[str]) -> str:
    lines = [f"| method | draws | {' | '.join(map(str, SIZES))} |", "|---" * (2 + len(SIZES)) + "|"]
    for method in complete(accuracies, sets):
        cells = [spelled([accuracies[name, size, method] for name in sets]) for size in SIZES]
        lines.append(f"| {method} | {counts(accuracies, method, sets)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def differences(accuracies: Accuracies, sets: Sequence[str]) -> str:
    """Every method less training from scratch, on the draws that both have."""
    base, *others = complete(accuracies, sets)
    lines = [
        f"| less {base}, same draws | {' | '.join(map(str, SIZES))} |",
        "|---" * (1 + len(SIZES)) + "|",
    ]
    for method in others:
        cells = []
        for size in SIZES:
            pairs = [
                (accuracies[name, size, method], accuracies[name, size, base]) for name in sets
            ]
            gaps = [
                {draw: gained[draw] - other[draw] for draw in gained if draw in other}
                for gained, other in pairs
            ]
            cells.append(spelled(gaps, "+"))
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw_curves(accuracies: Accuracies, path: Path) -> None:
    """Draw a panel of the means over all sets, and one for each set.

    Bars are standard errors of the mean.
    """
    figure = new_figure(11.0, 5.8)
    panels = figure.subplots(2, 4, sharex=True)
    first, *others = panels.ravel()
    handles = draw_panel(first, accuracies, list(SETS))
    title = f"mean of the {len(SETS)} sets"
    first.set_title(title, fontsize=9, color=INK, loc="left", fontweight="bold")
    for axes, name in zip(others, SETS, strict=True):
        handles |= draw_panel(axes, accuracies, [name])
        axes.set_title(name, fontsize=9, color=INK, loc="left", fontweight="normal")
    for axes in panels[-1]:
        axes.set_xlabel("series a class", fontsize=8, color=MUTED)
    for axes in panels[:, 0]:
        axes.set_ylabel("accuracy on the test split", fontsize=8, color=MUTED)
    shown = [handles[method] for method in METHODS if method in handles]
    figure.legend(
        handles=shown,
        loc="outside lower center",
        ncols=3,
        fontsize=8,
        frameon=False,
        labelcolor=INK,
    )
    save_figure(figure, path)


def draw_panel(axes: Axes, accuracies: Accuracies, sets: Sequence[str]) -> dict[str, object]:
    """Draw the curve of each method over some sets; return its entry of the legend."""
    handles = {}
    for method in complete(accuracies, sets):
        how, place = METHODS[method], list(METHODS).index(method) - len(METHODS) / 2
        measured = [name for name in SETS if method in complete(accuracies, [name])]
        parts = [[accuracies[name, size, method] for name in sets] for size in SIZES]
        means, errors = np.array([overall(part) for part in parts]).T
        handles[method] = axes.errorbar(
            np.array(SIZES) * 1.025**place,  # side by side, so that no bar hides another
            means,
            np.nan_to_num(errors),
            color=how.colour,
            linestyle=how.line,
            linewidth=1.5,
            marker="o",
            markersize=3,
            elinewidth=0.8,
            label=f"{method} (n = {counts(accuracies, method, measured)})",
        )
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.minorticks_off()
    plain(axes)
    return handles


if __name__ == "__main__":
    main()
