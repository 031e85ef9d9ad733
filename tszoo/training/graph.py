"""Take steps on a GPU: record each once as a CUDA graph, and replay it from then on.

A step of a small network is some hundred operations of a few microseconds each. Python cannot ask
for them as fast as the GPU carries them out. A graph is asked for as one. A step meets what
PyTorch's notes on CUDA graphs demand: it reads its series, its choice of them and its learning
rates from tensors that stay where they are, it allocates from the graphs' own memory, and it waits
for nothing.

Recording computes nothing. So the first steps are taken without it, on the stream that will be
recorded: they find cuDNN's algorithms and make the optimizers' moments. They are the first steps of
the training itself, so nothing has to be put back afterwards.

Training in float32 uses the tensor cores as PyTorch is told to: convolutions take TensorFloat-32
unless ``torch.backends.cudnn.allow_tf32`` is false. No setting of PyTorch is changed here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.training.data import TrainingData
from tszoo.training.member import Member
from tszoo.training.step import Steps

log = logging.getLogger(__name__)

# Steps of one shape that are taken without a recording before one is made.
STEPS_TO_WARM_UP = 3
# Shapes that are recorded at most. A shape is a data set and a batch size; a graph takes some
# megabytes.
MOST_RECORDED = 64

Work = Callable[[], None]


class Recorder(Protocol):
    """Something that can record work on a device."""

    def warm_up(self, work: Work) -> None:
        """Do the work without recording it, where it would be recorded."""

    def record(self, work: Work) -> Work:
        """Go through the work without doing it.

        Return a function that does it, always with the same tensors.
        """


class CudaRecorder:
    """Records CUDA graphs. They share their memory, because they never run at the same time.

    Parameters
    ----------
    device : torch.device
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self.pool = torch.cuda.graph_pool_handle()

    def warm_up(self, work: Work) -> None:
        """Do the work on the recording stream, when its turn comes; nobody waits for it."""
        now = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(now)
        try:
            with torch.cuda.stream(self.stream):
                work()
        finally:
            now.wait_stream(self.stream)

    def record(self, work: Work) -> Work:
        """Record a graph."""
        graph = torch.cuda.CUDAGraph()
        # the outer context gives the caller's stream back even if the recording fails
        with (
            torch.cuda.stream(self.stream),
            torch.cuda.graph(graph, pool=self.pool, stream=self.stream),
        ):
            work()
        return graph.replay


class Recorded(NamedTuple):
    """A step that can be replayed, for the series that ``chosen`` then holds."""

    chosen: Tensor
    replay: Work


class RecordedSteps(Steps):
    """Takes steps, and records those that come again and again.

    Parameters
    ----------
    networks, optimizers, sets, loss, precision
        As for ``Steps``. The optimizers take their learning rates from the device: Adam with
        ``capturable``, SGD with ``fused``.
    recorder : Recorder
    """

    def __init__(
        self,
        networks: Sequence[Network],
        optimizers: Sequence[torch.optim.Optimizer],
        sets: Sequence[TrainingData],
        loss: str,
        precision: torch.dtype,
        recorder: Recorder,
    ) -> None:
        super().__init__(networks, optimizers, sets, loss, precision)
        self._recorder: Recorder | None = recorder
        self._recorded: dict[tuple[int, int], Recorded] = {}
        self._taken: Counter[tuple[int, int]] = Counter()
        self._rates = torch.zeros(len(networks), 2, device=self.device)
        self._rates_now: list[tuple[float, float]] = []
        for optimizer, rates in zip(optimizers, self._rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate

    def begin_epoch(self, *, body: bool, norms: bool = True) -> None:
        """As in ``Steps``. Recordings go where a body begins or ends to be trained."""
        if body is not self._body:
            self._forget()
        super().begin_epoch(body=body, norms=norms)

    def set_learning_rates(self, rates: Sequence[tuple[float, float]]) -> None:
        """As in ``Steps``, where the recorded steps look for them."""
        if list(rates) != self._rates_now:
            self._rates_now = list(rates)
            self._rates.copy_(self.upload(torch.tensor(self._rates_now)))

    def take(self, data: int, chosen: Tensor) -> None:
        """As in ``Steps``."""
        shape = data, chosen.shape[1]
        try:
            recorded = self._recorded.get(shape) or self._find(shape, chosen)
            if recorded is not None:
                recorded.chosen.copy_(chosen)
                recorded.replay()
        except torch.OutOfMemoryError:
            self._forget()  # the graphs' memory may be what is missing
            raise

    def _find(self, shape: tuple[int, int], chosen: Tensor) -> Recorded | None:
        """Record a step that is due for it; otherwise take it without, and return None."""
        data, _ = shape
        # how many points a mask leaves is known to the device alone: such a step has to wait for it
        has_mask = self.sets[data].lengths is not None
        full = len(self._recorded) >= MOST_RECORDED
        if self._recorder is None or has_mask or full:
            super().take(data, chosen)
            return None
        if self._taken[shape] < STEPS_TO_WARM_UP:
            self._recorder.warm_up(lambda: Steps.take(self, data, chosen))
            self._taken[shape] += 1
            return None
        fixed = chosen.clone()
        try:
            recorded = Recorded(fixed, self._recorder.record(lambda: Steps.take(self, data, fixed)))
        except RuntimeError as error:
            log.warning(
                "steps cannot be recorded (%s); going on without, more slowly",
                " ".join(str(error).split()),
            )
            self._recorder = None
            super().take(data, chosen)
            return None
        self._recorded[shape] = recorded
        return recorded

    def _forget(self) -> None:
        self._recorded.clear()
        self._taken.clear()


def steps_for(
    members: Sequence[Member], sets: Sequence[TrainingData], loss: str, precision: torch.dtype
) -> Steps:
    """Make the steps of members that are trained side by side: recorded ones on CUDA."""
    networks = [member.network for member in members]
    optimizers = [member.optimizer for member in members]
    device = sets[0].x.device
    if device.type != "cuda":
        return Steps(networks, optimizers, sets, loss, precision)
    return RecordedSteps(networks, optimizers, sets, loss, precision, CudaRecorder(device))
