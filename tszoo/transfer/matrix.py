"""Measure what every source is worth to every target, beside training without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tszoo.data.dataset import Dataset
from tszoo.data.weights import ClassWeight
from tszoo.models.model import Model
from tszoo.training.recipe import RecipeLike
from tszoo.training.run import Run
from tszoo.transfer.finetune import finetune
from tszoo.transfer.matrix_csv import NONE
from tszoo.zoo.find import ZooLike

Item = TypeVar("Item")
Result = TypeVar("Result")
# Does a function of every item, and yields what comes out, in any order. It may do so in other
# processes or on other machines: functions, items and results can be pickled.
Engine = Callable[[Callable[[Item], Result], Sequence[Item]], Iterable[Result]]


class Target(NamedTuple):
    """A data set that is to be learnt, and the series to judge that by."""

    name: str
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class Setting:
    """How every network of a matrix is trained.

    Attributes
    ----------
    repeats : int
        Networks from each source: repeat k has seed ``seed + k``, and starts from the source's
        network k, in turn.
    head, architecture, network, recipe
        As for `tszoo.make_plan`.
    scratch_recipe
        For networks that start from nothing, if it is another one.
    zoo : str, Path, Zoo or None
        Where sources are found by name.
    class_weight, seed
        As for `tszoo.make_plan`.
    device, precision : str
        As for ``Run``.
    """

    repeats: int = 1
    head: str = "softmax"
    architecture: str | None = None
    network: Mapping[str, Any] | None = None
    recipe: RecipeLike = None
    scratch_recipe: RecipeLike = None
    zoo: ZooLike = None
    class_weight: ClassWeight = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    @property
    def run(self) -> Run:
        """Where and how networks are trained: a case is done by one process."""
        return Run(device=self.device, precision=self.precision, jobs=1)

    @property
    def from_scratch(self) -> RecipeLike:
        """The recipe of networks that start from nothing."""
        if self.scratch_recipe is None:
            return self.recipe
        return self.scratch_recipe


class Case(NamedTuple):
    """A target, where networks for it start from, and how they are trained.

    ``source`` is the source's name in the matrix, and ``start`` what is loaded: a model, or what
    finds one; None from scratch.
    """

    target: Target
    source: str
    start: str | Model | None
    setting: Setting


class Row(NamedTuple):
    """What came out of a run: the accuracy on the test series, and the seconds that it took."""

    target: str
    source: str
    repeat: int
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Source:
    """Where networks may start.

    Attributes
    ----------
    name : str
    start : str or Model
        What is loaded.
    learnt : frozenset of str
        Names and digests of the data sets that it has learnt; those are no targets for it.
    """

    name: str
    start: str | Model
    learnt: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, model: Model, name: str, start: str | Model | None = None) -> Source:
        """Describe a model as a source; it is loaded from ``start``, if that is given."""
        trained_on = model.config.trained_on
        learnt = {trained_on.dataset, trained_on.sha256}
        learnt |= {value for part in trained_on.parts for value in (part.dataset, part.sha256)}
        return cls(name, model if start is None else start, frozenset(learnt))

    def has_learnt(self, target: Target) -> bool:
        """Whether it has learnt the target's series, or a data set of its name."""
        return bool({target.name, target.train.name, target.train.sha256} & self.learnt)


def matrix_cases(
    targets: Iterable[Target],
    sources: Sequence[Source],
    setting: Setting,
    done: Iterable[tuple[str, str, int]] = (),
) -> list[Case]:
    """List what is to be measured: each target from scratch, and from each source that suits it.

    Parameters
    ----------
    targets : iterable of Target
    sources : sequence of Source
    setting : Setting
    done : iterable of (target, source, repeat)
        Rows that are there already. A case that has all of its repeats is not measured again.
    """
    there = set(done)
    cases = []
    for target in targets:
        suiting = [source for source in sources if not source.has_learnt(target)]
        starts: list[tuple[str, str | Model | None]] = [(NONE, None)]
        starts += [(source.name, source.start) for source in suiting]
        for name, start in starts:
            wanted = {(target.name, name, repeat) for repeat in range(setting.repeats)}
            if not wanted <= there:
                cases.append(Case(target, name, start, setting))
    return cases


def one_by_one(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Do a function of every item in this process: the simplest Engine."""
    return map(function, items)


def run_matrix(
    cases: Sequence[Case], engine: Engine[Case, list[Row]] = one_by_one
) -> Iterator[Row]:
    """Fit a network for every case and repeat, and yield what it reaches as soon as it is there.

    Test series are read to report, and nothing is chosen by them (Ismail Fawaz et al. 2018, section
    IV).

    Parameters
    ----------
    cases : sequence of Case
    engine : callable
        Where the work is done: ``engine(function, items)`` yields ``function(item)`` of every item.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        As `tszoo.finetune` does.
    """
    for rows in engine(measure, cases):
        yield from rows


def measure(case: Case) -> list[Row]:
    """Fit the networks of a case, and judge them on the target's test series."""
    setting, target = case.setting, case.target
    from_nothing = case.start is None
    model = finetune(
        target.train,
        NONE if case.start is None else case.start,
        zoo=setting.zoo,
        head=setting.head,
        test=target.test,
        members=setting.repeats,
        architecture=setting.architecture if from_nothing else None,
        network=setting.network if from_nothing else None,
        recipe=setting.from_scratch if from_nothing else setting.recipe,
        class_weight=setting.class_weight,
        seed=setting.seed,
        run=setting.run,
    )
    seconds = (model.config.training.seconds or 0.0) / setting.repeats
    accuracies = model.config.results.member_accuracy
    return [
        Row(target.name, case.source, repeat, accuracy, seconds)
        for repeat, accuracy in enumerate(accuracies)
    ]
