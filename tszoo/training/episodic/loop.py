"""Train a body in episodes."""

from __future__ import annotations

import math
import time

import torch

from tszoo.errors import TrainingError
from tszoo.nets.network import Body
from tszoo.training.episodic.budget import learning_rate
from tszoo.training.episodic.checkpoint import load_trainee, save_trainee
from tszoo.training.episodic.clock import Clock
from tszoo.training.episodic.finish import average_statistics
from tszoo.training.episodic.job import Job
from tszoo.training.episodic.judge import EPISODES, GLANCE
from tszoo.training.episodic.recorded import steps_for
from tszoo.training.episodic.report import EpisodicHistory, EpisodicReport
from tszoo.training.episodic.ridge import RidgeHead
from tszoo.training.episodic.trainee import Trainee

# How often a body in training is judged, and how many seconds lie between two reports.
JUDGINGS = 8
SECONDS_A_REPORT = 0.25


def train_in_episodes(body: Body, job: Job) -> EpisodicHistory:
    """Train a body in episodes, in place.

    It ends in evaluation mode, with batch-norm statistics averaged over fresh episodes.

    Parameters
    ----------
    body : Body
        One that sees one channel and takes any length, on the device of the job's pool.
    job : Job
        If its watcher raises KeyboardInterrupt, the run is saved first.

    Raises
    ------
    TrainingError
        If the loss is no longer a number, the device's memory does not hold a step, or the
        checkpoint belongs to another run.
    """
    course = _Course(body, job)
    course.take_steps()
    return course.finish()


class _Course:
    """One run of the loop."""

    def __init__(self, body: Body, job: Job) -> None:
        self.job = job
        self.trainee = Trainee.start(body, job.mixture.recipe, job.seed)
        if job.checkpoint is not None and job.checkpoint.resume:
            load_trainee(job.checkpoint, self.trainee)
        self.steps = steps_for(self.trainee, job.mixture, job.precision)
        self.bodies = [body]
        if job.untrained is not None:
            self.bodies.append(job.untrained)
        began = job.started - self.trainee.seconds
        self.clock = Clock(job.budget, self.trainee.steps, began, len(self.bodies))
        self.held_out: float | None = None
        self.stopped_early = False
        self.judged, self.told, self.saved = 0, 0.0, time.monotonic()
        body.train()

    def take_steps(self) -> None:
        """Take steps until the budget is spent, or a watcher wants no more; one at least."""
        trainee, clock = self.trainee, self.clock
        first = trainee.steps + 1
        done = clock.done(trainee.steps)
        self.judged = int(done * JUDGINGS)
        while (done < 1 or trainee.steps == 0) and not self.stopped_early:
            self._step(min(done, 1.0))
            trainee.seconds = clock.seconds()
            if trainee.steps == first:
                clock.warmed_up(first)
            done = clock.done(trainee.steps)
            self._look_up(done)
        self.stopped_early = done < 1
        if self.stopped_early:
            self._save()

    def _look_up(self, done: float) -> None:
        """Judge, tell and save, each where it is due."""
        if self.judged < int(done * JUDGINGS) < JUDGINGS:
            self.judged = int(done * JUDGINGS)
            self._judge()
        now, checkpoint = time.monotonic(), self.job.checkpoint
        is_due = checkpoint is not None and now - self.saved >= checkpoint.every_seconds
        # a loss that is no number is found before it is saved
        if is_due or done == 1 or now - self.told >= SECONDS_A_REPORT:
            self.told = now
            self._tell()
        if is_due:
            self._save()

    def _step(self, done: float) -> None:
        recipe = self.job.mixture.recipe
        rate = learning_rate(recipe.learning_rate, recipe.warmup, self.trainee.steps, done)
        try:
            self.steps.take(rate)
        except torch.OutOfMemoryError as error:
            msg = (
                f"the device's memory does not hold a step of {recipe.points} points. Take fewer: "
                "recipe={'points': ...}."
            )
            raise TrainingError(msg) from error

    def _judge(self) -> None:
        if self.job.judge is None:
            return
        started = time.monotonic()
        trainee = self.trainee
        self.held_out = self.job.judge.glance(trainee.body, trainee.head, self.job.precision)
        self.clock.judging = (time.monotonic() - started) * EPISODES / GLANCE

    def _tell(self) -> None:
        """Check the loss, and tell the watcher how it goes."""
        trainee, clock = self.trainee, self.clock
        recent = trainee.recent()
        if not math.isfinite(recent.loss):
            msg = (
                f"the loss is no number after {trainee.steps} steps; try a lower learning rate: "
                "recipe={'learning_rate': ...}."
            )
            raise TrainingError(msg)
        if self.job.watch is None:
            return
        report = EpisodicReport(
            trainee.steps,
            self.job.budget.steps,
            trainee.seconds,
            recent.loss,
            _number(recent.real_accuracy),
            _number(recent.synthetic_accuracy),
            self.held_out,
            1 / max(clock.step_seconds(trainee.steps), 1e-9),
            clock.seconds_left(trainee.steps),
        )
        try:
            self.stopped_early = bool(self.job.watch(report))
        except KeyboardInterrupt:
            self._save()
            raise

    def _save(self) -> None:
        if self.job.checkpoint is not None:
            save_trainee(self.job.checkpoint, self.trainee)
            self.saved = time.monotonic()

    def finish(self) -> EpisodicHistory:
        """Give the body its statistics, judge it, and say how it went."""
        trainee, job = self.trainee, self.job
        deadline = self.clock.deadline()
        average_statistics(self.bodies, trainee, job.mixture, job.precision, deadline)
        trained = untrained = None
        if job.judge is not None:
            trained = job.judge.accuracy(trainee.body, trainee.head, job.precision)
        if job.judge is not None and job.untrained is not None:
            head = RidgeHead(job.mixture.recipe).to(trainee.head.log_scale.device)
            untrained = job.judge.accuracy(job.untrained, head, job.precision)
        recent = trainee.recent()
        return EpisodicHistory(
            trainee.steps,
            self.clock.seconds(),
            self.stopped_early,
            recent.loss,
            recent.accuracy,
            trained,
            untrained,
        )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
