"""Check every model of a zoo against its card; release_gate runs this where it installed the wheel.

For each model it prints a line: what the card says, what the model reaches, on how many series, in
how many seconds. The status is 1 if a model is missing or cannot be loaded, if its card and its
config differ, or if it reaches something else than they say. Two series apart are allowed, because
weights are kept rounded.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import tszoo
from tszoo.data import Dataset
from tszoo.data.load import load_dataset
from tszoo.errors import TszooError
from tszoo.models.load import is_model_folder, read_card
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.record import PartResults, Results, TrainingRecord
from tszoo.publishing.claims import SERIES_TOLERANCE, check_card, verify
from tszoo.zoo.find import find_model, list_models, open_zoo


class Outcome(NamedTuple):
    """Says what became of a claim: the accuracy on the card and the one that was reached.

    Either is None where it is not known.
    """

    name: str
    claimed: float | None
    reached: float | None
    n_series: int | None
    note: str = ""
    failed: bool = False


def check_model(name: str, zoo: str | None, archive: Path | None) -> Iterator[Outcome]:
    """Load a model and check its claims: one, or one for each data set of a joint model."""
    try:
        model = Model.load(name, zoo)
        check_card(
            read_card(find_model(name, zoo)), model.config, name, "The card and the config differ."
        )
        results = model.config.results
        claimed, n_series = results.accuracy, results.n_series
        if archive is None:
            yield Outcome(name, claimed, None, None, "loaded")
        elif model.config.is_universal:
            yield Outcome(name, None, None, None, "a universal body claims no accuracy")
        elif model.config.trained_on.parts:
            yield from check_joint(name, model, archive)
        elif claimed is None:
            yield Outcome(name, None, None, None, "no accuracy is claimed")
        else:
            yield Outcome(name, claimed, verify(model, archive), n_series)
    except TszooError as error:
        yield Outcome(name, None, None, None, str(error), failed=True)


def check_joint(name: str, model: Model, archive: Path) -> Iterator[Outcome]:
    """Check what a joint model claims of each of its data sets."""
    claims = model.config.results.per_dataset
    first = 0
    for part in model.config.trained_on.parts:
        outputs = slice(first, first + part.n_classes)
        first += part.n_classes
        claimed = claims.get(part.dataset, PartResults()).accuracy
        if claimed is None:
            continue
        train = load_dataset(part.dataset, split="train", archive=archive)
        test = load_dataset(part.dataset, split="test", archive=archive).with_classes(train.classes)
        predicted = probabilities(model, test, outputs).argmax(axis=1)
        reached = float(np.mean(predicted == test.require_labels()))
        apart = round(abs(reached - claimed) * test.n_series)
        note = ""
        if train.sha256 != part.sha256:
            note = "the training series are not those that it learnt"
        elif apart > SERIES_TOLERANCE:
            note = f"{apart} series apart"
        yield Outcome(
            f"{name} on {part.dataset}", claimed, reached, test.n_series, note, failed=bool(note)
        )


def probabilities(model: Model, test: Dataset, outputs: slice) -> NDArray[np.float64]:
    """Average the members' probabilities among the classes of a data set.

    Returns
    -------
    ndarray of float64, shape (n_series, n_classes)
        ``outputs`` are the data set's own; they sum to 1.
    """
    members = []
    config = replace(first_members(model, 1).config, results=Results(), training=TrainingRecord())
    for network in model.networks:
        member = replace(model, config=config, networks=(network,))
        among_all = member.predict_proba(test)[:, outputs]
        members.append(among_all / among_all.sum(axis=1, keepdims=True))
    return np.mean(members, axis=0)


def shown(value: float | None) -> str:
    """Write an accuracy, or a dash for none."""
    return "–" if value is None else f"{value:.4f}"


def line_of(outcome: Outcome, seconds: float) -> str:
    """Write what became of a claim, and how long it took to check."""
    return (
        f"{shown(outcome.claimed):>7}  {shown(outcome.reached):>7}  {outcome.n_series or '–':>6}  "
        f"{seconds:>7.1f}  {'FAILED: ' * outcome.failed}{outcome.note}"
    )


def missing(expected: Path, there: set[str]) -> list[Outcome]:
    """List the models of a folder that the zoo lacks."""
    wanted = {path.name for path in expected.iterdir() if is_model_folder(path)}
    return [
        Outcome(name, None, None, None, "missing", failed=True) for name in sorted(wanted - there)
    ]


def main() -> int:
    """Check all models; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--zoo", help="a folder or hf://ORG; the embedded zoo unless told")
    parser.add_argument(
        "--expected", type=Path, help="a folder with the models that there should be"
    )
    options = parser.parse_args()
    catalogue = open_zoo(options.zoo)
    entries = list_models(catalogue)
    print(f"tszoo of {Path(tszoo.__file__).parent}, zoo {catalogue.name}\n")
    outcomes = [
        Outcome(broken.model, None, None, None, broken.reason, failed=True)
        for broken in catalogue.broken
    ]
    if options.expected is not None:
        there = {entry.model for entry in (*entries, *catalogue.broken)}
        outcomes += missing(options.expected, there)
    names = ["model", *(entry.model for entry in entries)]
    names += [f"{entry.model} on {part.dataset}" for entry in entries for part in entry.parts]
    width = max(map(len, names))
    print(f"{'model':<{width}}  on card  reached  series  seconds")
    for outcome in outcomes:
        print(f"{outcome.name:<{width}}  {outcome.note}")
    for entry in entries:
        begun = time.monotonic()
        for outcome in check_model(entry.model, options.zoo, options.archive):
            line = line_of(outcome, time.monotonic() - begun)
            print(f"{outcome.name:<{width}}  {line}".rstrip(), flush=True)
            outcomes.append(outcome)
            begun = time.monotonic()
    failed = sum(outcome.failed for outcome in outcomes)
    reproduced = sum(outcome.reached is not None for outcome in outcomes if not outcome.failed)
    print(f"\n{len(entries)} models, {reproduced} accuracies reproduced, {failed} failed")
    return int(failed > 0 or not entries)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TszooError as error:
        sys.exit(f"error: {error}")
