"""Take steps on a GPU: each kind of episodes is recorded once as a CUDA graph.

A step is some thousand small operations, and Python cannot ask for them as fast as a large GPU
carries them out. All of a step but the drawing is one graph, of which there are as many as there
are lengths and numbers of classes. The next step's episodes are drawn on a stream beside it: how
many of them are changed is known to the device alone, so drawing waits for it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from tszoo.training.episodic.mixture import Mixture
from tszoo.training.episodic.step import Drawn, Outcome, Steps
from tszoo.training.episodic.trainee import Trainee
from tszoo.training.graph import STEPS_TO_WARM_UP, CudaRecorder, Recorder

log = logging.getLogger(__name__)


class Recorded(NamedTuple):
    """A step that can be replayed, for the episodes that ``episodes`` then holds."""

    episodes: Tensor
    outcome: Outcome
    replay: Callable[[], None]


class RecordedSteps(Steps):
    """Takes steps, and records each kind of them once it has come some times.

    One step's episodes are drawn ahead, so a run that was cut goes on without those: on a GPU, it
    reaches other weights than one that was not.

    Parameters
    ----------
    trainee, mixture, precision
        As for ``Steps``. The optimizer takes its learning rate from the device: AdamW with
        ``capturable``.
    recorder : Recorder
    """

    def __init__(
        self, trainee: Trainee, mixture: Mixture, precision: torch.dtype, recorder: Recorder
    ) -> None:
        super().__init__(trainee, mixture, precision)
        self._recorder: Recorder | None = recorder
        self._recorded: dict[torch.Size, Recorded] = {}
        self._taken: Counter[torch.Size] = Counter()
        self._ahead: Drawn | None = None
        device = next(trainee.body.parameters()).device
        on_cuda = device.type == "cuda"
        self._beside = torch.cuda.Stream(device) if on_cuda else None  # type: ignore[no-untyped-call]
        self._rate = torch.zeros((), device=device)
        for group in trainee.optimizer.param_groups:
            group["lr"] = self._rate

    def take(self, learning_rate: float) -> None:
        """As in ``Steps``."""
        drawn = self._ahead or self._draw()
        self._rate.fill_(learning_rate)
        try:
            self._note(drawn.shape, self._step(drawn.episodes))
            self._ahead = self._draw_beside()
        except torch.OutOfMemoryError:
            self._recorded.clear()  # the graphs' memory may be what is missing
            raise

    def _draw_beside(self) -> Drawn:
        with torch.cuda.stream(self._beside):
            drawn = self._draw()
        if self._beside is not None:
            now = torch.cuda.current_stream(drawn.episodes.device)
            now.wait_stream(self._beside)
            drawn.episodes.record_stream(now)
        return drawn

    def _step(self, episodes: Tensor) -> Outcome:
        shape = episodes.shape
        if shape not in self._recorded:
            if self._recorder is not None and self._taken[shape] < STEPS_TO_WARM_UP:
                self._taken[shape] += 1
                return self._warm_up(self._recorder, episodes)
            self._record(episodes)
        recorded = self._recorded.get(shape)
        if recorded is None:
            return self._learn(episodes)
        recorded.episodes.copy_(episodes)
        recorded.replay()
        return recorded.outcome

    def _warm_up(self, recorder: Recorder, episodes: Tensor) -> Outcome:
        outcome: list[Outcome] = []
        recorder.warm_up(lambda: outcome.append(self._learn(episodes)))
        return outcome[0]

    def _record(self, episodes: Tensor) -> None:
        """Record a step for episodes like these, if that can be done."""
        if self._recorder is None:
            return
        outcome: list[Outcome] = []
        fixed = episodes.clone()
        try:
            replay = self._recorder.record(lambda: outcome.append(self._learn(fixed)))
        except RuntimeError as error:
            log.warning(
                "steps cannot be recorded (%s); going on without, more slowly",
                " ".join(str(error).split()),
            )
            self._recorder = None
            return
        self._recorded[episodes.shape] = Recorded(fixed, outcome[0], replay)


def steps_for(trainee: Trainee, mixture: Mixture, precision: torch.dtype) -> Steps:
    """Make what takes a body's steps: recorded ones on CUDA."""
    device = next(trainee.body.parameters()).device
    if device.type != "cuda":
        return Steps(trainee, mixture, precision)
    return RecordedSteps(trainee, mixture, precision, CudaRecorder(device))
