"""Assemble the zoo that ships with tszoo from complete ones, within a size.

First every model gets one member, in the order of the plan, as far as they fit. The plan puts
sources of rare kinds early; models that it does not name come last. The rest of the size goes to
the other members, those of the most useful models first. Where several zoos have a model of one
name, the first zoo's is taken.

Weights are kept as whole numbers of eight bits, with a scale for each output (--encoding float16
for twice the size).

A prototype of fewer than three training series would show one of them, and is left out. Models that
were made before series were counted lose all, unless --archive is there to count them.

With --archive, models that lose members, or whose weights are rounded further than the complete
zoo's, are measured anew: their training accuracy and, where there is a test split, their accuracy.
Without it, the card of a model that loses members tells each member's accuracy alone, and the card
of a model whose weights are rounded further tells no accuracy, because none was measured with these
weights.

Models that --out already has as they would be written are left alone; those that no longer fit are
removed.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from zoo_plan import PLAN, read_plan
from zoo_sources import usable_entries

from tszoo.data import Dataset
from tszoo.data.load import load_dataset, load_test_split
from tszoo.errors import ModelError, OptionError, TszooError, ZooError
from tszoo.figures.prototypes import draw_prototypes
from tszoo.models.config import ModelConfig
from tszoo.models.digests import file_digest, recorded_digests
from tszoo.models.load import is_model_folder, load_config, load_folder, load_prototypes
from tszoo.models.member_subset import first_members
from tszoo.models.model import Model
from tszoo.models.prototypes import averages, write_prototypes
from tszoo.models.record import PartResults, Results, TrainingRecord, count_series
from tszoo.models.weights import as_stored, write_weights
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.files import sibling
from tszoo.storage.layout import (
    LOCAL_FILES,
    MODEL_FILES,
    OPTIONAL_FILES,
    PICTURE,
    PROTOTYPES,
    WEIGHTS,
)
from tszoo.zoo.catalogue import encode_catalogue
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import rebuild_catalogue

UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
# A card, a picture or a config that is written anew may be a little larger than it was.
SLACK_A_MODEL = 2 << 10
# Of what the project made: weights, configs and cards. docs/sources.md says it of the data.
LICENSE = "apache-2.0"
ENCODINGS = ("int8", "float16")


@dataclass(frozen=True)
class Candidate:
    """Describes a model of a complete zoo: its place, its catalogue entry, and its size."""

    folder: Path
    entry: CatalogueEntry
    fixed_bytes: int  # all but its weights
    member_bytes: int

    def bytes(self, members: int) -> int:
        """Say how many bytes it takes with so many members."""
        return self.fixed_bytes + members * self.member_bytes


@dataclass(frozen=True)
class Choice:
    """Names the models that are embedded, with their numbers of members, and those left out."""

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

    Where several zoos have a model of one name, the first zoo's is taken.
    """
    models: dict[str, Candidate] = {}
    for zoo in zoos:
        entries = usable_entries(zoo)
        if not entries:
            msg = f"{zoo}: no models in this folder."
            raise ZooError(msg)
        for entry in entries:
            unwanted = any(fnmatchcase(entry.model, pattern) for pattern in without)
            if not unwanted and entry.model not in models:
                models[entry.model] = candidate(zoo, entry, encoding)
    return models


def candidate(zoo: Path, entry: CatalogueEntry, encoding: str) -> Candidate:
    """Measure how large a model is in an encoding."""
    folder = zoo / entry.model
    fixed = sum((folder / name).stat().st_size for name in MODEL_FILES if name != WEIGHTS)
    picture = folder / PICTURE
    if picture.exists():
        fixed += picture.stat().st_size
    else:
        fixed += len(drawn(load_config(folder), load_prototypes(folder)) or b"")
    model = load_folder(folder)
    n_bytes = len(write_weights(model.networks, model.config, encoding))
    return Candidate(folder, entry, fixed + SLACK_A_MODEL, -(-n_bytes // entry.members))


def drawn(config: ModelConfig, prototypes: Prototypes) -> bytes | None:
    """Draw a model's prototypes; None where it has none, as universal bodies."""
    if not prototypes.series:
        return None
    return draw_prototypes(prototypes, config.name)


def catalogue_bytes(models: dict[str, Candidate]) -> int:
    """Say how many bytes the catalogue of these models takes, at most."""
    entries = [models[name].entry for name in sorted(models)]
    prototypes = {name: load_prototypes(model.folder) for name, model in models.items()}
    files = encode_catalogue(entries, prototypes)
    return sum(map(len, files.values()))


def in_order(models: dict[str, Candidate], plan: Path) -> list[str]:
    """Sort models by their use: the plan's order, then joint models, then others."""
    place = {planned.model: i for i, planned in enumerate(read_plan(plan))}

    def rank(name: str) -> tuple[int, bool, str]:
        return place.get(name, len(place)), not models[name].entry.parts, name

    return sorted(models, key=rank)


def choose(models: dict[str, Candidate], order: Sequence[str], room: int) -> Choice:
    """Fill ``room`` bytes: one member of each model in ``order``, then the others in that order.

    What does not fit is passed over, so that a smaller model behind it may still fit.
    """
    members: dict[str, int] = {}
    for name in order:
        cost = models[name].bytes(1)
        if cost <= room:
            members[name] = 1
            room -= cost
    for name in members:
        more = min(models[name].entry.members - 1, room // models[name].member_bytes)
        members[name] += more
        room -= more * models[name].member_bytes
    return Choice(members, tuple(name for name in order if name not in members))


class Scores(NamedTuple):
    """Holds what an ensemble, and each member alone, reaches on a data set.

    The loss is the mean cross-entropy in nats.
    """

    accuracy: float
    loss: float
    members: list[float]


def scores(model: Model, dataset: Dataset, outputs: slice) -> Scores:
    """Compare what a model predicts, among the data set's ``outputs`` alone, with the labels."""
    labels = dataset.require_labels()
    first = first_members(model, 1).config
    alone = replace(first, results=Results(), training=TrainingRecord())
    each = []
    for network in model.networks:
        member = replace(model, config=alone, networks=(network,))
        among_all = member.predict_proba(dataset)[:, outputs]
        each.append(among_all / among_all.sum(axis=1, keepdims=True))
    mean = np.mean(each, axis=0)
    right = mean[np.arange(len(labels)), labels].clip(min=np.finfo(np.float32).tiny)
    predicted = [probabilities.argmax(axis=1) for probabilities in (mean, *each)]
    accuracy, *members = (float(np.mean(classes == labels)) for classes in predicted)
    return Scores(accuracy, float(-np.log(right).mean()), members)


def learnt(config: ModelConfig, archive: Path) -> Iterator[tuple[Dataset, Dataset | None, slice]]:
    """Load the training and test series that a model learnt, and say which outputs are theirs.

    Labels are numbered as the outputs are. ModelError if the training series are not the model's.
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
        if not joint:
            train = train.with_classes(config.classes)
        test = load_test_split(source.dataset, unequal=unequal, archive=archive)
        if test is not None:
            test = test.with_classes(train.classes)
        yield train, test, slice(first, first + train.n_classes)
        first += train.n_classes


def measured(model: Model, archive: Path) -> Model:
    """Measure what a model reaches on the data that it learnt, and write it into its config.

    Other members or weights reach something else than the complete model. Test splits are read to
    report, as they were when the complete model was measured.
    """
    fitted: dict[str, Scores] = {}
    tested: dict[str, Scores] = {}
    n_tested = 0
    for train, test, outputs in learnt(model.config, archive):
        fitted[train.name] = scores(model, train, outputs)
        if test is not None:
            tested[train.name] = scores(model, test, outputs)
            n_tested += test.n_series
    results = replace(
        model.config.results,
        train_accuracy=statistics.fmean(part.accuracy for part in fitted.values()),
        train_loss=statistics.fmean(part.loss for part in fitted.values()),
    )
    if model.config.trained_on.parts:
        before = results.per_dataset
        per_dataset = {
            name: replace(
                before.get(name, PartResults()), accuracy=None, train_accuracy=part.accuracy
            )
            for name, part in fitted.items()
        }
        for name, part in tested.items():
            per_dataset[name] = replace(per_dataset[name], accuracy=part.accuracy)
        results = replace(results, per_dataset=per_dataset)
    if tested:
        by_member = zip(*(part.members for part in tested.values()), strict=True)
        results = results.with_test(
            statistics.fmean(part.accuracy for part in tested.values()),
            tuple(statistics.fmean(accuracies) for accuracies in by_member),
            "test",
            n_tested,
        )
    return replace(model, config=replace(model.config, results=results))


def rounded(model: Model, encoding: str) -> Model:
    """Give a model the weights that it will be read with; return it as it is if it has them."""
    networks = tuple(as_stored(network, encoding) for network in model.networks)
    if all(map(alike, networks, model.networks)):
        return model
    # what stays true of weights that are rounded further: how training ended, and what others
    # published
    known = model.config.results
    results = Results(member_train_loss=known.member_train_loss, published=known.published)
    return replace(model, config=replace(model.config, results=results), networks=networks)


def alike(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Tell whether two networks of one kind have the same weights."""
    others = other.state_dict()
    return all(torch.equal(value, others[key]) for key, value in network.state_dict().items())


def embeddable(model: Model, archive: Path | None) -> Model:
    """Name the zoo's licence where there is none; drop prototypes that show training series."""
    config = replace(model.config, license=model.config.license or LICENSE)
    if archive is not None and not config.is_universal and not config.trained_on.class_series:
        counts = count_series([train for train, _, _ in learnt(config, archive)])
        config = replace(config, trained_on=replace(config.trained_on, class_series=counts))
    return replace(model, config=config, prototypes=averages(model.prototypes, config))


def embed(
    candidate: Candidate, members: int, target: Path, archive: Path | None, encoding: str
) -> tuple[ModelConfig, str]:
    """Write a model, unless it is there as it should be; return its config, and what was done."""
    fewer = embeddable(first_members(load_folder(candidate.folder), members), archive)
    model = rounded(fewer, encoding)
    differs = model is not fewer or members < candidate.entry.members
    # a universal body predicts nothing by itself
    measuring = archive is not None and differs and not model.config.is_universal
    if is_model_folder(target) and is_as_it_should_be(target, model, encoding, measuring):
        return load_config(target), "as it was"
    if archive is not None and measuring:
        model = measured(model, archive)
    picture = drawn(model.config, model.prototypes)
    model.save(target, dtype=encoding, overwrite=True, picture=picture)
    return model.config, "written"


def is_as_it_should_be(target: Path, model: Model, encoding: str, measuring: bool) -> bool:
    """Tell whether a folder already has a model, with its measurements if they are wanted.

    Measurements that are there may stay: they are always those of the weights beside them.
    """
    try:
        there, weights = load_config(target), (target / WEIGHTS).read_bytes()
    except (TszooError, OSError):
        return False  # a damaged one is written anew
    wanted = {"train_accuracy"} if measuring else model.config.results.to_dict().keys()
    return (
        replace(there, results=Results()) == replace(model.config, results=Results())
        and weights == write_weights(model.networks, model.config, encoding)
        and there.results.to_dict().keys() >= wanted
        and (target / PICTURE).is_file() == bool(model.prototypes.series)
        and recorded_digests(target)
        == {
            WEIGHTS: file_digest(target, WEIGHTS),
            PROTOTYPES: hashlib.sha256(write_prototypes(model.prototypes)).hexdigest(),
        }
    )


def strangers(out: Path, models: dict[str, Candidate]) -> list[str]:
    """Name the models of the folder that none of the zoos has."""
    there = {path.name for path in out.iterdir() if is_model_folder(path)}
    return sorted(there - models.keys())


def remove(folder: Path) -> None:
    """Remove a model's folder in one step; ModelError if it holds anything else."""
    known = {*MODEL_FILES, *OPTIONAL_FILES, *LOCAL_FILES}
    others = sorted({path.name for path in folder.iterdir()} - known)
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
    models = candidates(options.full, options.without, options.encoding)
    if options.out.is_dir() and (lost := strangers(options.out, models)):
        msg = (
            f"{options.out}: {', '.join(lost)} in none of the zoos. Delete what is not wanted, or "
            "name its zoo too."
        )
        raise ZooError(msg)
    order = in_order(models, options.plan)
    choice = choose(models, order, options.most - catalogue_bytes(models))
    if not choice.members:
        msg = f"--most {options.most} bytes: not one of {len(models)} models fits."
        raise OptionError(msg)
    width = max(map(len, order))
    print(f"{'model':<{width}}  {'kind':<16}  members  accuracy")
    for name in choice.left_out:
        if is_model_folder(options.out / name) and not options.dry_run:
            remove(options.out / name)  # first: the folder is never larger than allowed
    for name, members in choice.members.items():
        model = models[name]
        shown, done = "", ""
        if not options.dry_run:
            config, done = embed(
                model, members, options.out / name, options.archive, options.encoding
            )
            accuracy = config.results.accuracy
            shown = "–" if accuracy is None else f"{accuracy:.4f}"
        of_all = f"{members:>2} of {model.entry.members}"
        facts = f"{kind_of(model.entry):<16}  {of_all}  {shown:>8}  {done}"
        print(f"{name:<{width}}  {facts}", flush=True)
    for name in choice.left_out:
        print(f"{name:<{width}}  does not fit: only the complete zoo has it")
    if not options.dry_run:
        rebuild_catalogue(options.out)
    report(options, choice, models)


def kind_of(entry: CatalogueEntry) -> str:
    """Name what a model's data set measures, or say that it is a joint or a universal model."""
    if entry.kind:
        return entry.kind
    if entry.is_universal:
        return "universal"
    return "joint" if entry.parts else "–"


def report(options: argparse.Namespace, choice: Choice, models: dict[str, Candidate]) -> None:
    """Say how large the zoo is; ModelError if it is larger than allowed."""
    expected = catalogue_bytes(models)
    for name, members in choice.members.items():
        expected += models[name].bytes(members)
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
