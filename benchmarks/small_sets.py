"""Measurements on small training splits: a row or more a data set, the smallest sets first."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rows import append, read

from tszoo.data import Dataset, choose_preprocessing, load_dataset
from tszoo.errors import TszooError


def small_sets(archive: Path, fits: Callable[[Dataset], bool]) -> Iterator[Dataset]:
    """Load the training splits of equal lengths that fit, the smallest first."""
    sets = []
    for folder in sorted(archive.iterdir()):
        try:
            target = load_dataset(folder.name, split="train", archive=archive)
        except TszooError:
            continue
        if fits(target) and not choose_preprocessing(target).unequal:
            sets.append((target.n_series * target.length, target.name, target))
    for _, _, target in sorted(sets, key=lambda item: item[:2]):
        yield target


def measure(
    table: Path,
    columns: Sequence[str],
    sets: Iterable[Dataset],
    rows_of: Callable[[Dataset], Iterable[Sequence[object]]],
    minutes: float,
) -> None:
    """Append the rows of every data set that the table lacks, until the time is spent."""
    until = time.monotonic() + 60 * minutes
    done = {row["dataset"] for row in read(table)}
    for target in sets:
        if time.monotonic() > until:
            print("the time is spent")
            return
        if target.name not in done:
            append(table, columns, [[target.name, *row] for row in rows_of(target)])
            print(target.name, flush=True)


def run_or_table(
    description: str | None,
    run: Callable[[argparse.Namespace], None],
    table: Callable[[argparse.Namespace], None],
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """Read the command line, ``run`` with an archive and minutes or ``table``, and do that."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("--archive", type=Path, required=True)
    running.add_argument("--minutes", type=float, default=10.0)
    if add_options is not None:
        add_options(running)
    running.set_defaults(act=run)
    commands.add_parser("table").set_defaults(act=table)
    options = parser.parse_args()
    options.act(options)
