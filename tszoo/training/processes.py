"""Train members in processes of their own, each with one thread.

What they become does not depend on the process, so that any number of processes gives the same
members. This process has the watchers, and tells them of every epoch before the next one begins.
"""

from __future__ import annotations

import logging
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import torch

from tszoo import errors
from tszoo.errors import TrainingError
from tszoo.nets.described import describe_network
from tszoo.nets.network import Network
from tszoo.storage.files import reason
from tszoo.training.children import Child, Children, started
from tszoo.training.data import TrainingData
from tszoo.training.epoch import Audience, EpochReport
from tszoo.training.handover import hand_over, load_packed, packed_networks
from tszoo.training.job import Job
from tszoo.training.member import History
from tszoo.training.pipe import Message

log = logging.getLogger(__name__)

SIGKILL = 9


def train_in_processes(
    networks: Sequence[Network],
    groups: Sequence[Sequence[int]],
    sets: Sequence[TrainingData],
    job: Job,
    audience: Audience,
    n_processes: int,
) -> dict[int, History]:
    """Train groups of members, ``n_processes`` of them at a time, in place.

    Returns
    -------
    dict of int to History
        Of the members that were trained. Where processes cannot be started, that is logged, and
        they are fewer than were asked for, or none.

    Raises
    ------
    TrainingError
        If training fails, or a process is ended from outside. Members in training are saved first.
    """
    work = _Work(networks, groups, job)
    try:
        with tempfile.TemporaryDirectory(prefix="tszoo-") as folder:
            hand_over(Path(folder), sets, audience, job)
            with started(Path(folder), n_processes) as children:
                work.do(children)
    except OSError as error:
        if work.has_begun:
            raise
        log.warning(
            "processes cannot be started (%s): members are trained in this one.", reason(error)
        )
    if work.problem is not None:
        raise work.problem
    return work.histories


class _Work:
    """Groups of members that are to be trained, and what has become of them."""

    def __init__(
        self, networks: Sequence[Network], groups: Sequence[Sequence[int]], job: Job
    ) -> None:
        self.networks, self.job = networks, job
        self.waiting = deque(groups)
        self.histories: dict[int, History] = {}
        self.problem: BaseException | None = None
        self.has_begun = False

    def do(self, children: Children) -> None:
        """Have all groups trained; end early, with what is done saved, where there is a problem."""
        for child in children.all:
            self._give(child)
        while any(child.numbers for child in children.all):
            child, message = children.next_answer()
            if message is None:
                self._take_leave(child)
            else:
                self._take(child, message)

    def _give(self, child: Child) -> None:
        """Give a process the next group, if there is one and all is well."""
        child.numbers = ()
        if self.problem is None and self.waiting:
            child.numbers = self.waiting.popleft()
            networks = [self.networks[k] for k in child.numbers]
            descriptions = [describe_network(network) for network in networks]
            facts = {
                "kind": "train",
                "numbers": child.numbers,
                "networks": descriptions,
                "device": str(self._device_of(child)),
            }
            child.tell(facts, packed_networks(child.numbers, networks))

    def _device_of(self, child: Child) -> torch.device:
        """Say where a process trains: each at its own device, if there are several."""
        if not self.job.devices:
            return self.job.device
        return self.job.devices[child.number % len(self.job.devices)]

    def _take(self, child: Child, message: Message) -> None:
        """Do what an answer asks for."""
        self.has_begun = child.is_ready = True
        facts = message.facts
        if message.kind == "epoch":
            self._tell_watchers(facts["member"], message)
            child.tell({"kind": "go" if self.problem is None else "stop"})
        elif message.kind == "log":
            logging.getLogger(facts["logger"]).log(facts["level"], "%s", facts["text"])
        elif message.kind == "done":
            self._take_members(child, message)
            self._give(child)
        elif message.kind == "stopped":
            child.numbers = ()
        elif message.kind == "failed":
            self._fail(_error_of(facts["error"], facts["text"]))
            child.numbers = ()

    def _tell_watchers(self, member: int, message: Message) -> None:
        """Tell the watchers of an epoch, all of them, whatever one of them wishes."""
        if not self.job.run.watchers:
            return
        network = self.networks[member]
        if message.payload:
            load_packed([member], [network], message.payload)
        report = EpochReport(**message.facts["report"])
        for watcher in self.job.run.watchers:
            try:
                watcher(member, report, network)
            except (KeyboardInterrupt, TrainingError) as error:  # noqa: PERF203
                self._fail(error)

    def _take_members(self, child: Child, message: Message) -> None:
        """Take the weights of members that are done, and what happened to them."""
        networks = [self.networks[k] for k in child.numbers]
        load_packed(child.numbers, networks, message.payload)
        for network in networks:
            network.requires_grad_(True).eval()
        for k, history in message.facts["histories"].items():
            self.histories[int(k)] = History(**history)

    def _take_leave(self, child: Child) -> None:
        """Note that a process has ended; one that had not begun leaves its members to this one."""
        if child.is_ready and child.numbers:
            self._fail(_killed(child, self.job))
        elif child.numbers:
            self.waiting.appendleft(child.numbers)
            why = _how_it_ended(child)
            log.warning(
                "a process to train in could not be started (%s).", child.last_words() or why
            )
        child.numbers = ()

    def _fail(self, problem: BaseException) -> None:
        """Keep the first problem; the processes stop after the epochs that they are in."""
        if self.problem is None:
            self.problem = problem


def _error_of(name: str, text: str) -> Exception:
    """Make the error that a process reported again."""
    kind = getattr(errors, name, None) if name else None
    if kind is None:
        return RuntimeError(f"training failed in another process.\n{text}")
    error: Exception = kind(text)
    return error


def _how_it_ended(child: Child) -> str:
    """Wait for a process that has ended, and say how it did."""
    status = child.process.wait()
    how = f"ended with status {status}"
    if status < 0:
        how = f"ended by signal {-status}"
    if status == -SIGKILL:
        how += ", as happens where memory runs out"
    return how


def _killed(child: Child, job: Job) -> TrainingError:
    """Say that a process was ended from outside, and how to go on."""
    how = _how_it_ended(child)
    members = ", ".join(map(str, child.numbers))
    msg = f"the process that trained member {members} was {how}. Try fewer at a time: jobs=1."
    if job.run.folder is not None:
        msg += f" What is done is kept in {job.run.folder}: resume=True goes on from there."
    return TrainingError(msg)
