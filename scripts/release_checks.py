"""What release_gate runs in the environment that it made: every model of a zoo against its card.

A line a model: what the card says, what it reaches, on how many series, in how many seconds. The
status is 1 if a model is missing or cannot be loaded, if its card and its config differ, or if it
reaches anything else than they say (two series apart are allowed, for weights are kept rounded).
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
    """What became of one claim.

    Accuracies as they stand on the card and as they were reached, None where unknown.
    """

    name: str
    claimed: float | None
    reached: float | None
    n_series: int | None
    note: str = ""
    failed: bool = False


def check_model(name: str, zoo: str | None, archive: Path | None) -> Iterator[Outcome]:
    """Load a model and check what it claims: a line, or one for each data set of a joint model."""
    try:
        model = Model.load(name, zoo)
        check_card(
            read_card(find_model(name, zoo)), model.config, name, "The card and the config differ."
        )
        results = model.config.results
        claimed, n_series = results.accuracy, results.n_series
        if archive is None:
            yield Outcome(name, claimed, None, None, "loaded")
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
    known = model.config.results.per_dataset
    first = 0
    for part in model.config.trained_on.parts:
        own = slice(first, first + part.n_classes)
        first += part.n_classes
        claimed = known.get(part.dataset, PartResults()).accuracy
        if claimed is None:
            continue
        train = load_dataset(part.dataset, split="train", archive=archive)
        test = load_dataset(part.dataset, split="test", archive=archive).with_classes(train.classes)
        reached = float(
            np.mean(probabilities(model, test, own).argmax(axis=1) == test.require_labels())
        )
        apart = round(abs(reached - claimed) * test.n_series)
        note = (
            ""
            if train.sha256 == part.sha256
            else "the training series are not those that it learnt"
        )
        note = note or (f"{apart} series apart" if apart > SERIES_TOLERANCE else "")
        yield Outcome(
            f"{name} on {part.dataset}", claimed, reached, test.n_series, note, failed=bool(note)
        )


def probabilities(model: Model, test: Dataset, own: slice) -> NDArray[np.float64]:
    """Average the members' probabilities among one data set's classes, shape (n_series, n_classes)."""
    members = []
    config = replace(first_members(model, 1).config, results=Results(), training=TrainingRecord())
    for network in model.networks:
        among_all = replace(model, config=config, networks=(network,)).predict_proba(test)[:, own]
        members.append(among_all / among_all.sum(axis=1, keepdims=True))
    return np.mean(members, axis=0)


def shown(value: float | None) -> str:
    """An accuracy, or a dash."""
    return "–" if value is None else f"{value:.4f}"


def main() -> int:
    """Check all models; the exit status."""
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
        Outcome(one.model, None, None, None, one.reason, failed=True) for one in catalogue.broken
    ]
    if options.expected is not None:
        wanted = {path.name for path in options.expected.iterdir() if is_model_folder(path)}
        missing = sorted(
            wanted - {entry.model for entry in entries} - {one.model for one in catalogue.broken}
        )
        outcomes += [Outcome(name, None, None, None, "missing", failed=True) for name in missing]
    names = [f"{one.model} on {part.dataset}" for one in entries for part in one.parts]
    width = max(len(name) for name in ("model", *names, *(entry.model for entry in entries)))
    print(f"{'model':<{width}}  on card  reached  series  seconds")
    for one in outcomes:
        print(f"{one.name:<{width}}  {one.note}")
    for entry in entries:
        begun = time.monotonic()
        for one in check_model(entry.model, options.zoo, options.archive):
            seconds, begun = time.monotonic() - begun, time.monotonic()
            numbers = (
                f"{shown(one.claimed):>7}  {shown(one.reached):>7}  {one.n_series or '–':>6}  "
                f"{seconds:>7.1f}"
            )
            print(
                f"{one.name:<{width}}  {numbers}  {'FAILED: ' if one.failed else ''}{one.note}".rstrip(),
                flush=True,
            )
            outcomes.append(one)
    failed = sum(one.failed for one in outcomes)
    reproduced = sum(one.reached is not None and not one.failed for one in outcomes)
    print(f"\n{len(entries)} models, {reproduced} accuracies reproduced, {failed} failed")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TszooError as error:
        sys.exit(f"error: {error}")
