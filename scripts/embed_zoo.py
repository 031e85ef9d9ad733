"""Assemble the zoo that ships with tszoo from complete ones, within a size.

Every model gets its first member, in the order of the plan, as far as they fit: sources of kinds
that are rare come early there, and models that the plan does not know come last. What is then left
of the size goes to the other members, of the most useful models first. Of models of one name the
first zoo's is taken.

Weights are kept as whole numbers of eight bits, with a scale for each output (--encoding float16
for twice the size).

With --archive, models that lose members, or whose weights are rounded further than the complete
zoo's, are measured anew: their training accuracy and, where there is a test split, their accuracy.
Without it the cards of models that lose members tell of a single member's accuracy, and of several
members' each by itself; and those of models whose weights are rounded further tell no accuracy at
all, for none was measured with these weights.

Models that --out holds already, as they would be written, are left alone; those that no longer fit
are removed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from zoo_plan import PLAN, read_plan

from tszoo.data import Dataset
from tszoo.data.load import load_dataset, load_test_split
from tszoo.errors import ModelError, OptionError, TszooError, ZooError
from tszoo.figures.prototypes import draw_prototypes
from tszoo.figures.zoo_sources import usable_entries
from tszoo.models.config import ModelConfig
from tszoo.models.load import is_model_folder, load_config, load_folder, load_prototypes
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.weights import as_stored, write_weights
from tszoo.storage.files import sibling
from tszoo.storage.layout import MODEL_FILES, OPTIONAL_FILES, PICTURE, WEIGHTS
from tszoo.zoo.catalogue import encode_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import rebuild_catalogue

UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
# For what is written anew and may be a little larger than it was: a card, a picture, a config's
# numbers.
SLACK_A_MODEL = 2 << 10
ENCODINGS = ("int8", "float16")
# Of results, what stays true of weights that are rounded further: how training ended, and what
# others published.
_RESULTS_OF_ANY_WEIGHTS = ("member_train_loss", "published")


@dataclass(frozen=True)
class Candidate:
    """A model of a complete zoo: where it is, what the catalogue says, and what it costs."""

    folder: Path
    entry: CatalogueEntry
    fixed_bytes: int  # all but its weights
    member_bytes: int

    def bytes(self, members: int) -> int:
        """How much room it takes with so many members."""
        return self.fixed_bytes + members * self.member_bytes


@dataclass(frozen=True)
class Choice:
    """Which models are embedded, with how many members each, by name; and those that do not fit."""

    members: dict[str, int]
    left_out: tuple[str, ...]


def size(text: str) -> int:
    """Read a size such as 64MiB, in bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in UNITS:
        msg = f"{text!r}: expected a size such as 64MiB"
        raise argparse.ArgumentTypeError(msg)
    return int(float(match[1]) * UNITS[match[2]])


def candidates(zoos: Sequence[Path], without: Sequence[str], encoding: str) -> dict[str, Candidate]:
    """Collect the models of several zoos by name, with their size in an encoding.

    Of one name, the first.
    """
    found: dict[str, Candidate] = {}
    for zoo in zoos:
        entries = usable_entries(zoo)
        if not entries:
            msg = f"{zoo}: no models in this folder."
            raise ZooError(msg)
        for entry in entries:
            if entry.model in found or any(
                fnmatchcase(entry.model, pattern) for pattern in without
            ):
                continue
            folder = zoo / entry.model
            fixed = sum((folder / name).stat().st_size for name in MODEL_FILES if name != WEIGHTS)
            picture = folder / PICTURE
            fixed += picture.stat().st_size if picture.exists() else len(drawn(folder))
            whole = load_folder(folder)
            n_bytes = len(write_weights(whole.networks, whole.config, encoding))
            found[entry.model] = Candidate(
                folder, entry, fixed + SLACK_A_MODEL, -(-n_bytes // entry.members)
            )
    return found


def drawn(folder: Path) -> bytes:
    """Draw a model's prototypes."""
    return draw_prototypes(load_prototypes(folder), load_config(folder).name)


def catalogue_bytes(found: dict[str, Candidate]) -> int:
    """How much room the catalogue of all of them takes, at most."""
    entries = [found[model].entry for model in sorted(found)]
    files = encode_catalogue(
        entries, {model: load_prototypes(one.folder) for model, one in found.items()}
    )
    return sum(map(len, files.values()))


def in_order(found: dict[str, Candidate], plan: Path) -> list[str]:
    """Sort models by their use: the plan's order, then joint models, then others."""
    place = {planned.model: i for i, planned in enumerate(read_plan(plan))}
    return sorted(
        found, key=lambda model: (place.get(model, len(place)), not found[model].entry.parts, model)
    )


def choose(found: dict[str, Candidate], order: Sequence[str], room: int) -> Choice:
    """Fill ``room`` bytes.

    A member for each model, in the order of their use, then all others of the first, and so on.

    What does not fit is passed over, so that something smaller behind it still may.
    """
    members: dict[str, int] = {}
    for model in order:
        cost = found[model].bytes(1)
        if cost <= room:
            members[model], room = 1, room - cost
    for model in members:
        more = min(found[model].entry.members - 1, room // found[model].member_bytes)
        members[model] += more
        room -= more * found[model].member_bytes
    return Choice(members, tuple(model for model in order if model not in members))


class Scores(NamedTuple):
    """What an ensemble, and each member alone, reaches on a data set.

    The loss is the mean cross-entropy in nats.
    """

    accuracy: float
    loss: float
    members: list[float]


def scores(model: Model, dataset: Dataset, outputs: slice) -> Scores:
    """Compare a model's predictions, among those of its outputs that are the data set's own, with the labels."""
    labels, alone = (
        dataset.require_labels(),
        replace(model.config, members=1, results={}, training={}),
    )
    each = []
    for network in model.networks:
        among_all = replace(model, config=alone, networks=(network,)).predict_proba(dataset)[
            :, outputs
        ]
        each.append(among_all / among_all.sum(axis=1, keepdims=True))
    mean = np.mean(each, axis=0)
    right = mean[np.arange(len(labels)), labels].clip(min=np.finfo(np.float32).tiny)
    accuracy, *members = (float(np.mean(one.argmax(axis=1) == labels)) for one in (mean, *each))
    return Scores(accuracy, float(-np.log(right).mean()), members)


def learnt(config: ModelConfig, archive: Path) -> Iterator[tuple[Dataset, Dataset | None, slice]]:
    """Load the data sets that a model learnt.

    Training and test series, and which outputs are theirs.

    Labels are counted as the outputs are. ModelError if the training series are others than the
    model's.
    """
    first, joint = 0, bool(config.trained_on.parts)
    for source in config.trained_on.parts or (config.trained_on,):
        unequal = None if joint else config.preprocessing.unequal
        train = load_dataset(source.dataset, split="train", unequal=unequal, archive=archive)
        if train.sha256 != source.sha256:
            msg = (
                f"{archive}: its {train.name} is not the one that {config.name} learnt; the "
                "training series differ."
            )
            raise ModelError(msg)
        train = train if joint else train.with_classes(config.classes)
        test = load_test_split(source.dataset, unequal=unequal, archive=archive)
        yield (
            train,
            None if test is None else test.with_classes(train.classes),
            slice(first, first + train.n_classes),
        )
        first += train.n_classes


def measured(model: Model, archive: Path) -> Model:
    """Write down what a model reaches on its own data, which is not known where it has other members or weights.

    Test splits are read to report, as they were when the complete model was measured.
    """
    fitted: dict[str, Scores] = {}
    tested: dict[str, Scores] = {}
    n_tested = 0
    for train, test, outputs in learnt(model.config, archive):
        fitted[train.name] = scores(model, train, outputs)
        if test is not None:
            tested[train.name] = scores(model, test, outputs)
            n_tested += test.n_series
    results: dict[str, Any] = {
        **model.config.results,
        "train_accuracy": statistics.fmean(one.accuracy for one in fitted.values()),
        "train_loss": statistics.fmean(one.loss for one in fitted.values()),
    }
    if model.config.trained_on.parts:
        results["per_dataset"] = {
            name: {
                "train_accuracy": one.accuracy,
                **({"accuracy": tested[name].accuracy} if name in tested else {}),
            }
            for name, one in fitted.items()
        }
    if tested:
        results |= {
            "split": "test",
            "n_series": n_tested,
            "accuracy": statistics.fmean(one.accuracy for one in tested.values()),
            "member_accuracy": [
                statistics.fmean(own)
                for own in zip(*(one.members for one in tested.values()), strict=True)
            ],
        }
    return replace(model, config=replace(model.config, results=results))


def rounded(model: Model, encoding: str) -> Model:
    """Give a model the weights that it will be read with.

    The same model if they are those that it has.
    """
    networks = tuple(as_stored(network, encoding) for network in model.networks)
    if all(map(alike, networks, model.networks)):
        return model
    results = {
        key: value for key, value in model.config.results.items() if key in _RESULTS_OF_ANY_WEIGHTS
    }
    return replace(model, config=replace(model.config, results=results), networks=networks)


def alike(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two networks of one kind have the same weights."""
    others = other.state_dict()
    return all(torch.equal(value, others[key]) for key, value in one.state_dict().items())


def embed(
    candidate: Candidate, members: int, target: Path, archive: Path | None, encoding: str
) -> tuple[ModelConfig, str]:
    """Write one model, unless it is there as it should be; its config, and what was done."""
    fewer = first_members(load_folder(candidate.folder), members)
    model = rounded(fewer, encoding)
    measuring = archive is not None and (model is not fewer or members < candidate.entry.members)
    if is_model_folder(target) and is_as_it_should_be(target, model, encoding, measuring):
        return load_config(target), "as it was"
    if archive is not None and measuring:
        model = measured(model, archive)
    picture = draw_prototypes(model.prototypes, model.config.name)
    model.save(target, dtype=encoding, overwrite=True, picture=picture)
    return model.config, "written"


def is_as_it_should_be(target: Path, model: Model, encoding: str, measuring: bool) -> bool:
    """Whether a folder holds a model already, with its measurements if they are wanted.

    Only figures of the very weights that stand there are ever written beside them, so that these
    may stay.
    """
    try:
        there, weights = load_config(target), (target / WEIGHTS).read_bytes()
    except (TszooError, OSError):
        return False  # a damaged one is written anew
    return (
        replace(there, results={}) == replace(model.config, results={})
        and weights == write_weights(model.networks, model.config, encoding)
        and (
            "train_accuracy" in there.results
            if measuring
            else there.results.keys() >= model.config.results.keys()
        )
        and (target / PICTURE).is_file()
    )


def strangers(out: Path, found: dict[str, Candidate]) -> list[str]:
    """Name the models of the folder that none of the zoos has."""
    return sorted(
        path.name for path in out.iterdir() if is_model_folder(path) and path.name not in found
    )


def remove(folder: Path) -> None:
    """Remove a model's folder at once; ModelError if it holds anything else."""
    others = sorted({path.name for path in folder.iterdir()} - {*MODEL_FILES, *OPTIONAL_FILES})
    if others:
        msg = (
            f"{folder}: holds {others[0]}, which is no part of a model, so it is not removed. Move "
            "it away."
        )
        raise ModelError(msg)
    aside = sibling(folder)
    folder.rename(aside)
    shutil.rmtree(aside)


def check_apart(zoos: Sequence[Path], out: Path) -> None:
    """Raise OptionError if the embedded zoo would be written over one that it is made from."""
    for zoo in zoos:
        if zoo.resolve() == out.resolve():
            msg = (
                f"{out}: read from and written to; what does not fit would be lost. Copy it, and "
                "name the copy."
            )
            raise OptionError(msg)


def run(options: argparse.Namespace) -> None:
    """Choose, write, and say what was done."""
    check_apart(options.full, options.out)
    found = candidates(options.full, options.without, options.encoding)
    lost = strangers(options.out, found) if options.out.is_dir() else []
    if lost:
        msg = (
            f"{options.out}: {', '.join(lost)} in none of the zoos. Delete what is not wanted, or "
            "name its zoo too."
        )
        raise ZooError(msg)
    order = in_order(found, options.plan)
    choice = choose(found, order, options.most - catalogue_bytes(found))
    if not choice.members:
        msg = f"--most {options.most} bytes: not one of {len(found)} models fits."
        raise OptionError(msg)
    width = max(map(len, order))
    print(f"{'model':<{width}}  {'kind':<16}  members  accuracy")
    for model in choice.left_out:
        if is_model_folder(options.out / model) and not options.dry_run:
            remove(options.out / model)  # first: the folder is never larger than allowed
    for model, members in choice.members.items():
        one = found[model]
        shown, done = "", ""
        if not options.dry_run:
            config, done = embed(
                one, members, options.out / model, options.archive, options.encoding
            )
            accuracy = config.results.get("accuracy")
            shown = "–" if accuracy is None else f"{accuracy:.4f}"
        kind = one.entry.kind or ("joint" if one.entry.parts else "–")
        print(
            f"{model:<{width}}  {kind:<16}  {members:>2} of {one.entry.members}  {shown:>8}  {done}",
            flush=True,
        )
    for model in choice.left_out:
        print(f"{model:<{width}}  does not fit: only the complete zoo has it")
    if not options.dry_run:
        rebuild_catalogue(options.out)
    report(options, choice, found)


def report(options: argparse.Namespace, choice: Choice, found: dict[str, Candidate]) -> None:
    """Say how large the zoo is; ModelError if it is larger than allowed."""
    expected = sum(
        found[model].bytes(members) for model, members in choice.members.items()
    ) + catalogue_bytes(found)
    counts = f"{len(choice.members)} models, {sum(choice.members.values())} members"
    if choice.left_out:
        counts += f", {len(choice.left_out)} left out"
    if options.dry_run:
        print(f"{counts}; {expected / 2**20:.1f} MiB at most")
        return
    total = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{counts}; {total / 2**20:.1f} MiB of {options.most / 2**20:.1f}")
    if total > options.most:
        msg = (
            f"{options.out}: {total} bytes, {options.most} were allowed. It holds files that are "
            "of no model."
        )
        raise ModelError(msg)


def main() -> int:
    """Run the script; errors that a user can mend are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="embed_zoo",
        allow_abbrev=False,
    )
    parser.add_argument(
        "full",
        type=Path,
        nargs="+",
        help="complete zoos; of one name, the first one's model is taken",
    )
    parser.add_argument(
        "--out", type=Path, default=PLAN.parent.parent / "cards", help="the zoo to write"
    )
    parser.add_argument(
        "--most",
        type=size,
        default="64MiB",
        metavar="64MiB",
        help="how large it may be, all in all",
    )
    parser.add_argument(
        "--encoding", choices=ENCODINGS, default=ENCODINGS[0], help="of weights; int8 unless told"
    )
    parser.add_argument("--archive", type=Path, help="folder of data set folders, to measure with")
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="CSV", help="the order of use")
    parser.add_argument(
        "--without", action="append", default=[], metavar="GLOB", help="models to leave out"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be embedded, and write nothing"
    )
    options = parser.parse_args()
    try:
        run(options)
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
