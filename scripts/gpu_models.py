"""Trains universal bodies, and the sources that a zoo lacks, each within a time.

Every model is in a pack as soon as it is whole.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from gpu_log import Log
from model_packs import NoRoomError, add_to_packs
from universal_halves import half_of
from zoo_plan import HERE, Planned, read_plan

from tszoo.data import Dataset
from tszoo.errors import TszooError, ZooError
from tszoo.models.model import Model
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.training.episodic.report import EpisodicReport
from tszoo.training.epoch import EpochReport
from tszoo.training.run import Run
from tszoo.transfer.fit import fit_ensemble
from tszoo.transfer.pretrain import scratch_ensemble
from tszoo.transfer.published import read_published
from tszoo.transfer.universal import pretrain_universal
from tszoo.transfer.universal_start import FreshBody
from tszoo.zoo.zoo import Zoo

PUBLISHED = HERE / "published.csv"
SEEDS = {"A": 0, "B": 1, "ALL": 2}
MOST_BODIES = 100  # of one half
# Of a body's time, what is left for its nuisance directions and its file; and the least that a
# source is begun with.
SAVING_SECONDS, SAVING_SHARE, LEAST_SECONDS = 10.0, 0.1, 2.0
SECONDS_A_LINE = 10.0
# Members' epochs before an estimate is made: the first ones compile, and record graphs.
WARM_UP = 4


@dataclass(frozen=True)
class Shop:
    """What all models are trained with.

    Attributes
    ----------
    sets : sequence of Dataset
    out : Path
        The folder of packs.
    log : Log
    network, episodes : mapping
        What differs from the plain network, and from the recipe of episodes.
    run : Run
    cards : Path
        A zoo, whose bodies have the names that new ones must not have.
    is_judged : bool
        Whether a body of one half is judged by the other one.
    """

    sets: Sequence[Dataset]
    out: Path
    log: Log
    network: Mapping[str, Any]
    episodes: Mapping[str, Any]
    run: Run
    cards: Path
    is_judged: bool = True

    @classmethod
    def of(cls, options: argparse.Namespace, sets: Sequence[Dataset], log: Log) -> Shop:
        """Take what the command line says."""
        run = Run(device=options.device, precision=options.precision)
        return cls(
            sets,
            options.out,
            log,
            options.network,
            options.episodes,
            run,
            options.cards,
            is_judged=not options.no_judging,
        )


def train_universal(shop: Shop, half: str, until: float) -> int:
    """Train a body on a half, judged by the other one, or on ALL; return the exit status."""
    others = [dataset.name for dataset in shop.sets if half not in ("ALL", half_of(dataset.name))]
    sets = shop.sets
    if not shop.is_judged:
        sets = [dataset for dataset in sets if dataset.name not in others]
        others = []
    left = until - time.monotonic()
    seconds = left - min(SAVING_SECONDS, SAVING_SHARE * left)
    told = time.monotonic()

    name, seed = next_body(half, shop.cards)

    def tell(report: EpisodicReport) -> bool:
        nonlocal told
        now = time.monotonic()
        if now - told >= SECONDS_A_LINE:
            told = now
            shop.log.say(f"{name}: step {report.step}, loss {report.loss:.4f}")
        return now >= until  # the budget's clock leaves time to finish; without it, what there is

    model = pretrain_universal(
        sets,
        name=name,
        start=FreshBody("inception", dict(shop.network)),
        recipe=shop.episodes,
        budget=f"{max(seconds, 0.1):.3f}s",
        held_out=others or 0,
        seed=seed,
        run=replace(shop.run, episodes=tell),
    )
    pack = add_to_packs(shop.out, model)
    episodic = model.config.recipe.episodic
    judged = ""
    if episodic.held_out_accuracy is not None:
        judged = (
            f", held-out accuracy {episodic.held_out_accuracy:.4f} (untrained "
            f"{episodic.held_out_untrained:.4f})"
        )
    facts = f"{episodic.steps} steps, loss {episodic.loss:.4f}{judged}"
    shop.log.note("done", model.config.name, f"{facts}; in {pack.name}")
    return 0


def next_body(half: str, cards: Path) -> tuple[str, int]:
    """Name the next body of a half, and give it a seed that no other body has."""
    there = {entry.dataset for entry in Zoo(cards).models}
    for number in range(1, MOST_BODIES):
        name = f"universal{half}{number if number > 1 else ''}"
        if name not in there:
            return name, SEEDS[half] + len(SEEDS) * (number - 1)
    msg = f"{cards}: has {MOST_BODIES - 1} bodies of {half}, which is enough."
    raise ZooError(msg)


class Wanted(NamedTuple):
    """A source that a zoo lacks, or has in one member: the plan's line, the series, the need."""

    planned: Planned
    train: Dataset
    is_missing: bool


def wanted_sources(sets: Sequence[Dataset], cards: Path, plan: Path) -> Iterator[Wanted]:
    """Yield what a zoo lacks of the plan, in the plan's order."""
    by_name = {dataset.name: dataset for dataset in sets}
    members = {entry.model: entry.members for entry in Zoo(cards).models}
    for planned in read_plan(plan):
        train = by_name.get(planned.datasets[0])
        there = members.get(planned.model, 0)
        if planned.joint or train is None or there >= min(planned.members, 2):
            continue
        yield Wanted(planned, train, there == 0)


def train_sources(shop: Shop, wanted: Iterator[Wanted], until: float) -> int:
    """Train sources until the time is over or the packs are full; return the exit status.

    One that fails is noted, and the next one begun. The status is 1 then.
    """
    status = 0
    for source in wanted:
        if until - time.monotonic() < LEAST_SECONDS:
            break
        try:
            train_source(shop, source, until)
        except TooLongError as error:
            shop.log.note("no time", source.planned.model, str(error))
        except NoRoomError as error:
            shop.log.note("no room", source.planned.model, str(error))
            break
        except (TszooError, RuntimeError, MemoryError) as error:
            shop.log.note("failed", source.planned.model, str(error))
            status = 1
    return status


def train_source(shop: Shop, source: Wanted, until: float) -> None:
    """Train and pack a source, or its first member where an ensemble would take too long.

    The first member alone is made only where the zoo has none.

    Raises
    ------
    TooLongError
        If it would not be done in time.
    """
    prototypes = compute_prototypes(source.train, n_jobs=-1, progress=Pace(until).compare)
    members = source.planned.members
    try:
        model = train_members(shop, source, prototypes, members, until)
    except TooLongError as error:
        if not source.is_missing or members == 1:
            raise
        shop.log.note("no time", source.planned.model, f"{members} members: {error}")
        model = train_members(shop, source, prototypes, 1, until)
    pack = add_to_packs(shop.out, model)
    config = model.config
    facts = (
        f"{config.members} member(s), training loss {config.results.train_loss:.4f}, "
        f"{config.training.seconds:.1f} s; in {pack.name}"
    )
    shop.log.note("done", source.planned.model, facts)


def train_members(
    shop: Shop, source: Wanted, prototypes: Prototypes, members: int, until: float
) -> Model:
    """Train some members of a source; TooLongError if they would not be done in time."""
    planned, train = source.planned, source.train
    ensemble = scratch_ensemble(planned.architecture, shop.network, members, planned.recipe)
    pace = Pace(until - LEAST_SECONDS / 2, members * WARM_UP)

    def watch(_member: int, report: EpochReport, _network: object) -> None:
        pace.advance(members * report.epochs)

    return fit_ensemble(
        ensemble,
        None,
        train,
        run=replace(shop.run, watchers=[watch]),
        prototypes=prototypes,
        published=read_published(PUBLISHED).get(train.name),
    )


class TooLongError(Exception):
    """What is being done would not be done in time."""


class Pace:
    """Estimates from its first steps how long something takes, and stops what would be late."""

    def __init__(self, until: float, warm_up: int = 0) -> None:
        self.until, self.warm_up = until, warm_up
        self.steps = 0
        self.began = time.monotonic()

    def advance(self, steps: int) -> None:
        """Count one step of ``steps`` at most; TooLong if they would not be done in time."""
        self.steps += 1
        if self.steps <= self.warm_up:
            self.began = time.monotonic()
            self._check(0.0)
        elif self.steps >= 2 * self.warm_up:
            a_step = (time.monotonic() - self.began) / (self.steps - self.warm_up)
            self._check(a_step * (steps - self.steps))

    def compare(self, _done: int, _of: int) -> None:
        """Take note of comparisons between series: only the end of the time stops them."""
        self._check(0.0)

    def _check(self, seconds: float) -> None:
        left = self.until - time.monotonic()
        if seconds > left or left < 0:
            msg = f"{seconds:.0f} s more, {max(left, 0):.0f} s are left"
            raise TooLongError(msg)
