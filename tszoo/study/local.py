"""Do trials on this machine, in processes of one thread each."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from tszoo.errors import TrainingError
from tszoo.storage.files import reason
from tszoo.study.hand_over import hand_over
from tszoo.study.outcome import Done
from tszoo.study.perform import perform
from tszoo.study.trial import Conditions, Sets, Trial
from tszoo.training.children import Child, Children, started

WORKER = "tszoo.study.worker"

Take = Callable[[Trial, Done], None]
MayBegin = Callable[[], bool]


class Work(NamedTuple):
    """Trials that are to be done.

    Attributes
    ----------
    trials : sequence of Trial
        In the order in which they begin.
    conditions : Conditions
    sets : sequence of Sets
    take : callable
        Told of every trial that has ended, in this process and thread.
    may_begin : callable
        Asked before a trial begins whether it may.
    """

    trials: Sequence[Trial]
    conditions: Conditions
    sets: Sequence[Sets]
    take: Take
    may_begin: MayBegin


def do_here(work: Work) -> None:
    """Do the trials one after another, in this process."""
    for trial in work.trials:
        if not work.may_begin():
            return
        work.take(trial, perform(trial, work.conditions, work.sets[trial.dataset]))


def do_in_processes(work: Work, n_processes: int) -> None:
    """Do so many trials at a time; what comes out is the same, bit for bit.

    A process that is ended from outside fails the trial that it did, and others go on.

    Raises
    ------
    TrainingError
        If processes cannot be started.
    """
    if not work.may_begin():
        return
    spread = _Spread(work)
    try:
        with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
            hand_over(Path(folder), work.sets, work.conditions)
            while spread.waiting:
                n_children = min(n_processes, len(spread.waiting))
                with started(Path(folder), n_children, WORKER) as children:
                    spread.do(children)
    except OSError as error:
        msg = f"processes cannot be started ({reason(error)}). Try jobs=1."
        raise TrainingError(msg) from error


class _Spread:
    """Trials that wait, and those that are being done."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.waiting = deque(work.trials)
        self.doing: dict[int, Trial] = {}

    def do(self, children: Children) -> None:
        """Have the trials done, until none waits or no process is left."""
        for child in children.all:
            self._give(child)
        while any(child.numbers for child in children.all):
            child, message = children.next_answer()
            if message is None:
                self._take_leave(child)
                continue
            child.is_ready = True
            if message.kind == "done":
                self._take(child, Done.from_dict(message.facts))
                self._give(child)

    def _give(self, child: Child) -> None:
        """Give a process the next trial, if there is one and it may begin."""
        if self.waiting and not self.work.may_begin():
            self.waiting.clear()
        if self.waiting:
            trial = self.waiting.popleft()
            child.numbers = (trial.number,)
            self.doing[trial.number] = trial
            child.tell({"kind": "do", "trial": asdict(trial)})

    def _take(self, child: Child, done: Done) -> None:
        (number,) = child.numbers
        child.numbers = ()
        self.work.take(self.doing.pop(number), done)

    def _take_leave(self, child: Child) -> None:
        """Note that a process has ended; TrainingError where it could not even begin."""
        if not child.numbers:
            return
        words = child.last_words() or "it was ended from outside, as where memory runs out"
        if not child.is_ready:
            msg = f"a process for trials cannot be started ({words}). Try jobs=1."
            raise TrainingError(msg)
        self._take(child, Done.failed(f"the process ended: {words}"))
