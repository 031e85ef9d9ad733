"""Assemble the zoo that ships with tszoo from complete ones, within a size.

Every model gets its first member, in the order of the plan, as far as they fit: sources of kinds that are rare come
early there, and models that the plan does not know come last. What is then left of the size goes to the other members,
of the most useful models first. Of models of one name the first zoo's is taken.

With --archive, models that lose members are measured anew: their training accuracy and, where there is a test split,
their accuracy. Without it their cards tell of a single member's accuracy, and of several members' each by itself.

Models that --out holds already, as they would be written, are left alone; those that no longer fit are removed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from zoo_plan import PLAN, read_plan

from tszoo.data.load import load_dataset, load_test_split
from tszoo.errors import ModelError, OptionError, TszooError, ZooError
from tszoo.evaluation.metrics import evaluate
from tszoo.models.config import ModelConfig
from tszoo.models.files import sibling
from tszoo.models.folder import is_model_folder, load_config, load_model, load_prototypes, save_model
from tszoo.models.layout import MODEL_FILES, OPTIONAL_FILES, PICTURE, WEIGHTS
from tszoo.models.members import first_members
from tszoo.models.model import Model
from tszoo.models.weights import write_weights
from tszoo.report.prototypes import draw_prototypes
from tszoo.zoo.catalogue import encode_catalogue, read_catalogue, rebuild_catalogue
from tszoo.zoo.entry import CatalogueEntry

UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
# For what is written anew and may be a little larger than it was: a card, a picture, a config's numbers.
SLACK_A_MODEL = 2 << 10


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


def candidates(zoos: Sequence[Path], without: Sequence[str]) -> dict[str, Candidate]:
    """Collect the models of several zoos by name; of one name, the first."""
    found: dict[str, Candidate] = {}
    for zoo in zoos:
        catalogue = read_catalogue(zoo)
        for broken in catalogue.broken:
            msg = f"{zoo}: {broken.model} cannot be used: {broken.reason}"
            raise ZooError(msg)
        if not catalogue.entries:
            msg = f"{zoo}: no models in this folder."
            raise ZooError(msg)
        for entry in catalogue.entries:
            if entry.model in found or any(fnmatchcase(entry.model, pattern) for pattern in without):
                continue
            folder = zoo / entry.model
            fixed = sum((folder / name).stat().st_size for name in MODEL_FILES if name != WEIGHTS)
            picture = folder / PICTURE
            fixed += picture.stat().st_size if picture.exists() else len(drawn(folder))
            found[entry.model] = Candidate(folder, entry, fixed + SLACK_A_MODEL, -(-entry.bytes // entry.members))
    return found


def drawn(folder: Path) -> bytes:
    """Draw a model's prototypes."""
    return draw_prototypes(load_prototypes(folder), load_config(folder).name)


def catalogue_bytes(found: dict[str, Candidate]) -> int:
    """How much room the catalogue of all of them takes, at most."""
    entries = [found[model].entry for model in sorted(found)]
    files = encode_catalogue(entries, {model: load_prototypes(one.folder) for model, one in found.items()})
    return sum(map(len, files.values()))


def in_order(found: dict[str, Candidate], plan: Path) -> list[str]:
    """Sort models by their use: the plan's order, then joint models, then others."""
    place = {planned.model: i for i, planned in enumerate(read_plan(plan))}
    return sorted(found, key=lambda model: (place.get(model, len(place)), not found[model].entry.parts, model))


def choose(found: dict[str, Candidate], order: Sequence[str], room: int) -> Choice:
    """Fill ``room`` bytes: a member for each model, in the order of their use, then all others of the first, and so on.

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


def measured(model: Model, archive: Path) -> Model:
    """Write down what a model reaches on its own data, which is not known where it has lost members.

    The test split is read to report, as it was when the whole ensemble was measured. A joint model is left as it is.
    """
    config, name = model.config, model.config.source.dataset
    if config.source.parts:
        return model
    unequal = config.preprocessing.unequal
    train = load_dataset(name, split="train", unequal=unequal, archive=archive)
    if train.sha256 != config.source.sha256:
        msg = f"{archive}: its {name} is not the {name} that {config.name} learnt; the training series differ."
        raise ModelError(msg)
    fitted = evaluate(model, train)
    results = {**config.results, "train_accuracy": fitted.accuracy, "train_loss": fitted.log_loss}
    test = load_test_split(name, unequal=unequal, archive=archive)
    if test is not None:
        reached = evaluate(model, test).accuracy
        results |= {"split": "test", "n_series": test.n_series, "accuracy": reached}
        results |= {"member_accuracy": [reached]} if config.members == 1 else {}
    return replace(model, config=replace(config, results=results))


def embed(candidate: Candidate, members: int, target: Path, archive: Path | None) -> tuple[ModelConfig, str]:
    """Write one model, unless it is there as it should be; its config, and what was done."""
    model = first_members(load_model(candidate.folder), members)
    measuring = archive is not None and members < candidate.entry.members and not model.config.source.parts
    if is_model_folder(target) and is_as_it_should_be(target, model, measuring):
        return load_config(target), "as it was"
    if archive is not None and measuring:
        model = measured(model, archive)
    save_model(model, target, overwrite=True, picture=draw_prototypes(model.prototypes, model.config.name))
    return model.config, "written"


def is_as_it_should_be(target: Path, model: Model, measuring: bool) -> bool:
    """Whether a folder holds a model already, with its measurements if they are wanted."""
    try:
        there, weights = load_config(target), (target / WEIGHTS).read_bytes()
    except (TszooError, OSError):
        return False  # a damaged one is written anew
    return (
        replace(there, results={}) == replace(model.config, results={})
        and weights == write_weights(model.networks, model.config)
        and ("train_accuracy" in there.results if measuring else there.results.keys() >= model.config.results.keys())
        and (target / PICTURE).is_file()
    )


def strangers(out: Path, found: dict[str, Candidate]) -> list[str]:
    """Name the models of the folder that none of the zoos has."""
    return sorted(path.name for path in out.iterdir() if is_model_folder(path) and path.name not in found)


def remove(folder: Path) -> None:
    """Remove a model's folder at once; ModelError if it holds anything else."""
    others = sorted({path.name for path in folder.iterdir()} - {*MODEL_FILES, *OPTIONAL_FILES})
    if others:
        msg = f"{folder}: holds {others[0]}, which is no part of a model, so it is not removed. Move it away."
        raise ModelError(msg)
    aside = sibling(folder)
    folder.rename(aside)
    shutil.rmtree(aside)


def check_apart(zoos: Sequence[Path], out: Path) -> None:
    """Raise OptionError if the embedded zoo would be written over one that it is made from."""
    for zoo in zoos:
        if zoo.resolve() == out.resolve():
            msg = f"{out}: read from and written to; what does not fit would be lost. Copy it, and name the copy."
            raise OptionError(msg)


def run(options: argparse.Namespace) -> None:
    """Choose, write, and say what was done."""
    check_apart(options.full, options.out)
    found = candidates(options.full, options.without)
    lost = strangers(options.out, found) if options.out.is_dir() else []
    if lost:
        msg = f"{options.out}: {', '.join(lost)} in none of the zoos. Delete what is not wanted, or name its zoo too."
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
            config, done = embed(one, members, options.out / model, options.archive)
            accuracy = config.results.get("accuracy")
            shown = "–" if accuracy is None else f"{accuracy:.4f}"
        kind = one.entry.kind or ("joint" if one.entry.parts else "–")
        print(f"{model:<{width}}  {kind:<16}  {members:>2} of {one.entry.members}  {shown:>8}  {done}", flush=True)
    for model in choice.left_out:
        print(f"{model:<{width}}  does not fit: only the complete zoo has it")
    if not options.dry_run:
        rebuild_catalogue(options.out)
    report(options, choice, found)


def report(options: argparse.Namespace, choice: Choice, found: dict[str, Candidate]) -> None:
    """Say how large the zoo is; ModelError if it is larger than allowed."""
    expected = sum(found[model].bytes(members) for model, members in choice.members.items()) + catalogue_bytes(found)
    counts = f"{len(choice.members)} models, {sum(choice.members.values())} members"
    if choice.left_out:
        counts += f", {len(choice.left_out)} left out"
    if options.dry_run:
        print(f"{counts}; {expected / 2**20:.1f} MiB at most")
        return
    total = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{counts}; {total / 2**20:.1f} MiB of {options.most / 2**20:.1f}")
    if total > options.most:
        msg = f"{options.out}: {total} bytes, {options.most} were allowed. It holds files that are of no model."
        raise ModelError(msg)


def main() -> int:
    """Run the script; errors that a user can mend are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="embed_zoo", allow_abbrev=False
    )
    parser.add_argument("full", type=Path, nargs="+", help="complete zoos; of one name, the first one's model is taken")
    parser.add_argument("--out", type=Path, default=PLAN.parent.parent / "cards", help="the zoo to write")
    parser.add_argument("--most", type=size, default="64MiB", metavar="64MiB", help="how large it may be, all in all")
    parser.add_argument("--archive", type=Path, help="folder of data set folders, to measure with")
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="CSV", help="the order of use")
    parser.add_argument("--without", action="append", default=[], metavar="GLOB", help="models to leave out")
    parser.add_argument("--dry-run", action="store_true", help="say what would be embedded, and write nothing")
    options = parser.parse_args()
    try:
        run(options)
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
