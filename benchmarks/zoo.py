"""Compare the sources of some zoos, on their test splits, with InceptionTime's published accuracy.

    python benchmarks/zoo.py ZOO… [--recompute --archive UCRArchive_2018]

Accuracies are those of the configs, measured when the models were trained; with `--recompute`, the
stored weights are run on the test splits again. Of models of one name, that with the most members
counts, or else that of the first zoo; joint models do not. Writes `zoo.csv`, a row a source that
has a test split, prints it as Markdown, with the comparison over all, and draws it; with `--keep`,
rows of models that none of the zoos has stay there. The published figures are of five networks and
1500 epochs each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import stdev

from matplotlib.axes import Axes

import tszoo
from tszoo.data.load import load_test_split
from tszoo.figures.figure import INK, MUTED, PALE, SOURCE, TARGET, new_figure, plain, save_figure
from tszoo.models.load import load_folder
from tszoo.transfer.prepare import scorable
from tszoo.transfer.published import read_published
from tszoo.transfer.results import reached

# the scripts hold what reads a zoo and compares it with published accuracies
sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from zoo_accuracy import (
    Measured,
    comparison_table,
    comparisons,
    measured,
    read_measured,
    save_measured,
)
from zoo_sources import read_sources

PUBLISHED = Path(__file__).parent.parent / "scripts" / "published.csv"
FAR = 0.035  # from which difference on a point is named


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoos", nargs="+", type=Path, metavar="ZOO")
    parser.add_argument(
        "--recompute",
        action="store_true",
        help="run the stored weights, and say how far they differ",
    )
    parser.add_argument("--archive", type=Path, help="where --recompute finds the data")
    parser.add_argument(
        "--keep", action="store_true", help="keep the CSV's rows of models that these zoos lack"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument(
        "--plot", type=Path, default=Path(__file__).parent.parent / "docs" / "zoo-accuracy.png"
    )
    options = parser.parse_args()
    if options.recompute and options.archive is None:
        parser.error("--recompute needs --archive DIR")
    published = {name: figure["accuracy"] for name, figure in read_published(PUBLISHED).items()}
    sources = [source for source in read_sources(options.zoos) if not source.entry.parts]
    rows = measured(sources, published)
    without = sorted({source.entry.model for source in sources} - {row.model for row in rows})
    if options.recompute:
        folders = {source.entry.model: source.folder for source in sources}
        rows = [recomputed(row, folders[row.model], options.archive) for row in rows]
    if options.keep:
        measured_here = {row.model for row in rows}
        rows += [row for row in read_measured(options.out) if row.model not in measured_here]
        rows.sort(key=lambda row: row.model.lower())
    save_measured(rows, options.out)
    draw(rows, options.plot)
    print(table(rows), comparison_table(comparisons(rows)), sep="\n\n")
    print(f"\n{len(rows)} with a test split; without: {', '.join(without) or 'none'}.")


def recomputed(row: Measured, folder: Path, archive: Path) -> Measured:
    """Measure a source again, from its weights as they are stored."""
    model = load_folder(folder)
    test = load_test_split(row.dataset, archive=archive)
    if test is None:
        msg = (
            f"{row.model}: its config has an accuracy, but {archive} has no test split of "
            f"{row.dataset}."
        )
        raise SystemExit(msg)
    train = tszoo.load_dataset(row.dataset, archive=archive, split="train")
    again = reached(model.networks, scorable(test, train, model.config.preprocessing))
    print(f"{row.model}: {again.accuracy:.4f}, its config says {row.accuracy:.4f}", flush=True)
    return replace(row, member_accuracy=tuple(again.members), accuracy=again.accuracy)


def table(rows: Sequence[Measured]) -> str:
    lines = [
        "| source | recipe | members | one network | together | published |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        alone, together, other = f"{row.member_mean:.3f}", "", ""
        if len(row.member_accuracy) > 1:
            alone += f" ± {stdev(row.member_accuracy):.3f}"
            together = f"{row.accuracy:.3f}"
        if row.published is not None:
            other = f"{row.published:.3f}"
        lines.append(
            f"| {row.dataset} | {row.recipe} | {len(row.member_accuracy)} | {alone} | {together} | "
            f"{other} |"
        )
    return "\n".join(lines)


def draw(rows: Sequence[Measured], path: Path) -> None:
    """Draw a point for each source, and a line from its worst network to its best.

    Points far from what was published have names.
    """
    shown = [row for row in rows if row.published is not None and not row.is_published_a_guess]
    least = min(min(row.published, *row.member_accuracy) for row in shown) - 0.13  # room for names
    figure = new_figure(6.0, 6.0)
    axes = figure.subplots()
    axes.plot([least, 1.02], [least, 1.02], color=PALE, linewidth=1, zorder=0)
    for row in shown:
        axes.plot(
            [row.published] * 2,
            [min(row.member_accuracy), max(row.member_accuracy)],
            color=PALE,
            linewidth=1.5,
        )
    for label, colour, many in (("ensembles", SOURCE, True), ("single networks", TARGET, False)):
        some = [row for row in shown if (len(row.member_accuracy) > 1) == many]
        if some:
            x, y = [row.published for row in some], [row.accuracy for row in some]
            axes.scatter(x, y, s=16, color=colour, label=f"{label}, {len(some)} sets", zorder=3)
    axes.set(xlim=(least, 1.02), ylim=(least, 1.02), aspect="equal")
    axes.set_xlabel("InceptionTime, published: five networks, 1500 epochs", fontsize=9, color=MUTED)
    axes.set_ylabel("this zoo", fontsize=9, color=MUTED)
    guesses = sorted(row.dataset for row in rows if row.is_published_a_guess)
    title = "Accuracy of the sources on their test splits"
    if guesses:
        title += f"\nwithout {', '.join(guesses)}, whose published figure is a guess's"
    axes.set_title(title, fontsize=9, color=INK, loc="left")
    axes.legend(loc="lower right", frameon=False, fontsize=8, labelcolor=INK)
    plain(axes)
    name_far_points(axes, [row for row in shown if abs(row.accuracy - row.published) > FAR])
    save_figure(figure, path)


def name_far_points(axes: Axes, rows: Sequence[Measured]) -> None:
    """Name points: at the left above the diagonal, at the right below it.

    Names that would overlap stand one under another.
    """
    below: dict[bool, float] = {}
    for row in sorted(rows, key=lambda row: -row.accuracy):
        above = row.accuracy > row.published
        y = min(row.accuracy, below.get(above, 2.0) - 0.022)
        below[above] = y
        side = -1 if above else 1
        axes.annotate(
            row.dataset,
            (row.published, row.accuracy),
            (row.published + 0.012 * side, y),
            ha="right" if above else "left",
            va="center",
            fontsize=7,
            color=MUTED,
        )


if __name__ == "__main__":
    main()
